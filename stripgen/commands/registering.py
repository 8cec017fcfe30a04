"""`release` and `register`: what was handed out, and what is known of it later."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from stripgen.commands.options import with_options
from stripgen.commands.screen import say, screen_words

if TYPE_CHECKING:
    from stripgen.registers import Register

_REGISTER_OPTIONS: dict[str, dict[str, Any]] = {
    "--register": {
        "metavar": "FILE|URL",
        "envvar": "STRIPGEN_REGISTER",
        "help": "The register: a file, or a database such as postgresql://user@server/name. The environment variable "
        "STRIPGEN_REGISTER sets it once for all; else stripgen-register.sqlite in your home folder.",
    },
    "--register-key": {
        "metavar": "FILE",
        "envvar": "STRIPGEN_REGISTER_KEY",
        "help": "The key that patients are found by; beside the register unless given, or in your home folder where "
        "the register is on a server.",
    },
}


def register_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which register is meant; the command gets it as `meant`."""

    @functools.wraps(command)
    def choose(*args: object, register: str | None, register_key: str | None, **given: Any) -> None:  # noqa: ANN401 - whatever click hands over
        from pathlib import Path

        from stripgen.registers import register_meant

        command(*args, meant=register_meant(register, register_key, Path.home()), **given)

    return with_options(choose, _REGISTER_OPTIONS)


def local_time() -> dt.datetime:
    """Return what time it is here, with its zone."""
    return dt.datetime.now().astimezone()


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--by", "released_by", metavar="NAME", required=True, help="Who releases.")
@click.option("--checked-by", metavar="NAME", required=True, help="Who checked; never the same person.")
@click.option("--strip", "strips", metavar="N", multiple=True, help="Only this strip; once for each. All unless given.")
@click.option("--again", metavar="REASON", help="Release strips once more that were released before: a reprint.")
@click.option(
    "--with-names",
    is_flag=True,
    envvar="STRIPGEN_REGISTER_NAMES",
    help="Register the patient's name, birth date and identifier, too; STRIPGEN_REGISTER_NAMES=1 sets it once for all.",
)
@register_options
def release(
    files: tuple[str, ...],
    released_by: str,
    checked_by: str,
    strips: tuple[str, ...],
    again: str | None,
    with_names: bool,
    meant: "Register",
) -> None:
    """Release finished papers of one plan, and write it into the register.

    Drafts, blocked plans, papers that were changed, expired lots and pouches past their use-by date are refused, and
    strips whose last day is over or that were released before; so is what is approved, issued or made after today, and
    strips whose labels are in none of the papers: give the strip plan, or the labels where they are a PDF of their own.
    Nothing is written into a register that was changed by something other than a release (exit code 7).

    An entry keeps plan, strips, pouches, lots, the papers' SHA-256, what they were made with, and the people. The
    patient is kept as hashes with the register's own key, by which only `find --patient` finds: not as a name, unless
    --with-names says so. What is written is never changed; the receipt shows later that it is still there.

    \b
    Examples:
      stripgen release out/WSJ6-QACZ-strip-plan.pdf --strip 1 --by "A. Maker" --checked-by "B. Checker"
      stripgen release out/*.pdf out/*.xlsx --strip 2 --by "A. Maker" --checked-by "B. Checker"
    """
    from stripgen.domain.release import read_signing
    from stripgen.proof import open_files, verify_opened
    from stripgen.register.finding import n_called_back
    from stripgen.releases import release_papers
    from stripgen.rendering.register_text import render_written

    signing, papers = read_signing(released_by, checked_by, again), open_files(files)
    verify_opened(papers).refuse_differences()
    written = release_papers(
        papers,
        signing,
        meant,
        strips,
        local_time,
        screen_words(),
        with_names=with_names,
    )
    n_pouches = n_called_back(written.entry, written.earlier)
    say(render_written(written.entry, written.receipt, str(meant.place), n_pouches, begun=written.begun))


@click.group()
def register() -> None:
    """Look into the register of what was released: show, find, export, check.

    Patients are in it as keyed hashes, or by name where the pharmacy says so: see `stripgen release --help`. No answer
    shows a patient's name but `export --json`.

    \b
    Examples:
      stripgen register show
      stripgen register find --lot L-2026-118
      stripgen register check
    """


@register.command()
@click.argument("number", metavar="[N]", required=False)
@register_options
def show(number: str | None, meant: "Register") -> None:
    """List the entries, or show one with all its pouches, lots and files.

    \b
    Examples:
      stripgen register show
      stripgen register show 1
    """
    from stripgen.register.finding import n_called_back
    from stripgen.registers import entry_numbered, open_register
    from stripgen.rendering.register_text import render_entries, render_entry

    opened = open_register(meant)
    if number:
        entry, receipt = entry_numbered(opened, number)
        say(render_entry(entry, receipt, n_called_back(entry, opened.entries)))
    else:
        say(render_entries(opened.entries))
    opened.refuse_broken()


@register.command()
@click.option(
    "--lot",
    metavar="LOT",
    help="Every strip and pouch with it: of the pouches, of units in them, of substance or filler. Only its letters "
    "and digits count.",
)
@click.option(
    "--patient",
    metavar="NAME|ID",
    help="Whatever one patient got, by the full name or the identifier; spelling and order of names matter little.",
)
@click.option("--birth-date", metavar="DATE", help="With --patient NAME: only who was born on that day.")
@click.option("--plan", "plan_id", metavar="ID", help="A plan with its earlier and later versions.")
@click.option("--code", metavar="TEXT", help="What became of the pouch with this code, as a scanner types it.")
@register_options
def find(
    lot: str | None,
    patient: str | None,
    birth_date: str | None,
    plan_id: str | None,
    code: str | None,
    meant: "Register",
) -> None:
    """Find what was released: by lot, patient, plan, or the code on a pouch.

    \b
    Examples:
      stripgen register find --lot L-2026-118
      stripgen register find --patient "Example Patient" --birth-date 1981-05-12
      stripgen register find --code SG1-K7QF3MZX-0001-0017-W
    """
    from stripgen.domain.code import read_code
    from stripgen.register.finding import find_lot, find_patient, find_plan, find_without_lot, history_of
    from stripgen.registers import marks_of, open_register, refuse_empty
    from stripgen.rendering.recall_text import render_history, render_lot
    from stripgen.rendering.register_text import render_entries, render_patient

    if sum(asked is not None for asked in (lot, patient, plan_id, code)) != 1:
        raise click.UsageError("give one of --lot, --patient, --plan and --code")
    if birth_date is not None and patient is None:
        raise click.UsageError("--birth-date tells patients of one name apart; give --patient NAME, too")
    refuse_empty({"--lot": lot, "--patient": patient, "--plan": plan_id, "--code": code})
    scanned = read_code(code) if code is not None else None
    opened = open_register(meant)
    if lot is not None:
        found = find_lot(opened.entries, lot)
        say(render_lot(found, find_without_lot(opened.entries, found), lot))
    elif patient is not None:
        say(render_patient(find_patient(opened.entries, marks_of(meant, opened, patient, birth_date))))
    elif plan_id is not None:
        say(render_entries(find_plan(opened.entries, plan_id)))
    elif scanned is not None:
        say(render_history(history_of(opened.entries, scanned)))
    opened.refuse_broken()


@register.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Everything, to rebuild the register and check its chain; so unless --csv."
)
@click.option("--csv", "as_csv", is_flag=True, help="One row a pouch, for a spreadsheet.")
@register_options
def export(as_json: bool, as_csv: bool, meant: "Register") -> None:
    """Print the whole register; as JSON with patients as the register keeps them, as CSV with their marks only.

    As JSON it can be checked by any program: the hash of an entry is the SHA-256 of its JSON in the canonical form of
    RFC 8785, and each entry holds the hash of the one before, the first one that of the head.

    \b
    Examples:
      stripgen register export --json
      stripgen register export --csv
    """
    from stripgen.registers import contents_of, open_register
    from stripgen.rendering.register_export import render_register_csv, render_register_json

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; give one of the two")
    opened = open_register(meant)
    if as_csv:
        say(render_register_csv(opened.hashed), nl=False)
    else:
        say(render_register_json(opened.kept.head, contents_of(opened.kept)))
    opened.refuse_broken()


@register.command()
@click.option("--receipt", metavar="TEXT", help="Of a release: whether the register still holds that entry.")
@register_options
def check(receipt: str | None, meant: "Register") -> None:
    """Walk the chain, and name the first entry that was edited, deleted, inserted or moved. Exit code 7 if one was.

    Who may write to the register's file can also make all of it anew; only a receipt from before tells that. Each
    release prints one: keep them elsewhere.

    \b
    Example:
      stripgen register check
    """
    from stripgen.registers import check_receipt, open_register
    from stripgen.rendering.register_text import render_checked

    opened = open_register(meant)
    opened.refuse_broken()
    held = None if receipt is None else check_receipt(opened, receipt).number
    say(render_checked(opened.hashed, held))
