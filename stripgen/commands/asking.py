"""`new`: an order by questions."""

import click

from stripgen.commands.screen import say


@click.command()
@click.argument("order_file", metavar="ORDER.toml", type=click.Path())
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def new(order_file: str, force: bool) -> None:
    """Ask for each field of an order, check each answer, and write a commented order file.

    Enter takes the answer in brackets; a refused answer is asked for again; `<` goes back to the question before, with
    the answers given so far in brackets.

    \b
    Example:
      stripgen new my-order.toml
    """
    import datetime as dt
    from pathlib import Path

    from stripgen.answers.dialogue import BACK, ask_all
    from stripgen.answers.form import fill_form
    from stripgen.files import load_formulary, load_order_form, refuse_existing, write_files

    path = Path(order_file)
    if not force:
        refuse_existing([path])
    _tell(f"Enter takes what stands in brackets; {BACK} goes back to the question before.")
    answers = ask_all(_prompt, _tell, load_formulary(), dt.date.today())  # noqa: DTZ011 - the pharmacy's own calendar day
    text = fill_form(load_order_form(), answers)
    write_files(path.parent, {path.name: text.encode()}, force=force)
    say(f"{path} is written; stripgen check {path} shows its findings")


def _prompt(words: str, default: str) -> str:
    try:
        return str(click.prompt(words, default=default, show_default=bool(default)))
    except click.Abort:  # the input ended, or Ctrl-C: what is told of it begins a line
        click.echo()
        raise


def _tell(words: str) -> None:
    click.echo(words, err=True)
