"""Compares the lines on top of every sheet, and the sheets Order and Curve: for whom, by whom, what and when."""

import datetime as dt
from collections.abc import Iterator, Mapping

from stripgen.verifying.expected import Expected
from stripgen.verifying.workbook_changes import Change
from stripgen.verifying.workbook_dispense import Promised
from stripgen.verifying.workbook_sheets import Said, SeenSheet

_TITLE_ROW, _STATUS_ROW, _PATIENT_ROW = 1, 2, 3
_HALVES = (1, 3)  # columns of the labels; what they say stands beside them
_SECTIONS = (
    "patient",
    "prescriber",
    "pharmacy",
    "medication",
    "dispensing",
    "approval",
    "document",
    "taper",
    "compounding",
    "key_figures",
    "amendment",
    "models",
)
_FIRST_RELIABLE_DATE = dt.date(1900, 3, 1)  # dates before it stand in words

_Lines = Mapping[tuple[str, str], tuple[int, int]]  # where each line of a section stands
_Fact = tuple[str, str, Said]


def compare_top(sheet: SeenSheet, purpose: str, promised: Promised) -> Iterator[Change]:
    """Yield in what the lines on top of a sheet differ: what it is, whether it may be used, for whom.

    Args:
        sheet: Any.
        purpose: What it is for: `dispense`.
        promised: What it must say.
    """
    expected = promised.plan
    yield from sheet.compare(_TITLE_ROW, 1, _title(sheet, purpose, promised), "line on top")
    yield from sheet.compare(_STATUS_ROW, 1, _status(sheet, expected), "line on top")
    yield from sheet.compare(_PATIENT_ROW, 1, _patient(sheet, expected), "line of the patient")
    edges = " ".join(map(str, _as_tuple(sheet.sheet.settings["the text on the edges of its pages"])))
    if edges.count(expected.plan_id) < 2:  # noqa: PLR2004 - head and foot
        yield Change(sheet.name, f"the edges of its printed pages do not name plan {expected.plan_id} on top and below")


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _title(sheet: SeenSheet, purpose: str, promised: Promised) -> str:
    expected = promised.plan
    voice, taper = sheet.voice, expected.order.taper
    stops, last = expected.stop is not None, expected.days[-1].dose_mg
    end = voice.say("taper.to_stop") if stops else voice.say("taper.to_dose", dose=last)
    return voice.say(
        "sheet.title",
        purpose=voice.say(f"sheet.purpose_{purpose}"),
        drug=expected.order.medication.drug,
        taper=voice.say("taper.span", start=taper.start_dose_mg, end=end),
        plan=_name_plan(sheet, promised),
    )


def _name_plan(sheet: SeenSheet, promised: Promised) -> str:
    """Return the plan's id, that of the one it replaces, and the strip where the workbook is about one."""
    voice, expected, amendment = sheet.voice, promised.plan, promised.plan.order.amendment
    plan = voice.say("sheet.plan", plan=expected.plan_id)
    if amendment is not None:
        plan = voice.say(
            "sheet.plan_amended", plan=expected.plan_id, version=amendment.version, amends=amendment.amends
        )
    if promised.only_strip is None:
        return plan
    strip = voice.say("strip.name", strip=promised.only_strip, strips=expected.days[-1].strip)
    return voice.say("sheet.strip_only", plan=plan, strip=strip)


def _status(sheet: SeenSheet, expected: Expected) -> str:
    approval = expected.order.approval
    if expected.status == "draft" or approval is None:
        return sheet.voice.say("sheet.draft", draft=sheet.voice.say("common.draft"))
    return sheet.voice.say(
        "sheet.approved", by=approval.approved_by, date=approval.approved_on, reference=approval.reference
    )


def _patient(sheet: SeenSheet, expected: Expected) -> str:
    voice, patient = sheet.voice, expected.order.patient
    told = [
        voice.say("sheet.for_patient", name=patient.name) if patient.name else voice.say("sheet.for_patient_not_named")
    ]
    if patient.birth_date:
        told.append(voice.say("sheet.for_patient_born", date=patient.birth_date))
    if patient.identifier:
        told.append(voice.say("sheet.for_patient_identifier", identifier=patient.identifier))
    return ", ".join(told)


def compare_order(sheet: SeenSheet, promised: Promised) -> Iterator[Change]:
    """Yield all in which the sheet Order differs."""
    lines = _lines_of(sheet)
    for section, label, said in _facts(sheet, promised):
        if said is None:
            continue
        place = lines.get((section, sheet.voice.say(f"sheet.{label}")))
        if place is None:
            yield Change(sheet.name, f"has no line {sheet.voice.say(f'sheet.{label}')!r} under {section}")
        else:
            yield from sheet.compare(*place, said, sheet.voice.say(f"sheet.{label}"))


def _lines_of(sheet: SeenSheet) -> _Lines:
    """Return where each labelled line of the sheet Order stands, by its section; the first of each name."""
    titles = {sheet.voice.say(f"sheet.{section}"): section for section in _SECTIONS}
    lines: dict[tuple[str, str], tuple[int, int]] = {}
    for column in _HALVES:
        section = ""
        for row in range(_PATIENT_ROW + 1, sheet.last_row + 1):
            label, value = sheet.text_at(row, column), sheet.at(row, column + 1)
            if label in titles and value is None:
                section = titles[label]
            elif label:
                lines.setdefault((section, label), (row, column + 1))
    return lines


def _facts(sheet: SeenSheet, promised: Promised) -> Iterator[_Fact]:
    """Yield what each line must say; None where the order does not say it, so that it is filled in by hand."""
    yield from _people(sheet, promised.plan)
    yield from _medicine(sheet, promised.plan)
    yield "dispensing", "beyond_use_date", promised.use_by
    yield from _taper(promised.plan)
    yield from _figures(promised)


def _people(sheet: SeenSheet, expected: Expected) -> Iterator[_Fact]:
    order = expected.order
    patient, born = order.patient, order.patient.birth_date
    in_words = born is not None and born < _FIRST_RELIABLE_DATE
    yield "patient", "name", patient.name
    yield "patient", "birth_date", sheet.voice.date(born, weekday=False) if born and in_words else born
    yield "patient", "identifier", patient.identifier
    yield "patient", "insurance_number", patient.insurance_number
    yield "prescriber", "name", order.prescriber.name
    yield "prescriber", "identifier", order.prescriber.identifier
    for label in ("name", "address", "phone"):
        yield "pharmacy", label, getattr(order.pharmacy, label)
    if order.approval is None:
        yield "approval", "approval", sheet.voice.say("sheet.draft", draft=sheet.voice.say("common.draft"))
    else:
        for label in ("approved_by", "approved_on", "reference"):
            yield "approval", label, getattr(order.approval, label)


def _medicine(sheet: SeenSheet, expected: Expected) -> Iterator[_Fact]:
    medication, dispensing = expected.order.medication, expected.order.dispensing
    name = sheet.voice.drug(medication.drug)
    other = name.casefold() != medication.drug.casefold()
    yield "medication", "drug", f"{name} ({medication.drug})" if other else name
    for label in ("route", "directions", "precautions"):
        yield "medication", label, getattr(medication, label)
    for label in ("lot", "made_on", "dispensed_on", "serial", "storage", "ingredients"):
        yield "dispensing", label, getattr(dispensing, label)
    yield "document", "plan_id", expected.plan_id
    yield "document", "plan_hash", expected.plan_hash
    yield "document", "issued_on", expected.issued_on


def _taper(expected: Expected) -> Iterator[_Fact]:
    taper, amendment = expected.order.taper, expected.order.amendment
    yield "taper", "start_dose", taper.start_dose_mg
    yield "taper", "end_dose", 0 if expected.stop else expected.days[-1].dose_mg
    yield "taper", "days", len(expected.days)
    yield "taper", "first_pouch", taper.start_date
    yield "taper", "last_pouch", expected.days[-1].date
    yield "taper", "days_per_strip", taper.days_per_strip
    if amendment is not None:
        yield "amendment", "version", amendment.version
        yield "amendment", "replaces_plan", amendment.amends
        yield "amendment", "reason", amendment.reason
        if amendment.take_back:
            yield "amendment", "pouches_to_take_back", len(amendment.take_back)


def _figures(promised: Promised) -> Iterator[_Fact]:
    expected, n_pouches = promised.plan, len(promised.days_to_make)
    anew = expected.order.amendment is not None or promised.only_strip is not None
    yield "key_figures", "pouches_to_make" if anew else "pouches", n_pouches
    yield "key_figures", "strips_to_make" if anew else "strips", expected.strips
    yield "key_figures", "different_doses", expected.different_doses
    yield "key_figures", "total", expected.total_mg
    yield "key_figures", "volume", expected.volume_ml
    if expected.stop is not None:
        yield "key_figures", "first_day_without_pouch", expected.stop.date


def compare_curve(sheet: SeenSheet, promised: Promised) -> Iterator[Change]:
    """Yield in what the figures of the curve differ, where the doses were found by one."""
    curve = promised.plan.curve
    if curve is None:
        return
    rows = {sheet.text_at(row, 1): row for row in range(_PATIENT_ROW + 1, sheet.last_row + 1)}
    for label in ("emax_percent", "ed50_mg", "hill", "source"):
        row = rows.get(sheet.voice.say(f"sheet.{label}"))
        if row is None:
            yield Change(sheet.name, f"has no line {sheet.voice.say(f'sheet.{label}')!r}")
        else:
            yield from sheet.compare(row, 2, getattr(curve, label), sheet.voice.say(f"sheet.{label}"))
