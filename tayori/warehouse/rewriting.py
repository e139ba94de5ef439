"""PostgreSQL's freed space and its log: whether what a run deleted can still lie there, and what lets it go.

A plain VACUUM frees the place of a deleted row and leaves its bytes. A table that was rewritten lies in another file,
and a segment of the log that was written since holds nothing from before: both can be asked of the server.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from tayori.errors import Unavailable
from tayori.warehouse.engines import reading
from tayori.warehouse.hygiene import touched_tables

MOST_SWITCHES: Final = 64
LONGEST_WAIT: Final = "5s"


def table_files(engine: Engine, store: str) -> dict[str, int]:
    """Give for every table that runs delete from the number of the file that it lies in."""
    with reading(engine) as connection:
        return {table.name: _file(connection, table.name) for table in touched_tables(store)}


def _file(connection: Connection, table: str) -> int:
    return int(connection.execute(text("SELECT pg_relation_filenode(:name)"), {"name": table}).scalar_one())


def old_log_files(engine: Engine, moment: datetime) -> int | None:
    """Give how many files of the server's log were not written since a moment; None where we may not ask."""
    asked = text("SELECT count(*) FROM pg_ls_waldir() WHERE modification <= :moment")
    try:
        with reading(engine) as connection:
            return int(connection.execute(asked, {"moment": moment}).scalar_one())
    except (DBAPIError, Unavailable):
        return None


def rewrite(engine: Engine, store: str, moment: datetime) -> None:
    """Write anew every table that runs delete from, then let the log run on until no file of before is left.

    Each table is locked while it is written, seconds for a ward; where somebody reads on, it is left for another night
    rather than let everybody wait. What we may not do stays undone: ask afterwards what is left.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _tried(connection, f"SET lock_timeout = '{LONGEST_WAIT}'")
        for table in touched_tables(store):
            _tried(connection, f"VACUUM (FULL, ANALYZE) {table.name}")
        _tried(connection, "VACUUM FULL pg_statistic")
        _tried(connection, "RESET lock_timeout")
        for _ in range(MOST_SWITCHES):
            if old_log_files(engine, moment) in {0, None}:
                return
            if not _tried(connection, "SELECT pg_current_xact_id(), pg_switch_wal()"):
                return
            _tried(connection, "CHECKPOINT")


def _tried(connection: Connection, statement: str) -> bool:
    try:
        connection.execute(text(statement))
    except DBAPIError:
        return False
    return True
