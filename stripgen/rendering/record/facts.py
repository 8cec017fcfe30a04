"""What record and check form both say: of what is made, from which substance, with which filler, on which balance."""

from collections.abc import Iterator
from decimal import Decimal

from stripgen.domain.plan import Plan
from stripgen.domain.record import Filler, Record, Substance
from stripgen.domain.weighing import MakeList, ToPrepare
from stripgen.rendering.dispensing.cells import Value, amount_format
from stripgen.rendering.dispensing.terms import day_format
from stripgen.rendering.record.entries import Line, heading
from stripgen.rendering.words import Words


def tell_made(plan: Plan, make_list: MakeList, words: Words) -> Iterator[Line]:
    """Yield what is made at once, by which formula, and with which overage."""
    record = plan.order.record or Record()
    strip = make_list.strip
    made = words.say("record.all_strips") if strip is None else words.say("record.one_strip", strip=strip)
    yield heading(words, "record.what_is_made")
    yield _line(words, "record.made_at_once", made, style="strong value")
    yield _line(words, "record.master_formula", record.master_formula)
    if make_list.to_prepare:
        phrase = "record.overage_volume" if make_list.to_prepare[0].in_ml else "record.overage_units"
        yield _line(words, "record.overage", words.say(phrase, percent=record.overage_percent))


def tell_substance(substance: Substance, words: Words) -> Iterator[Line]:
    """Yield what is weighed: its name, molecular weights and content; not what the weights come to."""
    yield heading(words, "record.substance")
    yield _line(words, "sheet.name", substance.name, style="strong value")
    if substance.molecular_weight and substance.drug_molecular_weight:
        yield _line(words, "record.its_molecular_weight", substance.molecular_weight)
        yield _line(words, "record.drug_molecular_weight", substance.drug_molecular_weight)
    else:
        yield _line(words, "record.factor", substance.weighing_factor)
    yield _line(words, "record.content", substance.assay_percent, amount_format(substance.assay_percent, "%"))


def tell_filler(filler: Filler, words: Words) -> Iterator[Line]:
    """Yield what fills the units up, and how far."""
    yield heading(words, "record.filler")
    yield _line(words, "sheet.name", filler.name, style="strong value")
    yield _line(words, "record.fill_mass", filler.fill_mass_mg, amount_format(filler.fill_mass_mg, "mg"))


def tell_balance(record: Record, words: Words) -> Iterator[Line]:
    """Yield what the balance can do."""
    least = record.least_weighed_mg
    usual = words.say("record.usual_minimum", least=least)
    yield heading(words, "record.balance")
    yield _line(words, "record.readability", record.balance_step_mg, amount_format(record.balance_step_mg, "mg"))
    if record.minimum_weight_mg is None:
        yield _line(words, "record.minimum_weight", usual)
    else:
        yield _line(words, "record.minimum_weight", least, amount_format(least, "mg"))


def tell_lot(material: Substance | Filler, words: Words) -> Iterator[Line]:
    """Yield which lot of a material is weighed; what is not known is filled in."""
    yield _line(words, "sheet.lot", material.lot, style="entry")
    yield _line(words, "sheet.supplier", material.supplier, style="entry")
    yield Line(words.say("sheet.expiry"), material.expires_on, "entry date", day_format(words))


def _line(words: Words, label: str, value: Value, number_format: str = "", style: str = "value") -> Line:
    return Line(words.say(label), value, "entry" if value is None else style, number_format)


def name_form(needed: ToPrepare, words: Words) -> str:
    """Return what is made: a form of unit, or a solution."""
    return words.say("sheet.solution") if needed.in_ml else words.form(needed.form)


def amount_of(number: Decimal, *, in_ml: bool) -> Value:
    """Return a count as a whole number, or a volume as it is."""
    return number if in_ml else int(number)
