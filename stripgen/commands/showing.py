"""`plan`, `compare`, `options` and `strengths`: what would be made, and what else could be."""

import click

from stripgen.commands.options import AS_JSON, ISSUED_ON, ORDER_FILE
from stripgen.commands.screen import say, screen_words


@click.command()
@ORDER_FILE
@click.option("--json", "as_json", is_flag=True, help="The whole plan as JSON; doses are strings.")
@click.option("--csv", "as_csv", is_flag=True, help="One row a day.")
@ISSUED_ON
def plan(order_file: str, as_json: bool, as_csv: bool, issued_on: str | None) -> None:
    """Show the plan of an order: summary, findings, chart and day table.

    \b
    Examples:
      stripgen plan examples/citalopram.toml
      stripgen plan examples/citalopram.toml --json
      stripgen plan examples/citalopram.toml --csv
    """
    from stripgen.orders import choose_profile, read_asked
    from stripgen.planning.dating import date_plan
    from stripgen.rendering.plan_json import render_csv, render_json
    from stripgen.rendering.terminal import render_plan_text

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; give one of the two")
    asked = read_asked(order_file, issued_on)
    made = date_plan(asked.plan, choose_profile(asked.plan.order, None, asked.printing).beyond_use)
    if as_csv:
        say(render_csv(made), nl=False)
    else:
        say((render_json if as_json else render_plan_text)(made, screen_words()))


@click.command()
@ORDER_FILE
@AS_JSON
def compare(order_file: str, as_json: bool) -> None:
    """Compare the plan with other strategies: equal occupancy, linear, 10 % and 25 % a step, halving.

    \b
    Examples:
      stripgen compare examples/limited.toml
      stripgen compare examples/limited.toml --json
    """
    from stripgen.orders import plan_of
    from stripgen.rendering.tables import render_comparison, render_comparison_json

    plan = plan_of(order_file, None)
    say(render_comparison_json(plan) if as_json else render_comparison(plan, screen_words()))


@click.command()
@ORDER_FILE
@AS_JSON
def options(order_file: str, as_json: bool) -> None:
    """Show the price of simplicity: the best plan with 4 to 40 different doses, and with any number.

    \b
    Examples:
      stripgen options examples/citalopram.toml
      stripgen options examples/citalopram.toml --json
    """
    from stripgen.files import load_formulary
    from stripgen.orders import order_from_file
    from stripgen.planning.options import find_options
    from stripgen.rendering.tables import render_options, render_options_json

    formulary = load_formulary()
    found = find_options(order_from_file(order_file, formulary), formulary, order_file)
    say(render_options_json(found) if as_json else render_options(found, screen_words()))


@click.command()
@click.argument("order_files", metavar="ORDER.toml...", nargs=-1, required=True, type=click.Path())
@click.option("--choose", metavar="K", required=True, help="How many strengths at most: 1 to 15.")
@click.option(
    "--candidates", metavar="MG,MG,...", help="Strengths to choose from; a 1-2-5 series and the licensed ones."
)
@click.option("--max-units", metavar="N", help="Most units in a pouch; the orders' own, or 6.")
@AS_JSON
def strengths(
    order_files: tuple[str, ...], choose: str, candidates: str | None, max_units: str | None, as_json: bool
) -> None:
    """Choose the unit strengths that follow an order, or several orders together, most closely.

    \b
    Examples:
      stripgen strengths examples/citalopram.toml --choose 4
      stripgen strengths examples/citalopram.toml examples/phased.toml --choose 3 --candidates 10,5,2,1,0.5
    """
    from stripgen.answers.options import strengths_asked
    from stripgen.files import load_formulary
    from stripgen.orders import order_from_file
    from stripgen.planning.strengths import choose_strengths, default_candidates, default_most_units
    from stripgen.rendering.tables import render_strengths, render_strengths_json

    asked = strengths_asked(choose, candidates, max_units)
    formulary = load_formulary()
    orders = [order_from_file(order_file, formulary) for order_file in order_files]
    most_units = asked.most_units or default_most_units(orders)
    given = asked.candidates_mg or default_candidates(orders, formulary)
    found = choose_strengths(orders, formulary, given, asked.n_strengths, most_units)
    say(render_strengths_json(found, most_units) if as_json else render_strengths(found, most_units, screen_words()))
