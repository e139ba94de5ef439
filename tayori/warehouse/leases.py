"""Leases: one run at a time, a successor that may ask, and nobody who died holds on (liveness is a heartbeat)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.records import lease

STALE: Final = timedelta(seconds=30)


def take(connection: Connection, name: str, holder: str, now: datetime) -> bool:
    """Take or keep a lease; False while another holder's heart beats."""
    current = _find(connection, name)
    if current is not None and current.holder not in (None, holder) and now - current.beat_at < STALE:
        return False
    _put(connection, name, holder, now)
    return True


def release(connection: Connection, name: str, holder: str, now: datetime) -> None:
    """Let a lease go, if it is still the holder's."""
    current = _find(connection, name)
    if current is not None and current.holder == holder:
        _put(connection, name, None, now)


def is_held(connection: Connection, name: str, now: datetime) -> bool:
    """Whether somebody holds a lease whose heart beats."""
    current = _find(connection, name)
    return current is not None and current.holder is not None and now - current.beat_at < STALE


def _find(connection: Connection, name: str) -> Row[tuple[str, str | None, datetime]] | None:
    chosen = select(lease).where(lease.c.name == name)
    return connection.execute(chosen.with_for_update() if not is_sqlite(connection) else chosen).first()


def _put(connection: Connection, name: str, holder: str | None, now: datetime) -> None:
    insert = sqlite_insert if is_sqlite(connection) else pg_insert
    row = insert(lease).values(name=name, holder=holder, beat_at=now)
    connection.execute(
        row.on_conflict_do_update(index_elements=[lease.c.name], set_={"holder": holder, "beat_at": now})
    )
