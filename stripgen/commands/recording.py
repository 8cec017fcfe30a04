"""`record`: from an order to what is weighed for it, and the form on which a colleague calculates it again."""

import click

from stripgen.commands.options import APPROVAL, DISPENSING, ISSUED_ON, nothing_asked
from stripgen.commands.screen import say, screen_words


@click.command()
@click.argument("order_file", metavar="ORDER.toml|PAPER", type=click.Path())
@click.option("--strip", metavar="N", help="What one strip takes; all strips as one batch unless given.")
@click.option("--out", type=click.Path(), default=".", metavar="DIR", help="Folder for the files; made if missing.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--profile", metavar="ID|FILE", help="Label rules, for paper and dates: `stripgen profiles` lists them.")
@ISSUED_ON
@DISPENSING
@APPROVAL
def record(
    order_file: str,
    strip: str | None,
    out: str,
    force: bool,
    profile: str | None,
    issued_on: str | None,
    dispensing: str | None,
    approval: str | None,
) -> None:
    """Make the compounding record and the check form (XLSX): what to weigh for each strength, and the questions only.

    What is weighed stands in the order's [record]: the substance with its factor and content, the filler, the overage,
    the balance. It may stand in the file of --dispensing instead.

    \b
    Examples:
      stripgen record examples/compounded-record.toml --out out
      stripgen record examples/compounded-record.toml --strip 2 --out out
    """
    from pathlib import Path

    from stripgen.files import write_files
    from stripgen.orders import read_asked
    from stripgen.papers import choose_printing, dated, render_record
    from stripgen.rendering.refusals import refuse_blocked

    asked = read_asked(order_file, issued_on, dispensing=dispensing, approval=approval)
    printing = nothing_asked() | {"strip": strip, "profile": profile}
    chosen = choose_printing(asked.plan.order, printing, asked.printing)
    refuse_blocked(dated(asked.plan, chosen), screen_words())
    documents = render_record(asked.plan, chosen, asked.source)
    for path in write_files(Path(out), documents, force=force):
        say(path)
