"""The second line behind destroyed keys: what was deleted is overwritten, and where that cannot be seen it is said.

SQLite overwrites at once (secure_delete) and keeps copies in its log until a TRUNCATE checkpoint that nobody holds up.
PostgreSQL frees by VACUUM, and keeps statistics and its log beside the tables (see `server_hygiene`).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, Table, text
from sqlalchemy.engine.interfaces import DBAPICursor

from tayori.domain.columns import CASE_RULES, PERSON_RULES, Erasure
from tayori.errors import Unavailable
from tayori.warehouse.engines import driver_cursor, is_sqlite, reading
from tayori.warehouse.erasure import rules_of
from tayori.warehouse.server_hygiene import clean_server
from tayori.warehouse.setup import STORES

PATIENCE: Final = 60
PAUSE_SECONDS: Final = 0.5
DELETED_BY_RUNS: Final = PERSON_RULES | CASE_RULES | {Erasure.EXPIRY}

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was done to a store after an erasure, with the parameters read back from it."""

    store: str
    engine: str
    measures: dict[str, str]


def clean(engine: Engine, store: str, *, pause: Pause = time.sleep) -> Cleaned:
    """Overwrite or free what a store's deleted rows left behind.

    Raises:
        Unavailable: another program holds the store's log open, or the store cannot overwrite what it deletes.

    """
    if is_sqlite(engine):
        return _clean_sqlite(engine, store, pause)
    return Cleaned(store, "PostgreSQL", clean_server(engine, store, touched_tables(store)))


def await_readers(engine: Engine, store: str, pause: Pause = time.sleep) -> None:
    """Wait until nobody reads a state of the store that is older than the last commit.

    On PostgreSQL whoever renames a table has waited already.

    Raises:
        Unavailable: another program reads an older state for too long, or the store cannot overwrite what it deletes.

    """
    if is_sqlite(engine):
        _clean_sqlite(engine, store, pause)


def _clean_sqlite(engine: Engine, store: str, pause: Pause) -> Cleaned:
    for attempt in range(PATIENCE):
        if attempt:
            pause(PAUSE_SECONDS)
        busy, secure = _truncate_log(engine)
        if secure != 1:
            raise Unavailable(f"The {store} does not overwrite what it deletes (secure_delete); use another SQLite.")
        if busy == 0:
            return Cleaned(store, "SQLite", {"secure_delete": "1", "wal_checkpoint(TRUNCATE)": "0"})
    raise Unavailable(f"The log of the {store} is held open by another program; end long reads, then run it again.")


def _truncate_log(engine: Engine) -> tuple[int, int]:
    """Give the first column of the checkpoint (0: done, 1: busy, which raises nothing) and secure_delete."""
    opened = engine.raw_connection()
    try:
        cursor = opened.cursor()
        patience = _asked(cursor, "busy_timeout")
        cursor.execute("PRAGMA busy_timeout = 0")
        busy, secure = _asked(cursor, "wal_checkpoint(TRUNCATE)"), _asked(cursor, "secure_delete")
        cursor.execute(f"PRAGMA busy_timeout = {patience}")
        return busy, secure
    finally:
        opened.close()


def _asked(cursor: DBAPICursor, pragma: str) -> int:
    cursor.execute(f"PRAGMA {pragma}")
    return int(cursor.fetchall()[0][0])


def touched_tables(store: str) -> tuple[Table, ...]:
    """Give the tables of a store from which a run deletes rows."""
    return tuple(table for table in STORES[store].sorted_tables if rules_of(table) & DELETED_BY_RUNS)


def store_files(engine: Engine) -> dict[str, Path]:
    """Give a SQLite store's files that exist, by what they are; none for PostgreSQL."""
    if not is_sqlite(engine):
        return {}
    main = _main_file(engine)
    named = {"database": main, "WAL": _beside(main, "-wal"), "journal": _beside(main, "-journal")}
    return {name: path for name, path in named.items() if path.exists()}


def _main_file(engine: Engine) -> Path:
    with reading(engine) as connection:
        return Path(connection.exec_driver_sql("PRAGMA database_list").fetchall()[0][2])


def _beside(main: Path, ending: str) -> Path:
    return main.with_name(main.name + ending)


def server_folder(engine: Engine) -> Path | None:
    """Give PostgreSQL's data folder if this program may ask for it and read it here; otherwise None."""
    if is_sqlite(engine):
        return None
    try:
        with reading(engine) as connection:
            folder = Path(str(connection.execute(text("SHOW data_directory")).scalar_one()))
        next(folder.iterdir())
    except (Unavailable, OSError, StopIteration):
        return None
    return folder


def live_rows(engine: Engine, store: str) -> Iterator[bytes]:
    """Give every live row of a PostgreSQL store as the server's binary copy, in pieces, table after table."""
    with reading(engine) as connection:
        cursor = driver_cursor(connection)
        for table in STORES[store].sorted_tables:
            with cursor.copy(f"COPY {table.name} TO STDOUT (FORMAT binary)") as rows:
                for piece in rows:
                    yield bytes(piece)
