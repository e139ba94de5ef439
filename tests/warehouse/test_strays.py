"""Copies of our databases that lie about are told from other files, and the old from the young."""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tayori.warehouse.strays import Copy, copy_older_than

ERASED = datetime(2026, 11, 2, 1, tzinfo=UTC)


def a_database(path: Path, table: str = "person", last: datetime | None = None) -> Path:
    """A database with one table, and perhaps a log of access whose last line is from a moment."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE {table} (person_no INTEGER)")
        if last is not None:
            database.execute("CREATE TABLE audit_entry (at TEXT)")
            database.execute("INSERT INTO audit_entry VALUES (?)", [str(last.replace(tzinfo=None))])
        database.commit()
    return path


@pytest.mark.parametrize(("after", "found"), [(-1, Copy.DATABASE), (0, Copy.DATABASE), (1, None)])
def test_a_copy_is_dated_by_its_own_last_line(tmp_path: Path, after: int, found: Copy | None) -> None:
    """Younger than the erasure it holds none of the erased; a file's own date says nothing, whoever set it."""
    path = a_database(tmp_path / "some name", last=ERASED + timedelta(seconds=after))
    assert copy_older_than(path, ERASED) is found


def test_a_copy_that_tells_no_moment_is_old(tmp_path: Path) -> None:
    """Who cannot be shown to be young is not believed to be."""
    assert copy_older_than(a_database(tmp_path / "a.db", "person_key"), ERASED) is Copy.DATABASE


def test_other_peoples_databases_are_none_of_ours(tmp_path: Path) -> None:
    """Prefect's own, a browser's: no table of ours, no copy."""
    assert copy_older_than(a_database(tmp_path / "prefect.db", "flow_run"), ERASED) is None


def test_what_cannot_be_asked_is_old(tmp_path: Path) -> None:
    """Compressed, broken off, or an archive of PostgreSQL in either form: nobody can say that it is young."""
    young = a_database(tmp_path / "young.db", last=ERASED + timedelta(days=1)).read_bytes()
    (tmp_path / "young.db.gz").write_bytes(gzip.compress(young))
    (tmp_path / "broken.db").write_bytes(young[:100] + bytes(50))
    (tmp_path / "dump").write_bytes(b"PGDMP\x01\x0e")
    (tmp_path / "dump.sql.gz").write_bytes(gzip.compress(b"--\n-- PostgreSQL database dump\n--\n"))
    found = {
        name: copy_older_than(tmp_path / name, ERASED) for name in ("young.db.gz", "broken.db", "dump", "dump.sql.gz")
    }
    assert set(found.values()) == {Copy.DATABASE, Copy.ARCHIVE}


@pytest.mark.parametrize("content", [b"", b"SQLite", b"\x1f\x8b", b"\x1f\x8bnot gzip at all", b"{}", b"%PDF-1.7"])
def test_any_other_file_is_none(tmp_path: Path, content: bytes) -> None:
    """Never a crash, never a false find."""
    (tmp_path / "file").write_bytes(content)
    assert copy_older_than(tmp_path / "file", ERASED) is None
