"""What the keys of the compounding record ask of each other, and of what can be made."""

from collections.abc import Collection, Iterator

from stripgen.domain.order import Compounding
from stripgen.domain.quantity import plain
from stripgen.domain.record import LEAST_FACTOR, MOST_FACTOR, Record, Substance
from stripgen.errors import Problem


def find_record_problems(record: Record, compounding: Compounding | None, unread: Collection[str]) -> Iterator[Problem]:
    """Yield what in the table of the record does not fit together, or not what can be made.

    Args:
        record: As far as it could be read.
        compounding: As far as it could be read; None where it could not.
        unread: Keys that could not be read; what follows from them is not told.
    """
    substance = record.substance
    if substance is not None and not any(key.startswith("record.substance.") for key in unread):
        yield from _find_substance_problems(substance)
    step, minimum = record.balance_step_mg, record.minimum_weight_mg
    if minimum is not None and minimum < step:
        what = f"{plain(minimum)} mg is less than one step of the balance; {plain(step)} mg or more (balance_step_mg)"
        yield Problem("record.minimum_weight_mg", what)
    if record.filler is not None and compounding is not None and compounding.solution is not None:
        what = "goes with units to fill only; leave it out: a solution is made up to its volume, as its formula says"
        yield Problem("record.filler", what)


def _find_substance_problems(substance: Substance) -> Iterator[Problem]:
    weights = {
        "molecular_weight": substance.molecular_weight,
        "drug_molecular_weight": substance.drug_molecular_weight,
    }
    given = [key for key, weight in weights.items() if weight is not None]
    if len(given) == 1:
        (missing,) = weights.keys() - set(given)
        yield Problem(f"record.substance.{missing}", f"is missing, and {given[0]} is given; both, or factor instead")
    if not given and substance.factor is None:
        what = (
            "is missing; what to weigh for 1 mg of drug (1 where the strengths count the substance itself), "
            "or molecular_weight and drug_molecular_weight"
        )
        yield Problem("record.substance.factor", what)
    quotient = substance.quotient
    if quotient is None:
        return
    if not 1 <= quotient <= MOST_FACTOR:
        what = (
            f"{plain(substance.molecular_weight or quotient)} to {plain(substance.drug_molecular_weight or quotient)} "
            f"is a factor of {plain(quotient)}; from 1 to {plain(MOST_FACTOR)}: are the two swapped? "
            f"A base for strengths counted as its salt needs factor instead (from {plain(LEAST_FACTOR)})"
        )
        yield Problem("record.substance.molecular_weight", what)
    elif substance.factor is not None and substance.factor != quotient:
        what = (
            f"{plain(substance.factor)} is not what the molecular weights come to; {plain(quotient)}, or leave it out"
        )
        yield Problem("record.substance.factor", what)
