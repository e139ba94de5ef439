"""Copies of our databases that lie about: told by what stands in them, and from when they are.

A copy that somebody made by hand stands in no ledger and would bring the erased back. A file of SQLite is opened and
asked; an archive of PostgreSQL, or a compressed file that begins like either, cannot be dated and counts as old.
"""

import gzip
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tayori.warehouse.schema.columns import vault, warehouse

SQLITE: Final = b"SQLite format 3\x00"
ARCHIVES: Final = (b"PGDMP", b"-- PostgreSQL database dump", b"--\n-- PostgreSQL database dump")
COMPRESSED: Final = b"\x1f\x8b"
BEGINNING: Final = 64
OURS: Final = frozenset({"person", "person_key", "case_key", "opinion_case"}) & (
    frozenset(warehouse.tables) | frozenset(vault.tables)
)


class Copy(StrEnum):
    """What a file is, if it is a copy of a database of ours or may be one."""

    DATABASE = "データベースの写し"
    ARCHIVE = "データベースの書出し"


def copy_older_than(path: Path, moment: datetime) -> Copy | None:
    """Tell whether a file is a copy of a database of ours from before a moment; None: it is not.

    Raises:
        OSError: it cannot be read.

    """
    begins = _beginning(path)
    inside = _unpacked(path) if begins.startswith(COMPRESSED) else begins
    if inside.startswith(SQLITE):
        asked = inside is begins  # a compressed one cannot be asked
        return Copy.DATABASE if not asked or _is_older(path, moment) else None
    return Copy.ARCHIVE if inside.startswith(ARCHIVES) else None


def _beginning(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(BEGINNING)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) as inner:
            return inner.read(BEGINNING)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return b""


def _is_older(path: Path, moment: datetime) -> bool:
    """Whether a file of SQLite holds tables of ours and shows nothing from after the moment."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as database:
            tables = {str(row[0]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return bool(tables & OURS) and not any(last > moment for last in _moments(database, tables))
    except sqlite3.DatabaseError:
        return True  # it begins like one and cannot be asked: nobody can say that it is younger


def _moments(database: sqlite3.Connection, tables: set[str]) -> Iterator[datetime]:
    """Give the last moments that a copy tells of: its log of access, its erasures, its key epochs."""
    for table, column in (("audit_entry", "at"), ("erasure_journal", "erased_at"), ("key_epoch", "destroyed_at")):
        if table in tables:
            found = database.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]  # noqa: S608
            if found:
                yield datetime.fromisoformat(str(found)).replace(tzinfo=UTC)
