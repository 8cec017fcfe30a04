"""`origin`, `pouch` and `changes`: what an inspector asks of a paper."""

import click

from stripgen.commands.screen import say, screen_words


@click.command()
@click.argument("paper", metavar="PAPER", type=click.Path())
def origin(paper: str) -> None:
    """Tell what made a paper: plan, approval, curve, label rules, versions and data; and what of it is another here.

    \b
    Example:
      stripgen origin out/WSJ6-QACZ-strip-plan.pdf
    """
    from stripgen.files import load_formulary
    from stripgen.orders import printing_file_in, reopen_paper
    from stripgen.papers import made_with
    from stripgen.rendering.inspection import CHANGED_SINCE, SAVED_AGAIN, render_origin

    found, asked = printing_file_in(paper), reopen_paper(paper, load_formulary())
    here = made_with(asked.plan, found.printing)
    again = "stripgen record" if asked.is_record else "stripgen make"
    since = CHANGED_SINCE if asked.altered else SAVED_AGAIN if asked.saved_again else None
    say(render_origin(asked.plan, found.printing, found.made_with, here, screen_words(), again, since))


@click.command()
@click.argument("paper", metavar="ORDER|PAPER", type=click.Path())
@click.argument("number", metavar="DAY")
def pouch(paper: str, number: str) -> None:
    """Tell what is in the pouch of a day, of which lots, and until when it may be used.

    \b
    Example:
      stripgen pouch out/WSJ6-QACZ-strip-plan.pdf 17
    """
    from stripgen.answers.values import raw_count
    from stripgen.commands.options import nothing_asked
    from stripgen.errors import AnswerInvalid, Problem
    from stripgen.orders import read_asked
    from stripgen.papers import choose_printing, dated
    from stripgen.rendering.inspection import render_pouch

    asked = read_asked(paper, None)
    plan = dated(asked.plan, choose_printing(asked.plan.order, {**nothing_asked(), "strip": None}, asked.printing))
    day = plan.days[raw_count("DAY", number, 1, len(plan.days)) - 1]
    if plan.only_strip not in (None, day.strip):
        what = f"{day.day} is on strip {day.strip}; {paper} is of strip {plan.only_strip} alone"
        raise AnswerInvalid([Problem("DAY", what)])
    say(render_pouch(plan, day, screen_words()))


@click.command()
@click.argument("before", metavar="BEFORE", type=click.Path())
@click.argument("after", metavar="AFTER", type=click.Path())
def changes(before: str, after: str) -> None:
    """Tell what differs from one plan to another, such as from version 1 to version 2: order, and doses day by day.

    \b
    Example:
      stripgen changes examples/citalopram.toml examples/limited.toml
    """
    from stripgen.orders import plan_of
    from stripgen.rendering.inspection import render_changes

    say(render_changes(plan_of(before, None), plan_of(after, None), screen_words()))
