"""A series of strips as a table for a terminal, and as JSON."""

import datetime as dt
import json
from typing import Any

from stripgen.domain.series import Series, SeriesStrip
from stripgen.rendering.columns import aligned
from stripgen.rendering.words import Words

_HEADINGS = ("strip", "first intake", "last intake", "pouches", "use by", "may be made", "make from", "send by")
_LOTS = "lots that last"


def render_series(series: Series, profile: str, words: Words) -> str:
    """Return one line a strip: when it is taken, whether it may be made on the day asked about, and when else.

    Args:
        series: The strips.
        profile: The id of the label rules.
        words: English, with ISO dates.
    """
    headings = [*_HEADINGS, *([_LOTS] if series.has_lots else [])]
    rows = [headings, *(_row(each, series, words) for each in series.strips)]
    return "\n".join(
        [
            f"plan {series.plan_id}, profile {profile}: if made on {words.date(series.made_on)}",
            aligned(rows),
            "make from: made before it, the last pouch would be taken after its use-by date",
            "send by: made and sent at the latest, dispensing.days_to_send (or 1 day) before the first pouch",
        ]
    )


def _row(each: SeriesStrip, series: Series, words: Words) -> list[str]:
    strip, window = each.strip, each.window
    begins = words.date(window.earliest) if window.earliest else "any day"
    cells = [
        str(strip.number),
        words.date(strip.days[0].date),
        words.date(strip.last_date),
        str(len(strip.days)),
        words.date(each.use_by) if each.use_by else "not known",
        _may_be_made(each, series.made_on),
        begins if window.is_open else "never",
        words.date(window.latest),
    ]
    return [*cells, *([", ".join(lot.lot for lot in each.lots) or "none"] if series.has_lots else [])]


def _may_be_made(each: SeriesStrip, made_on: dt.date) -> str:
    if made_on > each.strip.last_date:
        return "no, its days are over"
    if made_on > each.strip.days[0].date:
        return "no, it has begun"
    if not each.may_be_made:
        return "no"
    return "yes" if made_on <= each.window.latest else "yes, late"


def render_series_json(series: Series, profile: str) -> str:
    """Return the same as JSON, plain ASCII, indented; dates are ISO, null where any day will do or none is known."""
    whole = {
        "schema": 1,
        "plan_id": series.plan_id,
        "profile": profile,
        "made_on": series.made_on.isoformat(),
        "strips": [_entry(each) for each in series.strips],
    }
    return json.dumps(whole, indent=1)


def _entry(each: SeriesStrip) -> dict[str, Any]:
    strip, window = each.strip, each.window
    return {
        "strip": strip.number,
        "first_intake": strip.days[0].date.isoformat(),
        "last_intake": strip.last_date.isoformat(),
        "pouches": len(strip.days),
        "use_by": each.use_by and each.use_by.isoformat(),
        "may_be_made": each.may_be_made,
        "can_be_made": window.is_open,
        "make_from": window.earliest and window.earliest.isoformat(),
        "make_by": window.latest.isoformat(),
        "ship_by": window.latest.isoformat(),
        "lots": [lot.lot for lot in each.lots],
    }
