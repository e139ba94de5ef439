"""What PostgreSQL keeps of deleted rows beside its tables, and what is done about it: statistics, WAL, server log.

Whatever this program's role may not do is told by name, so that the certificate names it too; nothing is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Engine, LargeBinary, String, Table, text
from sqlalchemy.exc import DBAPIError

from tayori.domain.columns import Nearness
from tayori.errors import Unavailable
from tayori.warehouse import own_rows
from tayori.warehouse.engines import DRIVERS_ERRORS, driver_cursor, reading

DONE, NOT_ALLOWED = "done", "not allowed to this role"
KEPT: Final = """
SELECT asked.t, asked.c, a.attstattarget IS DISTINCT FROM 0 AS is_heard,
       s.attname IS NOT NULL AS is_kept, format_type(a.atttypid, a.atttypmod) AS kind
FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS asked (t, c)
JOIN pg_attribute a ON a.attrelid = to_regclass(asked.t) AND a.attname = asked.c
LEFT JOIN pg_stats s ON s.tablename = asked.t AND s.attname = asked.c
"""
"""Of some columns: whether statistics are to be kept, and whether some are."""
RULED: Final = "SELECT EXISTS (SELECT FROM pg_policies WHERE policyname = 'own_rows')"
QUIET: Final[Mapping[str, frozenset[str]]] = {
    "log_error_verbosity": frozenset({"terse"}),  # else a conflict's DETAIL and a COPY's CONTEXT show the row
    "log_min_error_statement": frozenset({"fatal", "panic"}),
    "log_parameter_max_length": frozenset({"0"}),
    "log_parameter_max_length_on_error": frozenset({"0"}),
    "log_statement": frozenset({"none", "ddl"}),
    "log_min_duration_statement": frozenset({"-1"}),
}
"""Settings under which the server's log holds no value of a row. Only the server's administrator can set them."""


def clean_server(engine: Engine, store: str, tables: Sequence[Table]) -> dict[str, str]:
    """Free what deleted rows left, have statistics forget it, and close the log's segment; give what was done.

    Raises:
        Unavailable: this program's role does not own the tables; VACUUM would only warn and pass them over.

    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _require_ownership(connection, store, tables)
        try:
            silenced = silence(connection, tables)
            for table in tables:
                connection.execute(text(f"VACUUM (ANALYZE) {table.name}"))
        except (DBAPIError, *DRIVERS_ERRORS):
            raise Unavailable(f"The {store} cannot be vacuumed now; nothing was lost. Run it again.") from None
        return {
            "VACUUM (ANALYZE)": DONE,
            "SET STATISTICS 0": f"{silenced} columns",
            "VACUUM FULL pg_statistic": _tried(connection, "SET lock_timeout = '5s'", "VACUUM FULL pg_statistic"),
            "CHECKPOINT": _tried(connection, "CHECKPOINT"),
            "pg_switch_wal": _tried(connection, "SELECT pg_switch_wal()"),
            **_copies(connection),
        }


def _require_ownership(connection: Connection, store: str, tables: Iterable[Table]) -> None:
    foreign = connection.execute(
        text("SELECT relname FROM pg_class WHERE relname = ANY(:names) AND NOT pg_has_role(relowner, 'USAGE')"),
        {"names": [table.name for table in tables]},
    ).scalars()
    if named := sorted(foreign):
        raise Unavailable(
            f"This program's role does not own {', '.join(named)} in the {store}, and may not vacuum there; let the "
            "owner of the tables run the nights. Nothing was lost."
        )


def silence(connection: Connection, tables: Iterable[Table]) -> int:
    """Let no statistics be kept of columns whose values belong to one person; give how many such columns there are.

    What was kept of them before goes too: a column that is given the type that it has loses its statistics. The rules
    for rows name some of these columns, and stand aside for as long.
    """
    unique = [(table.name, column.name) for table in tables for column in table.columns if _of_one(column)]
    asked = {"tables": [table for table, _ in unique], "columns": [column for _, column in unique]}
    forgotten = []
    for table, column, is_heard, is_kept, kind in connection.execute(text(KEPT), asked).all():
        if is_heard:
            connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0"))
        if is_kept:
            forgotten.append(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
    if forgotten and connection.execute(text(RULED)).scalar_one():
        forgotten = [*own_rows.LIFTED, *forgotten, *own_rows.LAID]
    if forgotten:
        driver_cursor(connection).execute("; ".join(forgotten))  # one message is one transaction: all of it or nothing
    return len(unique)


def _of_one(column: object) -> bool:
    kind, facts = getattr(column, "type", None), getattr(column, "info", {})
    return facts.get("nearness") is not Nearness.NONE and isinstance(kind, LargeBinary | String)


def _tried(connection: Connection, *statements: str) -> str:
    try:
        for statement in statements:
            connection.execute(text(statement))
    except DBAPIError:
        return NOT_ALLOWED
    return DONE


def _copies(connection: Connection) -> dict[str, str]:
    """Give what else on the server keeps the log, and with it what was deleted."""
    asked = text("SELECT current_setting('archive_mode'), count(*) FROM pg_replication_slots")
    archive, slots = connection.execute(asked).one()
    return {"archive_mode": str(archive), "replication slots": str(slots)}


def loud_settings(engine: Engine) -> list[str]:
    """Give the server's settings under which its log may hold values of rows, each with what to set it to."""
    with reading(engine) as connection:
        found = {name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in QUIET}
    return [f"{name}={min(QUIET[name])}" for name, value in found.items() if value not in QUIET[name]]
