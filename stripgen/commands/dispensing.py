"""`series`: which strip may be made when."""

import click

from stripgen.commands.options import AS_JSON, DISPENSING
from stripgen.commands.screen import say, screen_words


@click.command()
@click.argument("order_file", metavar="ORDER.toml|PAPER", type=click.Path())
@click.option("--made-on", metavar="DATE", help="The day of making asked about; the order's own, or today.")
@click.option("--profile", metavar="ID|FILE", help="Label rules, as `stripgen profiles` lists them.")
@DISPENSING
@AS_JSON
def series(order_file: str, made_on: str | None, profile: str | None, dispensing: str | None, as_json: bool) -> None:
    """Show when each strip may be made, and when it must be made and sent. One line a strip.

    The beyond-use date is the earliest of the label rules' limit and of the lots' expiry. Exit code 3: some strip may
    be made on no day, and the last line says which.

    \b
    Examples:
      stripgen series examples/citalopram.toml --profile us
      stripgen series examples/citalopram.toml --profile us --made-on 2026-11-30 --json
    """
    from stripgen.orders import choose_profile, issue_date, read_asked
    from stripgen.planning.dating import date_plan
    from stripgen.planning.series import plan_series
    from stripgen.rendering.refusals import refuse_never_made
    from stripgen.rendering.series_table import render_series, render_series_json

    asked = read_asked(order_file, None, dispensing=dispensing)
    rules = choose_profile(asked.plan.order, profile, asked.printing)
    plan = date_plan(asked.plan, rules.beyond_use)
    day = plan.order.dispensing.made_on if made_on is None else None
    found = plan_series(plan, day or issue_date(made_on, "--made-on"))
    say(render_series_json(found, rules.id) if as_json else render_series(found, rules.id, screen_words()))
    refuse_never_made(found, order_file)
