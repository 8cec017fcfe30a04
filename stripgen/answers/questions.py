"""The fields of an order as a person is asked for them, by question or by option, and answers as an order's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stripgen.answers.values import Kind
from stripgen.errors import OrderInvalid, Problem


@dataclass(frozen=True, slots=True)
class Question:
    """One field of an order as a person is asked for it.

    Attributes:
        path: Where it stands in the order file.
        option: How `stripgen make` calls it, or empty where only a file has it.
        default: What Enter gives; empty leaves the field out.
    """

    path: str
    kind: Kind
    option: str
    words: str
    default: str = ""


QUESTIONS = (
    Question("medication.drug", "text", "--drug", "Drug (stripgen drugs lists them)", "citalopram"),
    Question("medication.curve", "text", "--curve", "Curve (Enter: the drug's default)"),
    Question("compounding.increment_mg", "number", "--increment", "Capsules made in steps of, mg", "0.1"),
    Question(
        "compounding.unit", "units", "--unit", "Strengths in mg, such as: 10 tablet; 5 tablet; 1; 0.5", "10; 5; 1; 0.5"
    ),
    Question("compounding.max_units_per_pouch", "count", "--max-units", "Most units in a pouch", "6"),
    Question("taper.start_dose_mg", "number", "--start", "Start dose, mg a day, as prescribed", "20"),
    Question("taper.end_dose_mg", "number", "--end", "End dose, mg a day (0 is stop), as prescribed", "0"),
    Question("taper.days", "count", "--days", "Days, as prescribed", "112"),
    Question("taper.start_date", "date", "--start-date", "First day, year-month-day"),
    Question(
        "taper.first_day",
        "text",
        "--first-day",
        "Day 1 is the start dose (start) or already reduced (reduced)",
        "start",
    ),
    Question("taper.days_per_strip", "count", "--days-per-strip", "Days on a strip", "28"),
    Question("patient.name", "text", "--patient", "Patient's name (Enter: a line to write on, and a draft)"),
    Question("patient.birth_date", "date", "--birth-date", "Patient's birth date, year-month-day"),
    Question("patient.identifier", "text", "--patient-id", "Patient's identifier, if any"),
    Question("patient.language", "text", "--language", "Patient's language, en nl de fr es (Enter: the pharmacy's)"),
    Question("prescriber.name", "text", "--prescriber", "Prescriber's name"),
    Question("prescriber.identifier", "text", "--prescriber-id", "Prescriber's identifier, if any"),
    Question("pharmacy.name", "text", "--pharmacy", "Pharmacy's name"),
    Question("pharmacy.address", "text", "--address", "Pharmacy's address, on one line"),
    Question("pharmacy.phone", "text", "--phone", "Pharmacy's phone number"),
    Question("pharmacy.profile", "text", "", "Label rules (stripgen profiles lists them; Enter: no country's)"),
    Question(
        "pharmacy.language",
        "text",
        "--pharmacy-language",
        "Pharmacy's language, en nl de fr es (Enter: the rules' own)",
    ),
    Question("dispensing.lot", "text", "--lot", "Lot, if known already"),
    Question("dispensing.beyond_use_date", "date", "--use-by", "Beyond-use date, if known already"),
    Question("approval.approved_by", "text", "", "Approved by (Enter: not approved, a draft)"),
    Question("approval.approved_on", "date", "", "Approved on, year-month-day"),
    Question("approval.reference", "text", "", "Reference of the approval"),
)


def nest(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers by path as the tables of an order file.

    >>> nest({"taper.days": 28})
    {'schema': 1, 'taper': {'days': 28}}
    """
    raw: dict[str, Any] = {"schema": 1}
    for path, value in answers.items():
        table, _, key = path.partition(".")
        raw.setdefault(table, {})[key] = value
    return raw


def in_options_words(error: OrderInvalid) -> OrderInvalid:
    """Return the same problems, named by the options of `stripgen make` in place of the file's keys."""
    options = {question.path: question.option for question in QUESTIONS if question.option}
    options |= {
        "compounding": "--increment or --unit",
        "medication": "--drug",
        "taper": "--start, --end, --days, --start-date",
    }
    problems = [
        Problem(
            options.get(field_of(problem.where), problem.where),
            _in_other_words(problem.what, (*_OPTION_WORDS, *_TYPED_WORDS)),
        )
        for problem in error.problems
    ]
    return OrderInvalid(problems, "command line")


def in_prompt_words(what: str) -> str:
    """Return what is wrong with an answer, in the words of somebody who typed it at a prompt and sees no file.

    >>> in_prompt_words("'x' is text, not a number; write a number without quotes (whole mg)")
    "'x' is text, not a number (whole mg)"
    """
    return _in_other_words(what, (*_PROMPT_WORDS, *_TYPED_WORDS))


def _in_other_words(what: str, words: Iterable[tuple[str, str]]) -> str:
    for in_a_file, typed in words:
        what = what.replace(in_a_file, typed)
    return what


_TYPED_WORDS = (
    (" without quotes or a clock time:", " as"),
    (" without quotes", ""),
    (", or bring a custom_curve", "; a curve of your own needs an order file"),
    ("[compounding]", "what the pharmacy makes"),
)
_OPTION_WORDS = (
    ("increment_mg", "--increment"),
    ("one [[compounding.unit]] or more", "one --unit or more"),
    ("[[compounding.unit]]", "--unit"),
    ("first_day = 'reduced'", "--first-day reduced"),
)
_PROMPT_WORDS = (
    ("; write a number without quotes", ""),
    (", or bring a custom_curve, or taper.strategy = 'linear' or 'proportional'", "; any other needs an order file"),
    (", or first_day = 'reduced'", ""),  # asked later
    ("increment_mg", "the steps that capsules are made in"),
    ("[[compounding.unit]]", "strengths"),
)


def field_of(where: str) -> str:
    """Return the option's path for a place inside it: one unit of the list belongs to `compounding.unit`."""
    return where.partition("[")[0]
