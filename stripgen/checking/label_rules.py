"""Whether an order says all that its labels must carry."""

from collections.abc import Iterator

from stripgen.domain.plan import Plan
from stripgen.domain.profile import ORDER_KEYS, FieldRule, Profile, said_of
from stripgen.domain.quantity import plain
from stripgen.errors import Problem


def find_missing_fields(plan: Plan, profile: Profile) -> list[Problem]:
    """Return a problem for each field that a profile wants on labels and the order does not say.

    On a draft such a field is a line to write on, so nothing is missing.
    """
    return [] if plan.is_draft else find_fields_wanted(plan, profile)


def find_fields_wanted(plan: Plan, profile: Profile) -> list[Problem]:
    """Return a problem for each field that a profile will want once the plan is approved, and is not said yet."""
    rules = [rule for rule in profile.field if rule.if_missing == "refused"]
    return [Problem(key, what) for rule in rules for key, what in _find_missing(rule, plan, profile)]


def _find_missing(rule: FieldRule, plan: Plan, profile: Profile) -> Iterator[tuple[str, str]]:
    where = {"pouch": "every pouch and strip", "either": "every pouch or its strip", "strip": "every strip"}[rule.on]
    said_by = f" ({rule.source})" if rule.source else ""
    must = f"the profile {profile.id} wants {rule.field} on {where}{said_by}"
    for key, lacking in _keys_missing(rule, plan):
        own_file = ", or in a file of its own (--dispensing)" if key.startswith(("dispensing.", "batch")) else ""
        counted = ", or give dispensing.made_on, from which it is counted" if _is_countable(rule, plan, profile) else ""
        yield key, f"is missing{lacking}; {must}; give it in the order{own_file}{counted}"


def _is_countable(rule: FieldRule, plan: Plan, profile: Profile) -> bool:
    """Return whether a use-by date is missing only because nothing says from when a limit counts."""
    return rule.field == "use_by" and bool(profile.beyond_use) and plan.order.dispensing.made_on is None


def _keys_missing(rule: FieldRule, plan: Plan) -> list[tuple[str, str]]:
    """Return what the order lacks, and of what."""
    match rule.field:
        case "appearance":
            return _without_appearance(plan)
        case "unit_lots":
            return _without_lot(plan)
        case "use_by" if plan.use_by is not None:
            return []  # rules decide it
        case _:
            return [(ORDER_KEYS[rule.field], "")] if said_of(rule.field, plan.order) is None else []


def _without_appearance(plan: Plan) -> list[tuple[str, str]]:
    compounding, used = plan.order.compounding, {unit.strength_mg for unit in plan.totals.units}
    if compounding.unit is None:
        return [] if compounding.appearance else [("compounding.appearance", "")]
    return [
        (f"compounding.unit[{number}].appearance", "")
        for number, unit in enumerate(compounding.unit, start=1)
        if unit.strength_mg in used and compounding.appearance_of(unit.strength_mg) is None
    ]


def _without_lot(plan: Plan) -> list[tuple[str, str]]:
    used = sorted({unit.strength_mg for unit in plan.totals.units})
    lacking = [mg for mg in used if not plan.order.batches_of(mg)]
    if plan.order.compounding.unit is None:
        return [("batch", "")] if lacking else []
    return [("batch", f" for {', '.join(f'{plain(mg)} mg' for mg in lacking)}")] if lacking else []
