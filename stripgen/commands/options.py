"""Options that several commands share."""

import functools
from collections.abc import Callable
from typing import Any

import click

ORDER_FILE = click.argument("order_file", metavar="ORDER.toml", type=click.Path())
AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON; doses are strings.")
ISSUED_ON = click.option(
    "--issued-on",
    metavar="DATE",
    help="Date printed on the papers; today unless given. The same date gives the same papers again.",
)

DISPENSING = click.option(
    "--dispensing",
    metavar="FILE",
    help="A file with [dispensing], [[batch]] and [record], in place of the order's own.",
)

STRIP = click.option(
    "--strip", metavar="N", help="One strip only: its labels and its dispensing sheet; 'all' for all of them again."
)

APPROVAL = click.option(
    "--approval", metavar="FILE", help="What `stripgen approve` wrote, in place of the order's own approval."
)

NO_VERIFY = click.option(
    "--no-verify", is_flag=True, help="Do not read the papers back and compare them before they are put in place."
)

# What is in the printer, and what is asked of the papers; each command that makes papers has them.
_PRINTING_OPTIONS: dict[str, dict[str, Any]] = {
    "--profile": {"metavar": "ID|FILE", "help": "Label rules, as `stripgen profiles` lists them."},
    "--stock": {"metavar": "ID|FILE", "help": "Label paper, as `stripgen stocks` lists it; plain paper unless given."},
    "--first-label": {"metavar": "N", "help": "First label of a half-used sheet; 1 unless given."},
    "--strip-stock": {"metavar": "ID|FILE", "help": "Paper of the strips' labels; plain paper unless given."},
    "--first-strip-label": {"metavar": "N", "help": "Likewise the first label of a half-used sheet of those."},
    "--outer-label": {"is_flag": True, "help": "One more label, for what all strips are packed in."},
    "--offset-mm": {"metavar": "X,Y", "help": "Move labels to the right and down, to correct a printer."},
    "--patient-text": {
        "metavar": "FILE",
        "help": "What you tell patients of a missed pouch; whom to call unless given.",
    },
    "--large-print": {"is_flag": True, "help": "The patient's pages in 18 points or more."},
    "--calendar": {"is_flag": True, "help": "A calendar file (.ics), too: an all-day event a pouch."},
    "--calendar-names-drug": {"is_flag": True, "help": "Name drug and dose in the calendar file."},
}


def with_options(command: Callable[..., None], options: dict[str, dict[str, Any]]) -> Callable[..., None]:
    """Return a command with more options, by flag, in this order in its help."""
    for flag, settings in reversed(options.items()):
        command = click.option(flag, **settings)(command)
    return command


def printing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of printing to a command; it gets them together, as `printing`."""

    @functools.wraps(command)
    def gather(*args: object, **given: Any) -> None:  # noqa: ANN401 - whatever click hands over
        printing = {name: given.pop(name) for name in _printing_names()}
        command(*args, printing=printing, **given)

    return with_options(gather, _PRINTING_OPTIONS)


def nothing_asked() -> dict[str, Any]:
    """Return the options of printing as a command gets them where none is given."""
    flags = (settings.get("is_flag", False) for settings in _PRINTING_OPTIONS.values())
    return {name: False if flag else None for name, flag in zip(_printing_names(), flags, strict=True)}


def _printing_names() -> list[str]:
    return [flag.removeprefix("--").replace("-", "_") for flag in _PRINTING_OPTIONS]


def order_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that stand in for an order file, in the order of the questions."""
    told = {flag: {"help": words, "metavar": "TEXT", "multiple": True} for flag, words in _ORDER_OPTIONS.items()}
    return with_options(command, told)


_ORDER_OPTIONS = {
    "--drug": "Drug, as `stripgen drugs` lists it.",
    "--curve": "One of the drug's curves, if not its default.",
    "--start": "Start dose, mg a day.",
    "--end": "End dose, mg a day; 0 is stop.",
    "--days": "How many days, one pouch each.",
    "--start-date": "Date of day 1: 2026-12-01.",
    "--increment": "A capsule for each dose, in steps of so many mg.",
    "--unit": "A strength to combine, mg and form: '10 tablet'. Once for each strength.",
    "--max-units": "Most units in a pouch; 6 unless given.",
    "--first-day": "'start' (day 1 is the start dose) or 'reduced'.",
    "--days-per-strip": "Days on a strip; 28 unless given.",
    "--patient": "Patient's name; left out, a line to write on.",
    "--birth-date": "Patient's birth date: 1981-05-12.",
    "--patient-id": "Patient's identifier.",
    "--language": "Of labels and the patient's pages: en, nl, de, fr, es; the pharmacy's unless given.",
    "--prescriber": "Prescriber's name.",
    "--prescriber-id": "Prescriber's identifier.",
    "--pharmacy": "Pharmacy's name.",
    "--address": "Pharmacy's address.",
    "--phone": "Pharmacy's phone number.",
    "--pharmacy-language": "Of strip plan and dispensing sheet; the profile's unless given.",
    "--lot": "Lot to print on the labels.",
    "--use-by": "Beyond-use date to print on the labels.",
}
