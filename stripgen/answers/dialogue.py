"""The questions of `stripgen new`, each asked until its answer is right."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from stripgen.answers.questions import QUESTIONS, Question, field_of, nest
from stripgen.answers.values import raw_value
from stripgen.domain.fields import shown
from stripgen.domain.formulary import Formulary
from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.intake import read_order

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
        problems = [problem for problem in _problems_of(answers, formulary) if field_of(problem.where) == question.path]
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
    places = {field_of(problem.where) for problem in problems}
    again = [question for question in QUESTIONS if question.path in places]
    if problems and not again:
        raise OrderInvalid(problems, "answers")
    return again
