"""The label rules as text for a terminal: what stands where, how small it may be, and who says so."""

from collections.abc import Sequence

from stripgen.domain.profile import FieldRule, PhraseRule, Profile
from stripgen.domain.quantity import plain

_PLACES = {"pouch": "pouch", "either": "pouch or strip", "strip": "strip"}
_MISSING = {"refused": "must be given", "by_hand": "or by hand", "left_out": "if given"}
UNSURE = "[?] seen second-hand only: look the rule up before you rely on it"


def render_profiles(profiles: Sequence[Profile]) -> str:
    """Return the profiles, one a line, with how many of their rules are unsure."""
    id_width = max(len(profile.id) for profile in profiles)
    name_width = max(len(profile.name) for profile in profiles)
    lines = []
    for profile in profiles:
        told = f", {profile.n_unsure} of them unsure [?]" if profile.n_unsure else ""
        what = f"{profile.language}, {profile.paper}, {profile.n_rules} rules{told}"
        lines.append(f"{profile.id:{id_width}}  {profile.name:{name_width}}  {what}")
    return "\n".join(lines)


def render_profile(profile: Profile) -> str:
    """Return one profile: how its papers are written, then each field and phrase with its place and its source."""
    mark = "as the language has it" if profile.decimal_mark == "language" else profile.decimal_mark
    only = f"; labels always in {profile.labels_in}" if profile.labels_in else ""
    dates = "month in letters" if profile.date_form == "letters" else "2026-12-01"
    lines = [
        f"{profile.id}: {profile.name}",
        *([profile.note] if profile.note else []),
        f"language {profile.language}{only}; paper {profile.paper}; decimal mark {mark}; dates {dates}",
        "Not legal advice: the pharmacy answers for its labels.",
        "",
    ]
    width = max(len(_name(rule)) for rule in profile.rules)
    lines += [_describe(rule, width) for rule in profile.rules]
    lines += ["", *_describe_limits(profile)]
    return "\n".join([*lines, *(["", UNSURE] if profile.n_unsure else [])])


def _describe_limits(profile: Profile) -> list[str]:
    """Return how long pouches and what is in them may be used."""
    if not profile.beyond_use:
        return ["no limit of use is known: the pharmacy gives the beyond-use date, and lots their expiry"]
    width = max(len(limit.preparation) for limit in profile.beyond_use)
    return [
        f"{limit.preparation:{width}}  to be used within {limit.days:3} days  {limit.cited}"
        for limit in profile.beyond_use
    ]


def describe_unsure(profile: Profile) -> str:
    """Return how many of a profile's rules are unsure, for who prints labels by it; empty where none is."""
    if not profile.n_unsure:
        return ""
    of_all = f"{profile.n_unsure} of {profile.n_rules} rules"
    return f"profile {profile.id}: {of_all} {UNSURE} (stripgen profiles {profile.id})"


def _name(rule: FieldRule | PhraseRule) -> str:
    return rule.name if isinstance(rule, FieldRule) else f'"{rule.name}"'


def _describe(rule: FieldRule | PhraseRule, width: int) -> str:
    missing = _MISSING[rule.if_missing] if isinstance(rule, FieldRule) else "always"
    least = f"{plain(rule.least_pt)} pt" if rule.least_pt is not None else ""
    source = f"{rule.source or ''}{' [?]' if rule.unsure else ''}"
    return f"{_name(rule):{width}}  {_PLACES[rule.on]:14}  {missing:13}  {least:5}  {source}".rstrip()
