"""`approve` and `sign`: who answers for a plan."""

from typing import TYPE_CHECKING

import click

from stripgen.commands.screen import say, screen_words

if TYPE_CHECKING:
    from stripgen.verifying.papers import Paper

_ROLES = ("prescriber", "pharmacist", "second-check")
_PASSPHRASE = "STRIPGEN_PASSPHRASE"  # noqa: S105 - the name of a variable, not what is in it


@click.command()
@click.argument("paper", metavar="PAPER", type=click.Path())
@click.option("--by", "approved_by", metavar="NAME", required=True, help="Who approves: the prescriber's name.")
@click.option("--reference", metavar="TEXT", required=True, help="Where the approval can be looked up.")
@click.option("--on", "approved_on", metavar="DATE", help="When it was approved; today unless given.")
@click.option("--force", is_flag=True, help="Replace an approval that is there already.")
def approve(paper: str, approved_by: str, reference: str, approved_on: str | None, force: bool) -> None:
    """Record that exactly this plan is approved, in a small file beside its strip plan (or sheet, or plan as JSON).

    The paper is verified first; a plan that a finding blocks cannot be approved. The file names the plan and what was
    approved, and no patient; `make`, `check`, `record` and `amend` take it by --approval.

    \b
    Example:
      stripgen approve examples/plan-under-way.json --by "Dr Example" --reference RX-2026-0117
    """
    import hashlib
    from pathlib import Path

    from stripgen.files import load_formulary, write_files
    from stripgen.orders import approve_plan, asked_in
    from stripgen.planning.approving import is_approved_by_another
    from stripgen.rendering.approval_file import render_approval
    from stripgen.rendering.refusals import refuse_blocked

    found, formulary = _open_verified(paper), load_formulary()
    plan = asked_in(found, formulary).plan
    refuse_blocked(plan, screen_words())
    fingerprint = f"sha256:{hashlib.sha256(found.content).hexdigest()}"
    approval = approve_plan(plan, approved_by, approved_on, reference, fingerprint, formulary)
    name = f"{plan.plan_id}-approval.toml"
    for path in write_files(Path(paper).parent, {name: render_approval(approval).encode()}, force=force):
        say(path)
    say(f"plan {plan.plan_id} is approved by {approval.approved_by} on {approval.approved_on}")
    if is_approved_by_another(plan.order, approval):
        say(f"warn  approved_by_another: {screen_words().say('finding.approved_by_another')}")


@click.command()
@click.argument("paper", metavar="STRIP-PLAN.pdf", type=click.Path())
@click.option("--role", type=click.Choice(_ROLES), required=True, help="As whom you sign.")
@click.option("--p12", metavar="KEY", required=True, help="Your key with its certificate, a PKCS #12 file.")
@click.option(
    "--passphrase-file", metavar="FILE", help="A file with its passphrase; asked for, without showing it, unless given."
)
@click.option("--out", metavar="FILE", type=click.Path(), help="The signed file; the strip plan itself unless given.")
@click.option("--force", is_flag=True, help="Replace a file that --out names and that is there already.")
def sign(paper: str, role: str, p12: str, passphrase_file: str | None, out: str | None, force: bool) -> None:
    """Sign a strip plan as prescriber, pharmacist or second check. Needs pip install 'stripgen[sign]'.

    The signature is added at the end of the file; not a byte that was there changes, so signatures made before stay
    valid. The passphrase is never given on the command line, where others can read it: it is asked for, or taken from
    --passphrase-file or from the variable STRIPGEN_PASSPHRASE. An expired certificate is refused, and so is one that
    signed in another role: each of the three signatures is by another person.

    \b
    Example:
      stripgen sign out/WSJ6-QACZ-strip-plan.pdf --role prescriber --p12 my-key.p12
    """
    import datetime as dt
    from pathlib import Path
    from typing import cast

    from stripgen.domain.roles import Role
    from stripgen.errors import PlanFileInvalid, Problem
    from stripgen.files import load_formulary, load_key_file, write_files
    from stripgen.orders import asked_in
    from stripgen.papers import load_paper_words
    from stripgen.rendering.strip_plan.signature_look import render_signature
    from stripgen.signing import open_key, refuse_wrong_signer, sign_paper
    from stripgen.verifying.papers import is_signed

    now, found, field = dt.datetime.now(dt.UTC), _open_verified(paper), cast("Role", role.replace("-", "_"))
    asked = asked_in(found, load_formulary())
    if found.kind != "pdf" or asked.printing is None:
        is_what = "a plan (JSON)" if found.kind == "json" else "a workbook"
        raise PlanFileInvalid([Problem("", f"is {is_what}, which nobody signs; give the strip plan (PDF)")], paper)
    key = open_key(load_key_file(Path(p12), "--p12"), _passphrase(passphrase_file), now)
    refuse_wrong_signer(found, field, key)
    words = load_paper_words(asked.plan.order, asked.printing.profile).pharmacy
    signed = sign_paper(
        found, field, key, lambda size_mm: render_signature(key.owner, now, asked.plan.plan_id, words, size_mm)
    )
    target = Path(out or paper)
    for path in write_files(target.parent, {target.name: signed}, force=force or out is None, is_signed=is_signed):
        say(path)
    say(f"plan {asked.plan.plan_id} is signed as {role} by {key.owner}")


def _open_verified(file: str) -> "Paper":
    """Return a paper that says what its order comes to and was not changed since.

    Raises:
        PapersDiffer: It does not, or was.
    """
    from stripgen.proof import open_files, verify_opened

    papers = open_files([file])
    verify_opened(papers).refuse_differences()
    return papers[0]


def _passphrase(file: str | None) -> str:
    """Return the passphrase: from a file, from the environment, or asked for without showing it."""
    from pathlib import Path

    from stripgen.files import load_key_file, read_variable

    if file is not None:
        return load_key_file(Path(file), "--passphrase-file").decode("utf-8-sig", "replace").rstrip("\r\n")
    given = read_variable(_PASSPHRASE)
    return given if given is not None else _ask_passphrase()


def _ask_passphrase() -> str:
    """Return the passphrase as typed at a terminal that can hide it.

    Raises:
        AnswerInvalid: There is no such terminal.
    """
    import warnings
    from getpass import GetPassWarning

    from stripgen.errors import AnswerInvalid, Problem

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # before anything that is typed could be seen
            return str(click.prompt("Passphrase", hide_input=True, err=True, default="", show_default=False))
    except GetPassWarning as error:
        what = f"cannot be asked for, as there is no terminal that hides it; give --passphrase-file or {_PASSPHRASE}"
        raise AnswerInvalid([Problem("the passphrase", what)]) from error
