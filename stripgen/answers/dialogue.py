"""The questions of `stripgen new`, each asked until its answer is right. No right answer is lost."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stripgen.answers.questions import QUESTIONS, Question, field_of, in_prompt_words, nest
from stripgen.answers.values import raw_value
from stripgen.domain.fields import shown
from stripgen.domain.formulary import Formulary
from stripgen.errors import OrderInvalid, Problem
from stripgen.planning.intake import read_order

Ask = Callable[[str, str], str]
Tell = Callable[[str], None]

BACK = "<"
_UNIT_QUESTIONS = {"compounding.unit", "compounding.max_units_per_pouch"}
_CAPSULE_QUESTIONS = {"compounding.increment_mg"}
_APPROVED_BY = "approval.approved_by"
_OF_APPROVAL = {"approval.approved_on", "approval.reference"}


def ask_all(ask: Ask, tell: Tell, formulary: Formulary, today: dt.date) -> dict[str, Any]:
    """Return the answers to every question that applies, as raw values by path; together they are a valid order.

    Args:
        ask: Given the words and what Enter gives, returns what was typed; `<` goes back to the question before.
        tell: Shows a problem.
        formulary: To check drug and curve.
        today: The first day offered is the second Monday from here.
    """
    interview = _Interview(ask, tell, formulary, today)
    asked = left = interview.begin()
    passed: list[Question] = []
    while left:
        question, *left = left
        if not interview.applies(question):
            continue
        if interview.ask_until_right(question):
            passed.append(question)
        elif passed:
            left = [passed.pop(), question, *left]
        else:
            asked = left = interview.begin()
        left = left or interview.questions_to_repeat(asked)
    return interview.answers()


@dataclass(frozen=True)
class _Interview:
    """Who asks, and what was answered so far: what was typed, by path; it is offered again where a question is."""

    ask: Ask
    tell: Tell
    formulary: Formulary
    today: dt.date
    typed: dict[str, str] = field(default_factory=dict)

    def begin(self) -> list[Question]:
        """Ask which way pouches are made, and return its questions; answers of the other are dropped."""
        skipped = _CAPSULE_QUESTIONS if self._ask_way() == "units" else _UNIT_QUESTIONS
        for path in skipped:
            self.typed.pop(path, None)
        return [question for question in QUESTIONS if question.path not in skipped]

    def _ask_way(self) -> str:
        while True:
            way = self.ask("Pouches: a capsule made for each dose (capsule), or strengths combined (units)", "capsule")
            chosen = [choice for choice in ("capsule", "units") if choice.startswith(way.strip().lower() or "?")]
            if chosen:
                return chosen[0]
            self.tell(f"  {shown(way)} is not one of the two; capsule or units")

    def applies(self, question: Question) -> bool:
        """Return whether a question is to be asked: who did not approve has no date of approval."""
        return question.path not in _OF_APPROVAL or _APPROVED_BY in self.typed

    def ask_until_right(self, question: Question) -> bool:
        """Ask a question until nothing is wrong with its answer; return False where the one before is wanted."""
        usual, n_refused = self._usual(question), 0
        while True:
            typed = self.ask(question.words, self.typed.get(question.path) or usual).strip()
            if typed == BACK:
                return False
            problems = self._problems_with(question, typed, needed=bool(usual))
            if not problems:
                return True
            n_refused += 1
            for problem in problems:
                self.tell(f"  {problem}")
            if n_refused > 1:
                self.tell(f"  {BACK} goes back to the question before")

    def _usual(self, question: Question) -> str:
        second_monday = self.today + dt.timedelta(days=14 - self.today.weekday())
        return second_monday.isoformat() if question.path == "taper.start_date" else question.default

    def _problems_with(self, question: Question, typed: str, *, needed: bool) -> list[str]:
        """Return what is wrong with an answer, which is kept only where nothing is."""
        self.typed.pop(question.path, None)
        if not typed and needed:
            return ["is empty; Enter alone takes what stands in brackets"]
        if typed:
            self.typed[question.path] = typed
        found = [problem for problem in self._problems() if field_of(problem.where) == question.path]
        if found:
            self.typed.pop(question.path, None)
        return [in_prompt_words(problem.what) for problem in found]

    def _problems(self) -> tuple[Problem, ...]:
        try:
            read_order(nest(self.answers()), self.formulary, "")
        except OrderInvalid as error:
            return error.problems
        return ()

    def answers(self) -> dict[str, Any]:
        """Return the answers as raw values by path."""
        return {
            question.path: raw_value(question.kind, self.typed[question.path])
            for question in QUESTIONS
            if question.path in self.typed and self.applies(question)
        }

    def questions_to_repeat(self, asked: list[Question]) -> list[Question]:
        """Return the questions that can mend what is wrong with all answers together; all of them if none is named."""
        problems = self._problems()
        for problem in problems:
            self.tell(f"  {problem.where}: {in_prompt_words(problem.what)}")
        places = [field_of(problem.where) for problem in problems]
        again = [question for question in asked if any(_is_at(question, place) for place in places)]
        return again or (asked if problems else [])


def _is_at(question: Question, place: str) -> bool:
    """Return whether a question is about a place in an order, or about the whole table that is named.

    A table is named where it is missing, or where what stands in it does not fit together.
    """
    return question.path == place or question.path.partition(".")[0] == place
