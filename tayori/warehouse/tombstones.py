"""Rows of tombstones: marks under keys that end, from which nobody can be found."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.leaving import tombstone

COLUMNS = ("epoch", "mark", "left_ms", "ends_at")


def put(connection: Connection, epoch: int, marks: Iterable[tuple[bytes, int]], ends_at: datetime) -> None:
    """Put marks (mark, ms of the leaving) of one epoch; of two leavings the later one stays."""
    latest = dict(marks)
    before = find(connection, list(latest))
    delete_where_in(connection, tombstone, "mark", list(latest))
    # the bulk insert speaks to the driver: SQLite's moments are UTC without their zone
    ends = ends_at.replace(tzinfo=None).isoformat(" ", "microseconds") if is_sqlite(connection) else ends_at
    rows = [(epoch, mark, max(at_ms, before.get(mark, at_ms)), ends) for mark, at_ms in sorted(latest.items())]
    insert_rows(connection, tombstone, COLUMNS, rows)


def find(connection: Connection, marks: Sequence[bytes]) -> dict[bytes, int]:
    """Give when (ms) those left whose marks are here."""
    return {bytes(row[0]): row[1] for row in rows_where_in(connection, tombstone, "mark", marks, ("mark", "left_ms"))}


def epochs(connection: Connection) -> frozenset[int]:
    """Give the epochs that have marks."""
    return frozenset(connection.execute(select(tombstone.c.epoch).distinct()).scalars())


def count_until(connection: Connection, epoch: int) -> int:
    """Count the marks of all epochs up to one."""
    chosen = select(func.count()).select_from(tombstone).where(tombstone.c.epoch <= epoch)
    return int(connection.execute(chosen).scalar_one())


def unended(connection: Connection, now: datetime) -> frozenset[int]:
    """Give the epochs of marks that have not ended."""
    chosen = select(tombstone.c.epoch).where(tombstone.c.ends_at > now).distinct()
    return frozenset(connection.execute(chosen).scalars())
