"""`amend`: the next version of a plan under way."""

from typing import Any

import click

from stripgen.commands.options import APPROVAL, DISPENSING, ISSUED_ON, NO_VERIFY, printing_options
from stripgen.commands.screen import say, say_unsure, screen_words


@click.command()
@click.argument("plan_file", metavar="PLAN.json|PAPER", type=click.Path())
@click.option(
    "--from-day", metavar="K", required=True, help="First day to plan anew; the days before stay as they are."
)
@click.option("--hold", metavar="DAYS", help="Hold the dose of the day before, then go on as before.")
@click.option("--back-to-day", metavar="J", help="Go back up to the dose of an earlier day, then down as from there.")
@click.option("--stretch-to", metavar="DAYS", help="Stretch the rest, to so many days in all.")
@click.option("--faster-to", metavar="DAYS", help="Shorten the rest, to so many days in all.")
@click.option("--stop-at-mg", metavar="X", help="End at this dose, and go no lower.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; printed on the papers.")
@click.option("--approved-by", metavar="NAME", help="Who approved the amendment; without it the papers are drafts.")
@click.option("--approved-on", metavar="DATE", help="When: 2026-12-20.")
@click.option("--reference", metavar="TEXT", help="Reference of that approval.")
@click.option("--out", type=click.Path(), default=".", metavar="DIR", help="Folder for the files; made if missing.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@ISSUED_ON
@DISPENSING
@APPROVAL
@NO_VERIFY
@printing_options
def amend(
    plan_file: str,
    out: str,
    force: bool,
    issued_on: str | None,
    dispensing: str | None,
    approval: str | None,
    no_verify: bool,
    printing: dict[str, Any],
    **asked: str | None,
) -> None:
    """Make the next version of a plan that is under way: strip plan, dispensing sheet and plan (JSON).

    The plan is what `stripgen plan ORDER.toml --json` printed, what an earlier amend wrote, or a strip plan (PDF) or
    dispensing sheet (XLSX), which carries it.

    \b
    Example:
      stripgen plan examples/citalopram.toml --json > plan.json
      stripgen amend plan.json --from-day 57 --hold 14 --reason "Dizzy since day 50" --out out
    """
    from pathlib import Path

    from stripgen.answers.amendment import amendment_request, approve_order
    from stripgen.files import load_formulary, write_files
    from stripgen.orders import issue_date, load_in_place, reopen_paper
    from stripgen.papers import choose_printing, dated, render_documents
    from stripgen.planning.amending import amend as amend_plan
    from stripgen.planning.taper import plan_taper
    from stripgen.rendering.plan_json import render_json
    from stripgen.rendering.refusals import refuse_blocked
    from stripgen.rendering.terminal import render_summary
    from stripgen.verifying.papers import is_signed

    request, issued, formulary = amendment_request(asked), issue_date(issued_on), load_formulary()
    before = reopen_paper(plan_file, formulary).plan
    given, _ = load_in_place(plan_file, dispensing, approval)
    order = approve_order(amend_plan(before, request), asked, formulary, before.issued_on, given)
    plan = plan_taper(order, formulary, issued, f"plan {before.plan_id}")
    words = screen_words()
    chosen = choose_printing(plan.order, printing)
    refuse_blocked(dated(plan, chosen), words)
    documents = render_documents(plan, chosen, plan_file)
    if not no_verify:
        from stripgen.proof import verify_documents

        verify_documents(documents).refuse_differences()
    documents[f"{plan.plan_id}-plan.json"] = f"{render_json(plan, words)}\n".encode()
    for path in write_files(Path(out), documents, force=force, is_signed=is_signed):
        say(path)
    say(render_summary(plan, words))
    say_unsure(chosen)
