"""The tables of a register, and the triggers by which a database refuses whatever is not added at their end."""

from collections.abc import Callable, Iterator, Mapping

import sqlalchemy as sa

TABLES = sa.MetaData()
HEAD = sa.Table(
    "stripgen_register",
    TABLES,
    sa.Column("schema_version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(36), nullable=False),
    sa.Column("key_id", sa.String(16), nullable=False),
    sa.Column("begun", sa.String(20), nullable=False),
)
ENTRIES = sa.Table(
    "stripgen_entry",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("family", sa.String(40), nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
)
RECEIPTS = sa.Table(
    "stripgen_receipt",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
NAMES = tuple(TABLES.tables)
_REFUSAL = "the register is append-only"
_HEAD_IS_THERE = "EXISTS (SELECT 1 FROM stripgen_register)"


def _sqlite_triggers() -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for table in NAMES:
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}"
        yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    # INSERT OR REPLACE fires no trigger of DELETE
    yield f"CREATE TRIGGER stripgen_register_once BEFORE INSERT ON stripgen_register WHEN {_HEAD_IS_THERE} {refuse}"
    for table in ("stripgen_entry", "stripgen_receipt"):
        is_next = f"NEW.number = (SELECT coalesce(max(number), 0) + 1 FROM {table})"  # noqa: S608 - our own names
        yield f"CREATE TRIGGER {table}_at_the_end BEFORE INSERT ON {table} WHEN NOT {is_next} {refuse}"


def _postgresql_triggers() -> Iterator[str]:
    yield (
        "CREATE FUNCTION stripgen_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for table in NAMES:
        yield (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION stripgen_append_only()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION stripgen_append_only()"
        )


TRIGGERS: Mapping[str, Callable[[], Iterator[str]]] = {"sqlite": _sqlite_triggers, "postgresql": _postgresql_triggers}
