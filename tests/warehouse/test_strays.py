"""Copies of our databases that lie about are told from other files, and the old from the young."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tayori.warehouse.strays import Copied, Copy, copied

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


def told(path: Path) -> Copied | None:
    """What a file of its own is told to be."""
    return copied(path.read_bytes()[:512], path)


@pytest.mark.parametrize(("after", "older"), [(-1, True), (0, True), (0.9, True), (1, False)])
def test_a_copy_is_dated_by_its_own_last_line(tmp_path: Path, after: float, *, older: bool) -> None:
    """Younger than the erasure's second it holds none of the erased; a file's own date says nothing, whoever set it."""
    found = told(a_database(tmp_path / "some name", last=ERASED + timedelta(seconds=after)))
    assert found is not None
    assert found.older_than(ERASED) is older


def test_a_copy_that_tells_no_moment_is_old(tmp_path: Path) -> None:
    """Who cannot be shown to be young is not believed to be."""
    assert told(a_database(tmp_path / "a.db", "person_key")) == Copied(Copy.DATABASE)


def test_other_peoples_databases_are_none_of_ours(tmp_path: Path) -> None:
    """Prefect's own, a browser's: no table of ours, no copy."""
    assert told(a_database(tmp_path / "prefect.db", "flow_run")) is None


def test_what_cannot_be_asked_is_old(tmp_path: Path) -> None:
    """Packed in another file, broken off, or an archive of PostgreSQL: nobody can say that it is young."""
    young = a_database(tmp_path / "young.db", last=ERASED + timedelta(days=1)).read_bytes()
    (tmp_path / "broken.db").write_bytes(young[:100] + bytes(50))
    found = [
        copied(young[:512], None),
        told(tmp_path / "broken.db"),
        copied(b"PGDMP\x01\x0e", tmp_path / "dump"),
        copied(b"--\n-- PostgreSQL database dump\n--\n", None),
    ]
    assert all(one is not None and one.older_than(ERASED) for one in found)


@pytest.mark.parametrize("content", [b"", b"SQLite", b"\x1f\x8b", b"\x1f\x8bnot gzip at all", b"{}", b"%PDF-1.7"])
def test_any_other_file_is_none(tmp_path: Path, content: bytes) -> None:
    """Never a crash, never a false find."""
    (tmp_path / "file").write_bytes(content)
    assert told(tmp_path / "file") is None
