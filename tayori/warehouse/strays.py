"""Copies of our databases that lie about: told by what stands in them, and from when they are.

A copy that somebody made by hand stands in no ledger and would bring the erased back. A file of SQLite is opened and
asked; what is packed, and an archive of PostgreSQL, cannot be dated and counts as old.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tayori.warehouse.schema.columns import inbox, vault, warehouse

SQLITE: Final = b"SQLite format 3\x00"
SECOND: Final = timedelta(seconds=1)
ARCHIVES: Final = (b"PGDMP", b"-- PostgreSQL database dump", b"--\n-- PostgreSQL database dump")
OURS: Final = frozenset({"person", "person_key", "case_key", "opinion_case", "inbox"}) & (
    frozenset(warehouse.tables) | frozenset(vault.tables) | frozenset(inbox.tables)
)
MOMENTS: Final = (
    ("audit_entry", "at"),
    ("erasure_journal", "erased_at"),
    ("key_epoch", "destroyed_at"),
    ("inbox", "received_at"),
)
"""What a copy of each store tells of its own age: access, erasures, ends of keys, arrivals."""


class Copy(StrEnum):
    """What a file is, if it is a copy of a database of ours or may be one."""

    DATABASE = "データベースの写し"
    ARCHIVE = "データベースの書出し"


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a database of ours, and the last moment that it tells of; None: nobody can say from when it is."""

    what: Copy
    last: datetime | None = None

    def older_than(self, moment: datetime) -> bool:
        """Whether it may hold who was erased at a moment."""
        return not is_younger(self.last, moment)


def is_younger(last: datetime | None, moment: datetime) -> bool:
    """Whether a copy's last moment shows that it is from after an erasure; certificates count in whole seconds."""
    return last is not None and last >= moment + SECOND


def copied(begins: bytes, path: Path | None) -> Copied | None:
    """Tell by its beginning whether a content is a copy of a database of ours; None: it is not.

    `path` is where it lies as a file of its own; without one it is packed in another, and cannot be asked.
    """
    if begins.startswith(SQLITE):
        return Copied(Copy.DATABASE) if path is None else _asked(path)
    return Copied(Copy.ARCHIVE) if begins.startswith(ARCHIVES) else None


def _asked(path: Path) -> Copied | None:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as database:
            tables = {str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables & OURS:
                return None
            return Copied(Copy.DATABASE, max(_moments(database, tables), default=None))
    except sqlite3.DatabaseError:
        return Copied(Copy.DATABASE)  # it begins like one and cannot be asked: nobody can say that it is younger


def _moments(database: sqlite3.Connection, tables: set[str]) -> Iterator[datetime]:
    """Give the last moments that a copy tells of."""
    for table, column in MOMENTS:
        if table in tables:
            found = database.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]  # noqa: S608
            if found:
                yield datetime.fromisoformat(str(found)).replace(tzinfo=UTC)
