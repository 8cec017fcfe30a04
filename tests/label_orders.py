"""Random orders for labels: every field that a label may carry, in ordinary, odd, very long and impossible words.

The same name gives the same order. Most orders are ordinary enough to be printed; what is wrong with the others is
known here, so that a refusal can be held against it.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from orders import FORMULARY, ISSUED_ON, RawOrder, raw_order
from stdnum import ean

from stripgen.answers.amendment import approve_order
from stripgen.domain.plan import Plan
from stripgen.errors import AmendmentInvalid, NoFeasiblePlan
from stripgen.planning.amending import Request, amend
from stripgen.planning.intake import read_order
from stripgen.planning.taper import plan_taper

ORDINARY_NAMES = (
    "Example Patient",
    "Ng",
    "Å",
    "Zoë O’Brien",
    "Łukasz Żółkiewski",
    "Þóra Æsirsdóttir",
    "Anna van den Berg",
    "Nguyễn Thị Ánh Tuyết",
    "Ελένη Παπαδοπούλου",
    "Екатерина Шереметьева",
    "Ana-María Núñez",
    "Jürgen Größe-Weiß",
)
LONG_NAMES = (
    "Jean-Baptiste-Emmanuel de La Rochefoucauld-Montmorency-Luxembourg",
    "Maria da Conceição dos Santos Gonçalves Ferreira de Almeida e Silva",
    "Christodoulos Παπαδοπούλου-Χριστοδουλοπούλου-Κωνσταντινίδη",
    "Шереметьева-Апраксина Екатерина Константиновна, урождённая Оболенская",
    "Nguyễn Phước Công Tằng Tôn Nữ Thị Huyền Trân Ắẵễộữ",
    "Wolfeschlegelsteinhausenbergerdorff",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
)
RIGHT_TO_LEFT_NAMES = ("דוד בן־גוריון", "שרה כהן", "كريم محمد الأحمد", "سلمى حسن", "فاطمة الزهراء (Fatima)")
UNPRINTABLE_NAMES = ("山田太郎", "Zoë \N{SLIGHTLY SMILING FACE}", "Q\N{COMBINING TILDE}uyen", "Example ᚠ")
WRONG_NAMES = ("x" * 121, "Example\tPatient", "", 17)

PHARMACIES = ("Example Pharmacy", "Apotheke zum Weißen Löwen", "Φαρμακείο Αθηνών", "Аптека № 7", "Farmàcia Núñez")
LONG_PHARMACIES = (
    "Sint-Elisabeth-Ziekenhuisapotheek voor Geïndividualiseerde Bereidingen en Distributie, locatie Noord",
)
ADDRESSES = ("1 Example Street, Example Town", "Große-Straße 17 b, 1010 Wien", "12 rue de l’Église, 75011 Paris")
PRESCRIBERS = ("Dr Example", "Dr. Ágnes Szőke-Kővári", "д-р Иванов")
DRUGS = ("examplinum", "citaprolamine hydrobromide", "venla-fexamplin", "fluoxetine", "sertraline")
ROUTES = ("by mouth", "per os", "zum Einnehmen")
DIRECTIONS = (
    "One pouch a day.",
    "Einen Beutel täglich, morgens.",
    "Take the whole contents of one pouch in the morning with water.",
)
PRECAUTIONS = ("May make you drowsy.", "Do not stop suddenly. Do not drive if dizzy.", "Kein Alkohol.")
STORAGE = ("Below 25 °C, dry.", "Nicht über 25 °C lagern; Reste in die Apotheke zurückbringen.")
INGREDIENTS = ("cellulose", "Mannitol, hochdisperses Siliciumdioxid, Kapselhülle aus Gelatine")
APPEARANCES = ("white", "white capsule", "Kapsel, weiß/elfenbein")
LONG_TEXT = (
    "Take with food, not with grapefruit; if a dose was forgotten by more than twelve hours leave it out and go on "
    "with the next pouch on its own day, tell your pharmacist, and never take two pouches on one day"
)
_SET_82_LOTS = ("L-118", "2026/118-A", "X_7")
LONG_LOT = "2026-118 of Example Compounding & Sons, Hall 7 North, second filling of the first week"
_LOTS = (*_SET_82_LOTS, "Ch. B 2026 118", "Ж-1")

# strengths of which a dose needs all, as each is more than half of what is above it; scaled
_DOUBLING = tuple(map(Decimal, (1, 2, 4, 8, 16, 32, 64, 128)))
_SCALES = tuple(map(Decimal, ("0.001", "0.025", "0.1", "0.5", "1", "2.5")))
_INCREMENTS_MG = tuple(map(Decimal, ("0.001", "0.01", "0.037", "0.1", "0.5", "1", "12.5", "50")))
_SOLUTIONS = (("1", "0.1"), ("2.5", "0.2"), ("10", "0.01"), ("20", "1"), ("0.04", "0.025"))
_MOST_MG = Decimal(900)
_HAIR_MG = Decimal("0.001")
_APPROVAL = {"approved_by": "Dr Example", "approved_on": f"{ISSUED_ON}", "reference": "RX-2026-0118"}
_FORMS = ("capsule", "tablet", "orodispersible tablet", "film", "sachet")


@dataclass(frozen=True)
class LabelOrder:
    """An order, and what is known of it beforehand.

    Attributes:
        raw: As a file gives it.
        wrong: The keys that intake must refuse.
        unprintable: The keys with a character that no font has.
        amended: What is asked of its plan once it is under way.
        given_anew: The tables `dispensing` and `batch` of the pouches that are then made anew, if a file gives them.
    """

    raw: RawOrder
    wrong: frozenset[str] = frozenset()
    unprintable: frozenset[str] = frozenset()
    amended: Request | None = None
    given_anew: RawOrder = field(default_factory=dict)

    @property
    def dispensing_anew(self) -> RawOrder:
        """What is known of the pouches that an amended plan makes anew: what a file gives, else what is still true."""
        of_any_pouches = {"storage", "ingredients", "code"}
        kept = {key: value for key, value in self.raw["dispensing"].items() if key in of_any_pouches}
        return {"dispensing": kept, "batch": [], **self.given_anew}

    def plan(self) -> Plan:
        """Return its plan, amended where that can be done; raises OrderInvalid."""
        plan = plan_taper(read_order(self.raw, FORMULARY, "order.toml"), FORMULARY, ISSUED_ON)
        if self.amended is None or self.amended.from_day > len(plan.days):
            return plan
        # what `amend` makes is a draft until it is approved anew
        is_draft = self.raw.get("approval") is None or self.amended.from_day % 3 == 0
        try:
            amended = amend(plan, self.amended)
            order = approve_order(amended, {} if is_draft else _APPROVAL, FORMULARY, ISSUED_ON, self.given_anew)
            return plan_taper(order, FORMULARY, ISSUED_ON)
        except (AmendmentInvalid, NoFeasiblePlan):
            return plan


@dataclass
class _Making:
    """An order in the making."""

    random: Random
    raw: RawOrder
    wrong: set[str] = field(default_factory=set)
    unprintable: set[str] = field(default_factory=set)

    def once_in(self, n: int) -> bool:
        return self.random.randrange(n) == 0

    def give(self, table: str, key: str, value: Any) -> None:
        self.raw.setdefault(table, {})[key] = value

    @property
    def last_date(self) -> dt.date:
        """The day of the last pouch."""
        taper = self.raw["taper"]
        n_days: int = taper["days"] if "days" in taper else sum(phase["days"] for phase in taper["phase"])
        begins: dt.date = taper["start_date"]
        return begins + dt.timedelta(days=n_days - 1)

    @property
    def strengths(self) -> list[Decimal]:
        """Strengths that a lot may be of; none where a solution is measured."""
        compounding = self.raw["compounding"]
        if "solution" in compounding:
            return []
        if "unit" in compounding:
            return [unit["strength_mg"] for unit in compounding["unit"]]
        return [self.raw["taper"]["start_dose_mg"], compounding["increment_mg"]]

    def a_time(self, most_days: int) -> dt.timedelta:
        return dt.timedelta(days=self.random.randint(0, most_days))


def random_label_order(name: str, profile: str, language: str, *, most_days: int) -> LabelOrder:
    """Return an order of this name, with nearly always all that a profile asks for.

    Args:
        name: Of the order; what it says follows from it.
        profile: Whose labels will carry it.
        language: The patient's.
        most_days: Of its plan.
    """
    random = Random(name)  # noqa: S311 - nothing secret
    making = _Making(random, raw_order({"patient.language": language, "pharmacy.profile": profile}))
    _say_doses(making, most_days)
    _say_who(making)
    _say_what_labels_carry(making)
    _say_dates(making)
    _say_code(making)
    _say_lots(making)
    if "approval" not in making.raw or making.once_in(8):
        making.raw.pop("approval", None)
        _leave_blank(making)
    elif making.once_in(15):  # an approved order that lacks what some profiles refuse to go without
        for key in random.sample(["lot", "beyond_use_date", "made_on", "storage", "dispensed_on"], 2):
            making.raw["dispensing"].pop(key, None)
        if "gtin" in making.raw["dispensing"]:
            making.raw["dispensing"].pop("gtin")
    _spoil(making)
    if making.once_in(20) and {"lot", "gtin"} & set(making.raw["dispensing"]) == {"lot"}:
        making.give("dispensing", "lot", LONG_LOT)
    wrong, unprintable = frozenset(making.wrong), frozenset(making.unprintable)
    if not making.once_in(5):
        return LabelOrder(making.raw, wrong, unprintable)
    first, hold = random.randint(2, 6), Decimal(random.randint(1, 5))
    amended = Request(from_day=first, change="hold", amount=hold, reason="Dizzy since Monday")
    return LabelOrder(making.raw, wrong, unprintable, amended, {} if making.once_in(3) else _given_anew(making))


# --- doses -----------------------------------------------------------------------------------------------------------


def _say_doses(making: _Making, most_days: int) -> None:
    random = making.random
    way = random.choice([_increments, _strengths, _strengths, _halves, _solution])
    compounding, start_mg, end_mg = way(random)
    n_strips = random.choice([1, 1, 2, 3, random.randint(4, 40)])
    days_per_strip = random.randint(1, max(1, min(28, most_days // n_strips)))
    n_days = max(2, min(most_days, n_strips * days_per_strip - random.randint(0, days_per_strip - 1)))
    making.raw["compounding"] = compounding
    making.raw["medication"] = {"drug": random.choice(DRUGS)}
    making.raw["taper"] = {
        "start_dose_mg": start_mg,
        "start_date": dt.date(2026, 12, 1) + dt.timedelta(days=random.randint(0, 800)),
        "days_per_strip": days_per_strip,
        "strategy": "linear",
        "first_day": random.choice(["start", "reduced"]),
    }
    if making.once_in(4) and n_days > 3:
        making.raw["taper"]["phase"] = [
            {"kind": "hold", "days": n_days // 2},
            {"kind": "reduce", "to_mg": end_mg, "days": n_days - n_days // 2},
        ]
    else:
        making.raw["taper"] |= {"end_dose_mg": end_mg, "days": n_days}


def _increments(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    step_mg = random.choice(_INCREMENTS_MG)
    n_steps = random.randint(2, min(400, int(_MOST_MG / step_mg)))
    return {"increment_mg": step_mg}, n_steps * step_mg, random.randint(0, n_steps - 1) * step_mg


def _strengths(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    """Return 1 to 8 strengths of which the first pouch holds one each, in one form or in several."""
    scale, n_strengths = random.choice(_SCALES), random.choice([1, 2, 3, 4, 5, 6, 7, 8])
    forms = [random.choice(_FORMS)] if random.randrange(3) else random.sample(_FORMS, 2)
    strengths = [scale * step for step in _DOUBLING[:n_strengths]]
    units = [{"strength_mg": strength, "form": random.choice(forms)} for strength in strengths]
    if random.randrange(6) == 0:
        units[0]["modified_release"] = True
    end_mg = random.choice([Decimal(0), strengths[0]]) if n_strengths > 1 else Decimal(0)
    return {"unit": units, "max_units_per_pouch": 8}, sum(strengths, Decimal(0)), end_mg


def _halves(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    strength_mg = random.choice(list(map(Decimal, ("5", "10", "37.5", "300"))))
    parts = random.choice([2, 4])
    unit = {"strength_mg": strength_mg, "form": "tablet", "divisible_into": parts}
    return {"unit": [unit], "max_units_per_pouch": 4}, strength_mg * random.randint(1, 3), Decimal(0)


def _solution(random: Random) -> tuple[dict[str, Any], Decimal, Decimal]:
    mg_per_ml, step_ml = map(Decimal, random.choice(_SOLUTIONS))
    step_mg, n_steps = mg_per_ml * step_ml, random.randint(2, 40)
    return {"solution": {"mg_per_ml": mg_per_ml, "syringe_step_ml": step_ml}}, n_steps * step_mg, Decimal(0)


# --- words -----------------------------------------------------------------------------------------------------------


def _say_who(making: _Making) -> None:
    random = making.random
    names = random.choice([ORDINARY_NAMES] * 8 + [LONG_NAMES] + [RIGHT_TO_LEFT_NAMES])
    making.give("patient", "name", random.choice(names))
    making.give("patient", "birth_date", dt.date(1920, 1, 1) + dt.timedelta(days=random.randint(0, 36_000)))
    if random.randrange(2):
        making.give("patient", "insurance_number", random.choice(["1234 010180", "A-987654321"]))
    pharmacies = LONG_PHARMACIES if making.once_in(20) else PHARMACIES
    making.give("pharmacy", "name", random.choice(pharmacies))
    making.give("pharmacy", "address", random.choice(ADDRESSES))
    making.give("pharmacy", "phone", random.choice(["+00 000 0000", "01 234567", "+31 (0)20 000 0000"]))
    making.give("prescriber", "name", random.choice(PRESCRIBERS))


def _say_what_labels_carry(making: _Making) -> None:
    random = making.random
    choices = {
        ("medication", "route"): ROUTES,
        ("medication", "directions"): DIRECTIONS,
        ("medication", "precautions"): PRECAUTIONS,
        ("dispensing", "storage"): STORAGE,
        ("dispensing", "ingredients"): INGREDIENTS,
        ("compounding", "appearance"): APPEARANCES,
        ("dispensing", "serial"): ("MP-2026-0042", "7/1"),
    }
    for (table, key), texts in choices.items():
        making.give(table, key, random.choice(texts))
    if making.once_in(12):
        table, key = random.choice([("medication", "directions"), ("medication", "precautions")])
        making.give(table, key, LONG_TEXT)
    if making.once_in(12):
        making.give("dispensing", random.choice(["storage", "ingredients"]), LONG_TEXT)
    if making.once_in(12):
        making.raw["medication"].pop(random.choice(["precautions", "directions", "route"]))
    units = making.raw["compounding"].get("unit")
    if units and making.once_in(2):
        for unit in units:
            unit["appearance"] = random.choice(APPEARANCES)
        if making.once_in(3):  # one that looks like nothing; on a draft there is a line to write it on
            random.choice(units).pop("appearance")
            making.raw["compounding"].pop("appearance")
            if making.once_in(2):
                making.raw.pop("approval")


def _say_dates(making: _Making) -> None:
    """Say when the pouches are made, given and used up, in this order; now and then a use-by date that is too early."""
    made = making.raw["taper"]["start_date"] - making.a_time(20)
    given = made + making.a_time(10)
    use_by = given if making.once_in(8) else max(given, making.last_date) + making.a_time(300)
    for key, date in {"made_on": made, "dispensed_on": given, "beyond_use_date": use_by}.items():
        making.give("dispensing", key, date)


def _say_code(making: _Making) -> None:
    random = making.random
    kind = random.choice(["plain", "plain", "gs1", "gtin"])
    making.give("dispensing", "lot", random.choice(_SET_82_LOTS if kind == "gtin" else _LOTS))
    if kind == "gs1":
        making.give("dispensing", "code", "gs1")
    if kind == "gtin":
        digits = f"{random.randrange(10**12):012}"
        making.give("dispensing", "gtin", digits + str(ean.calc_check_digit(digits)))


def _say_lots(making: _Making) -> None:
    """Say one lot of all units, or one of each strength, or some strengths' only, or two of each; or none."""
    random, strengths = making.random, making.strengths
    if making.once_in(10):
        return
    batches: list[dict[str, Any]] = [{"lot": random.choice(_LOTS)}]
    if "unit" in making.raw["compounding"] and random.randrange(2):
        batches = [{"strength_mg": mg, "lot": f"C-{number}"} for number, mg in enumerate(strengths, 1)]
    if making.once_in(6):
        batches.append({"lot": "L-119"})
    elif strengths and making.once_in(4):
        some = random.sample(strengths, random.randint(1, len(strengths)))
        batches = [{"strength_mg": mg, "lot": random.choice(_LOTS)} for mg in dict.fromkeys(some)]
    if making.once_in(6):
        batches += [{**batch, "lot": f"{batch['lot']} B"} for batch in batches]
    needed = max(making.last_date, making.raw["dispensing"]["beyond_use_date"])
    for batch in batches:
        if making.once_in(2):
            batch["expires_on"] = needed + making.a_time(500)
    making.raw["batch"] = batches


def _given_anew(making: _Making) -> RawOrder:
    """Return what a file says of the pouches that an amended plan makes anew: another lot, made later."""
    said = making.raw["dispensing"]
    later = {key: value + dt.timedelta(days=7) for key, value in said.items() if isinstance(value, dt.date)}
    lot = {"lot": f"{said['lot'][:12].strip()}-2"} if "gtin" not in said and "lot" in said else {}
    batches = [{**batch, "lot": f"{batch['lot']}-2"} for batch in making.raw.get("batch", [])]
    return {"dispensing": {**said, **later, **lot}, "batch": batches}


def _leave_blank(making: _Making) -> None:
    """Leave out some of what a draft may leave blank."""
    keys = [("patient", "name"), ("patient", "birth_date"), ("prescriber", "name"), ("pharmacy", "address")]
    keys += [("pharmacy", "name"), ("pharmacy", "phone"), ("dispensing", "beyond_use_date"), ("dispensing", "lot")]
    keys += [("dispensing", "storage"), ("dispensing", "made_on"), ("medication", "directions")]
    for table, key in making.random.sample(keys, making.random.randint(1, 6)):
        making.raw[table].pop(key, None)
    if not {"lot", "beyond_use_date"} <= set(making.raw["dispensing"]):
        making.raw["dispensing"].pop("gtin", None)


def _spoil(making: _Making) -> None:
    """Write what cannot be printed, or is no order, into some few."""
    table, key = making.random.choice([("patient", "name"), ("prescriber", "name"), ("dispensing", "serial")])
    if making.once_in(25):
        making.give(table, key, making.random.choice(UNPRINTABLE_NAMES))
        making.unprintable.add(f"{table}.{key}")
    elif making.once_in(30):
        making.give(table, key, making.random.choice(WRONG_NAMES))
        making.wrong.add(f"{table}.{key}")
    elif making.once_in(60) and "gtin" in making.raw["dispensing"]:
        making.raw["dispensing"].pop("lot")
        making.wrong.add("dispensing.lot")
    if making.once_in(10):
        ways = [_make_too_late, _give_too_early, _give_too_late, _say_lot_twice, _say_lot_of_another]
        making.random.choice(ways)(making)


def _make_too_late(making: _Making) -> None:
    """Say that the pouches are made when they are past their date; given then, too, they are given too late."""
    use_by = making.last_date
    making.give("dispensing", "beyond_use_date", use_by)
    making.give("dispensing", "made_on", use_by + dt.timedelta(days=1))
    making.raw["dispensing"].pop("dispensed_on", None)
    making.wrong.add("dispensing.made_on")
    if making.once_in(2):
        making.give("dispensing", "dispensed_on", use_by + making.a_time(2))
        making.wrong.add("dispensing.dispensed_on")


def _give_too_early(making: _Making) -> None:
    making.give("dispensing", "beyond_use_date", making.last_date)
    made = making.raw["taper"]["start_date"]
    making.give("dispensing", "made_on", made)
    making.give("dispensing", "dispensed_on", made - dt.timedelta(days=1))
    making.wrong.add("dispensing.dispensed_on")


def _give_too_late(making: _Making) -> None:
    making.raw["dispensing"].pop("made_on", None)
    making.give("dispensing", "beyond_use_date", making.last_date)
    making.give("dispensing", "dispensed_on", making.last_date + dt.timedelta(days=1))
    making.wrong.add("dispensing.dispensed_on")


def _say_lot_twice(making: _Making) -> None:
    batches = making.raw.setdefault("batch", [{"lot": "L-118"}])
    twice = {key: value for key, value in making.random.choice(batches).items() if key != "expires_on"}
    batches.append(twice)
    making.wrong.add(f"batch[{len(batches)}].lot")


def _say_lot_of_another(making: _Making) -> None:
    """Say a lot of a strength that is not made, or of any strength where a solution is measured."""
    if making.raw["compounding"].get("increment_mg") == _HAIR_MG:
        return  # of which every strength is a multiple
    batches = making.raw.setdefault("batch", [])
    batches.append({"strength_mg": max(making.strengths, default=Decimal(1)) + _HAIR_MG, "lot": "L-120"})
    making.wrong.add(f"batch[{len(batches)}].strength_mg")
