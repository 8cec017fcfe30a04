"""`make` and `check`: from an order to its papers."""

from typing import Any

import click

from stripgen.commands.options import (
    APPROVAL,
    DISPENSING,
    ISSUED_ON,
    NO_VERIFY,
    ORDER_FILE,
    STRIP,
    order_options,
    printing_options,
)
from stripgen.commands.screen import say, say_unsure, screen_words


@click.command()
@click.argument("order_file", metavar="[ORDER.toml|PAPER]", required=False, type=click.Path())
@click.option(
    "--out",
    type=click.Path(),
    default=".",
    metavar="DIR",
    help="Folder for the files; made if missing.",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@ISSUED_ON
@DISPENSING
@APPROVAL
@STRIP
@NO_VERIFY
@printing_options
@order_options
def make(
    order_file: str | None,
    out: str,
    force: bool,
    issued_on: str | None,
    dispensing: str | None,
    approval: str | None,
    strip: str | None,
    no_verify: bool,
    printing: dict[str, Any],
    **options: tuple[str, ...],
) -> None:
    """Make the strip plan (PDF) and the dispensing sheet (XLSX) of an order.

    Without an order file the order is given by options; it is then a draft, and what is left out is a line to write on.
    A finished paper (PDF, XLSX) in place of the order is made again, bit for bit, as it was printed; options of
    printing change that. With --strip it is one strip's labels and dispensing sheet: the strip plan, which the
    prescriber signs, is always of all strips. Before the files are put in place they are read back and compared, as
    `stripgen verify` does.

    \b
    Examples:
      stripgen make examples/citalopram.toml --out out
      stripgen make examples/citalopram.toml --strip 2 --out out
      stripgen make --drug citalopram --start 20 --end 0 --days 112 --increment 0.1 --start-date 2026-12-01 --out out
    """
    from pathlib import Path

    from stripgen.files import write_files
    from stripgen.orders import read_asked
    from stripgen.papers import choose_printing, dated, render_documents
    from stripgen.rendering.refusals import refuse_blocked
    from stripgen.rendering.terminal import render_summary, render_use_by
    from stripgen.verifying.papers import is_signed

    asked, words = read_asked(order_file, issued_on, options, dispensing, approval), screen_words()
    chosen = choose_printing(asked.plan.order, {**printing, "strip": strip}, asked.printing)
    plan = dated(asked.plan, chosen)
    refuse_blocked(plan, words)
    documents = render_documents(asked.plan, chosen, asked.source)
    if not no_verify:
        from stripgen.proof import verify_documents

        verify_documents(documents).refuse_differences()
    for path in write_files(Path(out), documents, force=force, is_signed=is_signed):
        say(path)
    say(render_summary(plan, words))
    say(render_use_by(plan, words))
    say_unsure(chosen)


@click.command()
@ORDER_FILE
@ISSUED_ON
@DISPENSING
@APPROVAL
@STRIP
@printing_options
def check(
    order_file: str,
    issued_on: str | None,
    dispensing: str | None,
    approval: str | None,
    strip: str | None,
    printing: dict[str, Any],
) -> None:
    """Show the findings only. Exit code 0: may be dispensed; 3: may not, and the last lines say why.

    \b
    Example:
      stripgen check examples/citalopram.toml
    """
    from stripgen.checking.label_rules import find_fields_wanted
    from stripgen.checking.own_texts import find_own_reading_problems, find_wording_reading_problems
    from stripgen.orders import read_asked
    from stripgen.papers import choose_printing, dated, load_paper_words, render_documents
    from stripgen.rendering.refusals import refuse_blocked, refuse_draft
    from stripgen.rendering.terminal import render_findings, render_use_by

    asked, words = read_asked(order_file, issued_on, dispensing=dispensing, approval=approval), screen_words()
    chosen = choose_printing(asked.plan.order, {**printing, "strip": strip}, asked.printing)
    plan = dated(asked.plan, chosen)
    papers = load_paper_words(plan.order, chosen.profile)
    say(render_findings(plan.findings, words))
    say(render_use_by(plan, words))
    for problem in find_own_reading_problems(plan.order, chosen):
        say(f"reads badly: {problem}")
    for own in {own.language: own for own in (papers.pharmacy, papers.patient, papers.labels)}.values():
        for problem in find_wording_reading_problems(own.wording, own.decimal_mark):
            say(f"reads badly: wording/{own.language}.toml: {problem}")
    for problem in find_fields_wanted(plan, chosen.profile) if plan.is_draft else ():
        say(f"before labels can be printed: {problem}")
    say_unsure(chosen)
    render_documents(asked.plan, chosen, order_file)  # what cannot be printed cannot be dispensed
    refuse_blocked(plan, words)
    refuse_draft(plan)
    say(f"plan {plan.plan_id} may be dispensed")
