"""An approval as a file of its own, in TOML."""

import json
from decimal import Decimal

from stripgen.domain.approval import Approval
from stripgen.domain.quantity import plain

_HEAD = "# The approval of one plan, by stripgen approve, for --approval. To change it, have the plan approved again."


def render_approval(approval: Approval) -> str:
    """Return the text of an approval file: who, when, reference, and what was approved; no patient's name."""
    table = approval.model_dump(exclude_none=True, exclude={"plan"})
    approved = approval.plan.model_dump(exclude_defaults=True) if approval.plan else {}
    rows = [_HEAD, "schema = 1", "", "[approval]", *_rows(table), "", "[approval.plan]", *_rows(approved)]
    return "\n".join(rows) + "\n"


def _rows(table: dict[str, object]) -> list[str]:
    return [f"{name} = {_literal(value)}" for name, value in table.items()]


def _literal(value: object) -> str:
    """Return a value as TOML writes it; JSON's strings are TOML's basic strings."""
    match value:
        case tuple():
            return f"[{', '.join(map(_literal, value))}]"
        case Decimal():
            return plain(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
