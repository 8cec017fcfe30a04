"""What a person types, at a prompt or as an option, as the raw values an order file would hold; and back into a file.

What cannot be read as its kind stays text: the order's own checks then say what is wrong with it.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypeVar

from stripgen.domain.amendment import Change
from stripgen.domain.fields import LARGEST_MG, LONGEST_TAPER_DAYS, shown
from stripgen.domain.formulary import Formulary
from stripgen.domain.order import Order
from stripgen.domain.quantity import FINEST_MG, plain
from stripgen.domain.stock import LabelPaper, Stock
from stripgen.errors import AnswerInvalid, OrderInvalid, Problem
from stripgen.planning.amending import Request
from stripgen.planning.intake import read_order

Read = TypeVar("Read")
Kind = Literal["text", "number", "count", "date", "units"]


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


def raw_value(kind: Kind, text: str) -> Any:  # noqa: ANN401 - what a file may hold
    """Return typed text as the value an order file would hold, or as text when it is not plainly one of that kind."""
    text = text.strip()
    match kind:
        case "number" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            return Decimal(text)
        case "count" if re.fullmatch(r"-?[0-9]{1,9}", text):
            return int(text)
        case "date":
            return raw_date(text) or text
        case "units":
            return [_unit(part) for part in text.split(";")]
        case _:
            return text


def raw_date(text: str) -> dt.date | None:
    """Return a date typed as 2026-12-01, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:  # the 31st of June
        return None


def _unit(text: str) -> dict[str, Any]:
    """Return a strength as typed: `10`, `10 mg`, `10 tablet`, `10mg Tablet`."""
    typed = re.fullmatch(r"\s*([^a-z\s]+)\s*(?:mg\b)?\s*(.*?)\s*", text.lower())
    if typed is None:
        return {"strength_mg": text.strip()}
    strength, form = typed.groups()
    unit = {"strength_mg": raw_value("number", strength)}
    return unit | {"form": form} if form else unit


_DISTANCE = r"[+-]?[0-9]{1,3}(\.[0-9]{1,2})?"
_FARTHEST_MM = 20


def raw_count(option: str, typed: str, least: int, most: int) -> int:
    """Return a whole number typed for an option.

    Raises:
        AnswerInvalid: It is none, or out of range.
    """
    value = raw_value("count", typed)
    if not isinstance(value, int) or not least <= value <= most:
        raise AnswerInvalid([Problem(option, f"{shown(typed)} is not allowed; a whole number from {least} to {most}")])
    return value


def raw_amounts(option: str, typed: str) -> list[Decimal]:
    """Return amounts in mg typed for an option, with commas between: `10,5,0.5`.

    Raises:
        AnswerInvalid: One is no amount from 0.001 to 2000 mg in steps of 0.001; all such ones at once.
    """
    amounts, problems = [], []
    for part in typed.split(","):
        amount = raw_value("number", part)
        if isinstance(amount, Decimal) and FINEST_MG <= amount <= LARGEST_MG and not amount % FINEST_MG:
            amounts.append(amount)
        else:
            what = f"{shown(part.strip())} is not allowed; amounts from 0.001 to 2000 mg, with commas between: 10,5,0.5"
            problems.append(Problem(option, what))
    if problems:
        raise AnswerInvalid(problems)
    return amounts


@dataclass(frozen=True, slots=True)
class StrengthsAsked:
    """What the options of `stripgen strengths` ask for; None where they leave it to the orders."""

    n_strengths: int
    candidates_mg: list[Decimal] | None
    most_units: int | None


def label_paper(
    stock: Stock,
    first_label: str | None,
    offset_mm: str | None,
    *,
    options: tuple[str, str] = ("--first-label", "--stock"),
) -> LabelPaper:
    """Return the labels in the printer.

    Args:
        stock: Which labels.
        first_label: As typed: the first label that is not used up, 1..
        offset_mm: As typed: `0.5,-1`, to the right and down.
        options: How the first label and the paper were asked for.

    Raises:
        AnswerInvalid: Not a label of the sheet, or not two distances.
    """
    problems: list[Problem] = []
    first = _or_problems(problems, lambda: _first_label(stock, first_label, *options)) or 1
    offset = _or_problems(problems, lambda: _offset(offset_mm)) or (Decimal(0), Decimal(0))
    if problems:
        raise AnswerInvalid(problems)
    return LabelPaper(stock, first, offset)


def strip_asked(typed: str | None) -> int | None:
    """Return the only strip to print; None for all of them.

    Raises:
        AnswerInvalid: Neither a whole number nor `all`.
    """
    if typed is None or typed == "all":
        return None
    return raw_count("--strip", typed, 1, LONGEST_TAPER_DAYS)


def _first_label(stock: Stock, typed: str | None, option: str, paper_option: str) -> int:
    if typed is None:
        return 1
    if stock.paper == "plain":
        remedy = f"leave it out, or choose sheets ({paper_option})"
        what = f"{stock.id} is plain paper, of which no sheet is half used; {remedy}"
        raise AnswerInvalid([Problem(option, what)])
    return raw_count(option, typed, 1, stock.n_labels)


def _offset(typed: str | None) -> tuple[Decimal, Decimal]:
    if typed is None:
        return Decimal(0), Decimal(0)
    parts = [part.strip() for part in typed.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(_DISTANCE, part) for part in parts):  # noqa: PLR2004 - across and down
        allowed = "two distances in mm from -20 to 20, to the right and down, such as 0.5,-1"
        raise AnswerInvalid([Problem("--offset-mm", f"{shown(typed)} is not allowed; {allowed}")])
    across, down = map(Decimal, parts)
    if max(abs(across), abs(down)) > _FARTHEST_MM:
        raise AnswerInvalid([Problem("--offset-mm", f"{shown(typed)} is too far; each from -20 to 20 mm")])
    return across, down


def strengths_asked(choose: str, candidates: str | None, max_units: str | None) -> StrengthsAsked:
    """Return what the options of `stripgen strengths` ask for.

    Raises:
        AnswerInvalid: A value is not allowed; all problems at once.
    """
    problems: list[Problem] = []
    n_strengths = _or_problems(problems, lambda: raw_count("--choose", choose, 1, 15))
    given = None if candidates is None else _or_problems(problems, lambda: raw_amounts("--candidates", candidates))
    most_units = (
        None if max_units is None else _or_problems(problems, lambda: raw_count("--max-units", max_units, 1, 30))
    )
    if problems or n_strengths is None:
        raise AnswerInvalid(problems, "command line")
    return StrengthsAsked(n_strengths, given, most_units)


def _or_problems(problems: list[Problem], read: Callable[[], Read]) -> Read | None:
    """Return what could be read, or None and keep the problems."""
    try:
        return read()
    except AnswerInvalid as error:
        problems += error.problems
        return None


_CHANGES: dict[str, Change] = {
    "hold": "hold",
    "back_to_day": "back",
    "stretch_to": "stretch",
    "faster_to": "faster",
    "stop_at_mg": "stop_at",
}


def amendment_request(typed: Mapping[str, str | None]) -> Request:
    """Return what the options of `stripgen amend` ask for.

    Raises:
        AnswerInvalid: Not exactly one change is asked for, or a value is not of its kind; all problems at once.
    """
    asked = [name for name in _CHANGES if typed.get(name) is not None]
    problems = []
    if len(asked) != 1:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in _CHANGES)
        found = "none is given" if not asked else f"{len(asked)} are given"
        problems.append(Problem("", f"of {names} {found}; give one"))
    values = {}
    for name in ("from_day", *asked):
        kind: Kind = "number" if name == "stop_at_mg" else "count"
        values[name] = raw_value(kind, typed.get(name) or "")
        if isinstance(values[name], str):
            words = "a number of mg, such as 5" if kind == "number" else "a whole number"
            problems.append(Problem(f"--{name.replace('_', '-')}", f"{shown(values[name])} is not {words}"))
    reason = (typed.get("reason") or "").strip()
    if not reason:
        problems.append(Problem("--reason", "is empty; say why, for the papers"))
    if problems:
        raise AnswerInvalid(problems, "command line")
    return Request(values["from_day"], _CHANGES[asked[0]], Decimal(values[asked[0]]), reason)


def approve_order(
    order: Order,
    typed: Mapping[str, str | None],
    formulary: Formulary,
    amended_on: dt.date,
    tables: Mapping[str, Any],
) -> Order:
    """Return the order with the approval that options give, or without one where none does; checked as any order.

    Lots and dates were of the pouches made before, so they are blank unless given anew.

    Args:
        order: Of the amended plan.
        typed: By option.
        formulary: To check the order with.
        amended_on: When the plan that is amended was issued: nobody approved its amendment before.
        tables: Of the new pouches: `dispensing` and `batch`, or `approval`, as files give them; empty where none does.

    Raises:
        AnswerInvalid: There is an approval twice.
        OrderInvalid: The approval, or a text of the amendment, is not allowed.
    """
    raw = order.model_dump(by_alias=True, exclude_defaults=True, exclude={"dispensing", "batch"})
    kept = order.dispensing.model_dump(include=_OF_ANY_POUCHES, exclude_none=True)
    raw |= {**tables, "dispensing": kept | tables.get("dispensing", {})}
    given = {key: typed[name] for key, name in _APPROVAL_OPTIONS.items() if typed.get(name)}
    if given and "approval" in tables:
        raise AnswerInvalid(
            [Problem("--approval", "excludes --approved-by and the two with it; give one or the other")]
        )
    if given:
        raw["approval"] = {
            key: raw_value("date" if key == "approved_on" else "text", text or "") for key, text in given.items()
        }
    try:
        approved = read_order(raw, formulary, "command line")
    except OrderInvalid as error:
        places = _AMENDMENT_PLACES if given else {}
        named = [Problem(places.get(problem.where, problem.where), problem.what) for problem in error.problems]
        raise OrderInvalid(named, "command line") from error
    approval = approved.approval
    if approval and approval.approved_on < amended_on:
        what = f"{approval.approved_on} is before the plan that is amended was issued; a date from {amended_on} on"
        raise OrderInvalid([Problem("--approved-on" if given else "approval.approved_on", what)], "command line")
    return approved


# What is as true of the pouches made anew as of those before.
_OF_ANY_POUCHES = {"storage", "ingredients", "code"}
_APPROVAL_OPTIONS = {"approved_by": "approved_by", "approved_on": "approved_on", "reference": "reference"}
_AMENDMENT_PLACES = {
    "approval.approved_by": "--approved-by",
    "approval.approved_on": "--approved-on",
    "approval.reference": "--reference",
    "amendment.reason": "--reason",
}


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
        Problem(options.get(_field(problem.where), problem.where), _in_options_words(problem.what))
        for problem in error.problems
    ]
    return OrderInvalid(problems, "command line")


def _in_options_words(what: str) -> str:
    for in_a_file, as_an_option in _FILE_WORDS:
        what = what.replace(in_a_file, as_an_option)
    return what


_FILE_WORDS = (
    ("increment_mg", "--increment"),
    ("one [[compounding.unit]] or more", "one --unit or more"),
    ("[[compounding.unit]]", "--unit"),
    (" without quotes or a clock time:", " as"),
    (" without quotes", ""),
    (", or bring a custom_curve", "; a curve of your own needs an order file"),
    ("first_day = 'reduced'", "--first-day reduced"),
    ("[compounding]", "what the pharmacy makes"),
)


def _field(where: str) -> str:
    """Return the option's path for a place inside it: one unit of the list belongs to `compounding.unit`."""
    return where.partition("[")[0]


def fill_form(form: str, answers: Mapping[str, Any]) -> str:
    """Return the order form with the answers in place; what was not answered stays as a comment.

    Args:
        form: The commented form, with `key = {{table.key}}` where an answer belongs.
        answers: Raw values by path.
    """
    lines = [_fill_line(line, answers) for line in form.splitlines()]
    return "\n".join(lines) + "\n"


def _fill_line(line: str, answers: Mapping[str, Any]) -> str:
    if header := re.fullmatch(r"\[(\w+)\]", line):
        answered = any(path.startswith(f"{header[1]}.") for path in answers)
        return line if answered else f"# {line}"
    if field := re.fullmatch(r"(\w+) = \{\{([\w.]+)\}\}", line):
        return f"{field[1]} = {_literal(answers[field[2]])}" if field[2] in answers else f"# {field[1]} ="
    if line == "{{compounding.unit}}":
        return "".join(_unit_table(unit) for unit in answers.get("compounding.unit", ()))
    return line


def _unit_table(unit: Mapping[str, Any]) -> str:
    rows = "\n".join(f"{key} = {_literal(value)}" for key, value in unit.items())
    return f"\n[[compounding.unit]]\n{rows}\n"


def _literal(value: object) -> str:
    """Return a value as TOML writes it; JSON's strings are TOML's basic strings."""
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, int | dt.date) else json.dumps(value, ensure_ascii=False)


Ask = Callable[[str, str], str]
Tell = Callable[[str], None]


def ask_all(ask: Ask, tell: Tell, formulary: Formulary, today: dt.date) -> dict[str, Any]:
    """Return the answers to every question that applies, as raw values by path; together they are a valid order.

    Args:
        ask: Given the words and a default, returns what was typed.
        tell: Shows a problem.
        formulary: To check drug and curve.
        today: The first day offered is the second Monday from here.

    Raises:
        OrderInvalid: The answers do not fit together, and no question can mend it.
    """
    skipped = {"compounding.increment_mg"} if _ask_way(ask, tell) == "units" else _UNIT_QUESTIONS
    answers: dict[str, Any] = {}
    asked = [question for question in QUESTIONS if question.path not in skipped]
    while asked:
        for question in asked:
            if not question.path.startswith("approval.") or question is _APPROVED_BY or _APPROVED_BY.path in answers:
                default = _default(question, today)
                _ask_until_right(question, answers, partial(ask, question.words), tell, formulary, default)
        asked = _questions_to_repeat(answers, tell, formulary)
    return answers


def _ask_way(ask: Ask, tell: Tell) -> str:
    while True:
        way = ask("Pouches: a capsule made for each dose (capsule), or strengths combined (units)", "capsule")
        chosen = [choice for choice in ("capsule", "units") if choice.startswith(way.strip().lower() or "?")]
        if chosen:
            return chosen[0]
        tell(f"  {shown(way)} is not one of the two; capsule or units")


_UNIT_QUESTIONS = {"compounding.unit", "compounding.max_units_per_pouch"}
_APPROVED_BY = next(question for question in QUESTIONS if question.path == "approval.approved_by")


def _default(question: Question, today: dt.date) -> str:
    second_monday = today + dt.timedelta(days=14 - today.weekday())
    return second_monday.isoformat() if question.path == "taper.start_date" else question.default


def _ask_until_right(
    question: Question,
    answers: dict[str, Any],
    ask: Callable[[str], str],
    tell: Tell,
    formulary: Formulary,
    default: str,
) -> None:
    while True:
        answers.pop(question.path, None)
        typed = ask(default).strip()
        if typed:
            answers[question.path] = raw_value(question.kind, typed)
        problems = [problem for problem in _problems_of(answers, formulary) if _field(problem.where) == question.path]
        if not problems:
            return
        for problem in problems:
            tell(f"  {problem.what}")
        default = ""  # a refused answer is never replaced by one that nobody typed


def _problems_of(answers: Mapping[str, Any], formulary: Formulary) -> tuple[Problem, ...]:
    try:
        read_order(nest(answers), formulary, "")
    except OrderInvalid as error:
        return error.problems
    return ()


def _questions_to_repeat(answers: Mapping[str, Any], tell: Tell, formulary: Formulary) -> list[Question]:
    problems = _problems_of(answers, formulary)
    for problem in problems:
        tell(f"  {problem}")
    places = {_field(problem.where) for problem in problems}
    again = [question for question in QUESTIONS if question.path in places]
    if problems and not again:
        raise OrderInvalid(problems, "answers")
    return again
