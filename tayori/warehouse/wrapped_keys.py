"""Rows of the vault: wrapped keys and their epochs.

Each space has two tables. While an epoch is prepared, whoever adds or destroys a key does so in both, so that the
second one holds nothing that the first does not. A writer stands inside the space until its transaction ends; a step of
the rotation stands there alone. On SQLite that is the store's write lock, on PostgreSQL a lock of the space's own.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from tayori.errors import Unavailable
from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite
from tayori.warehouse.schema.stores import (
    backup_key,
    backup_key_next,
    case_key,
    case_key_next,
    key_epoch,
    list_key,
    list_key_next,
    person_key,
    person_key_next,
)

LIVE: dict[str, Table] = {"person": person_key, "case": case_key, "list": list_key, "backup": backup_key}
NEXT: dict[str, Table] = {
    "person": person_key_next,
    "case": case_key_next,
    "list": list_key_next,
    "backup": backup_key_next,
}
COLUMNS = ("number", "epoch", "wrapped")
FIRST_NUMBER: Final = -(2**63)
LOCKS: Final = zlib.crc32(b"tayori.key_space") & 0x7FFFFFFF
ALONE_SECONDS: Final = 0.5  # less than a server waits before it looks for a deadlock (1 s)
TABLE_MS: Final = 300  # for a table; a server looks for deadlocks after a second, and might end the other one's work

WrappedRow = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch of a space: its state, what tells its key from others, and where the key was kept."""

    epoch: int
    state: str
    created_at: datetime
    destroyed_at: datetime | None
    check: bytes | None = None
    medium: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a writer finds in a space: the epoch that keys are wrapped under, and the one that is being prepared."""

    current: Epoch
    following: Epoch | None


def enter(connection: Connection, space: str) -> Standing:
    """Stand in a space as a writer until the transaction ends: no step of a rotation happens meanwhile.

    Who had to wait for a switch finds what is there after it, since the epochs are read once the lock is had.
    """
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:all, :one)"), _lock(space))
    return standing(connection, space)


def enter_alone(connection: Connection, space: str) -> None:
    """Stand in a space alone until the transaction ends, writers kept out.

    Nobody is kept waiting behind this for long: it gives up after two seconds (Contended), and the caller tries again.
    """
    if not is_sqlite(connection):
        connection.execute(text(f"SET LOCAL lock_timeout = '{ALONE_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:all, :one)"), _lock(space))
        connection.execute(text(f"SET LOCAL lock_timeout = '{TABLE_MS}ms'"))


def _lock(space: str) -> dict[str, int]:
    return {"all": LOCKS, "one": zlib.crc32(space.encode()) & 0x7FFFFFFF}


def standing(connection: Connection, space: str) -> Standing:
    """Give the current epoch, and the one being prepared if there is one.

    Raises:
        Unavailable: the space was never set up.

    """
    known = {one.state: one for one in _epochs(connection, space, "current", "preparing")}
    if "current" not in known:
        raise Unavailable(f"The vault has no current epoch for {space} keys; run `tayori init`.")
    return Standing(known["current"], known.get("preparing"))


def current_epoch(connection: Connection, space: str) -> int:
    """Give the epoch that new keys are wrapped under at this moment."""
    return standing(connection, space).current.epoch


def epoch_in_state(connection: Connection, space: str, state: str) -> int | None:
    """Give the epoch that is in a state (preparing, current, retired), if one is."""
    return next((one.epoch for one in reversed(_epochs(connection, space, state))), None)


def find_epoch(connection: Connection, space: str, epoch: int) -> Epoch | None:
    """Give an epoch, if it was ever made."""
    return next((one for one in _epochs(connection, space) if one.epoch == epoch), None)


def add_epoch(
    connection: Connection,
    space: str,
    epoch: int,
    state: str,
    now: datetime,
    *,
    check: bytes | None = None,
    medium: str | None = None,
) -> None:
    """Write down a new epoch, with what tells its key from others and the kind of medium that keeps it."""
    row = {"space": space, "epoch": epoch, "state": state, "created_at": now}
    connection.execute(insert(key_epoch).values(**row, check_value=check, medium=medium))


def set_epoch_state(
    connection: Connection, space: str, epoch: int, state: str, destroyed_at: datetime | None = None
) -> None:
    """Move an epoch on: preparing, current, retired, destroyed."""
    connection.execute(
        update(key_epoch)
        .where(key_epoch.c.space == space, key_epoch.c.epoch == epoch)
        .values(state=state, destroyed_at=destroyed_at)
    )


def set_medium(connection: Connection, space: str, epoch: int, medium: str) -> None:
    """Write down that an epoch's key was kept on another medium than before."""
    mine = (key_epoch.c.space == space) & (key_epoch.c.epoch == epoch)
    connection.execute(update(key_epoch).where(mine).values(medium=medium))


def epochs(connection: Connection, space: str) -> list[tuple[int, str, datetime, datetime | None]]:
    """Give every epoch of a space with its state and dates, oldest first."""
    return [(one.epoch, one.state, one.created_at, one.destroyed_at) for one in every_epoch(connection, space)]


def every_epoch(connection: Connection, space: str) -> list[Epoch]:
    """Give every epoch of a space, oldest first."""
    return _epochs(connection, space)


def kept_epochs(connection: Connection, space: str) -> list[Epoch]:
    """Give the epochs of a space whose keys are still needed, oldest first."""
    return _epochs(connection, space, "preparing", "current", "retired")


def _epochs(connection: Connection, space: str, *states: str) -> list[Epoch]:
    chosen = select(key_epoch).where(key_epoch.c.space == space).order_by(key_epoch.c.epoch)
    if states:
        chosen = chosen.where(key_epoch.c.state.in_(states))
    rows = connection.execute(chosen)
    return [Epoch(row.epoch, row.state, row.created_at, row.destroyed_at, row.check_value, row.medium) for row in rows]


def add_keys(connection: Connection, space: str, rows: Iterable[WrappedRow], *, ignore: bool = False) -> None:
    """Add wrapped keys; a key that is there already is a conflict, or with `ignore` is left as it is."""
    insert_rows(connection, LIVE[space], COLUMNS, rows, ignore=ignore)


def add_next(connection: Connection, space: str, rows: Iterable[WrappedRow], *, ignore: bool = False) -> None:
    """Add keys, wrapped under the epoch that is being prepared, to the second table."""
    insert_rows(connection, NEXT[space], COLUMNS, rows, ignore=ignore)


def find_keys(connection: Connection, space: str, numbers: Sequence[int]) -> list[WrappedRow]:
    """Give the wrapped keys of those who have one."""
    return [(row[0], row[1], row[2]) for row in rows_where_in(connection, LIVE[space], "number", numbers, COLUMNS)]


def keys_between(connection: Connection, space: str, first: int, last: int) -> list[WrappedRow]:
    """Give the wrapped keys of a range of numbers, both ends included, ascending."""
    return _between(connection, LIVE[space], first, last)


def _between(connection: Connection, table: Table, first: int, last: int) -> list[WrappedRow]:
    mark = "?" if is_sqlite(connection) else "%s"
    cursor = driver_cursor(connection)
    cursor.execute(
        f"SELECT number, epoch, wrapped FROM {table.name} WHERE number BETWEEN {mark} AND {mark} ORDER BY number",  # noqa: S608
        (first, last),
    )
    rows: list[WrappedRow] = cursor.fetchall()
    return rows


def delete_keys(connection: Connection, space: str, numbers: Sequence[int]) -> int:
    """Delete wrapped keys from both tables; give how many went from the first."""
    gone = delete_where_in(connection, LIVE[space], "number", numbers)
    delete_where_in(connection, NEXT[space], "number", numbers)
    return gone


def numbers(connection: Connection, space: str) -> list[int]:
    """Give the numbers of all live keys of a small space, ascending."""
    return list(connection.execute(select(LIVE[space].c.number).order_by(LIVE[space].c.number)).scalars())


def count_keys(connection: Connection, space: str) -> int:
    """Give the number of live keys."""
    return int(connection.execute(select(func.count()).select_from(LIVE[space])).scalar_one())


def count_next(connection: Connection, space: str) -> int:
    """Give the number of keys in the second table."""
    return int(connection.execute(select(func.count()).select_from(NEXT[space])).scalar_one())


def next_keys(connection: Connection, space: str, after: int, size: int) -> list[WrappedRow]:
    """Give the next live keys by ascending number after `after`, at most `size`."""
    cursor = driver_cursor(connection)
    mark = "?" if is_sqlite(connection) else "%s"
    cursor.execute(
        f"SELECT number, epoch, wrapped FROM {LIVE[space].name} WHERE number > {mark} ORDER BY number LIMIT {size}",  # noqa: S608
        (after,),
    )
    block: list[WrappedRow] = cursor.fetchall()
    return block


def carry_over(
    connection: Connection, space: str, read: Sequence[WrappedRow], wrapped_anew: Sequence[WrappedRow]
) -> None:
    """Put a block, wrapped anew, into the second table, but for keys that changed or went since they were `read`.

    A key that was made meanwhile is there already: its writer put it into both tables, and while an epoch is prepared
    only who destroys a key takes any out. So where the second table has none of the block's numbers and the first has
    as many as were read, nobody touched it, and no row is looked at.
    """
    live, following = LIVE[space], NEXT[space]
    first, last = read[0][0], read[-1][0]
    if _count_between(connection, live, first, last) != len(read) or _count_between(connection, following, first, last):
        now = {row[0]: row[2] for row in _between(connection, live, first, last)}
        there = {row[0] for row in _between(connection, following, first, last)}
        pairs = zip(read, wrapped_anew, strict=True)
        wrapped_anew = [anew for old, anew in pairs if now.get(old[0]) == old[2] and old[0] not in there]
    add_next(connection, space, wrapped_anew)


def _count_between(connection: Connection, table: Table, first: int, last: int) -> int:
    chosen = select(func.count()).select_from(table).where(table.c.number.between(first, last))
    return int(connection.execute(chosen).scalar_one())


def empty_next(connection: Connection, space: str, size: int) -> bool:
    """Empty the second table, on SQLite at most `size` rows of it; whether there may be more.

    Never while an epoch is prepared (see `carry_over`).
    """
    following = NEXT[space]
    if not is_sqlite(connection):
        connection.execute(text(f"TRUNCATE {following.name}"))
        return False
    number = following.c.number
    beyond = connection.execute(select(number).order_by(number).offset(size).limit(1)).scalar()
    connection.execute(delete(following) if beyond is None else delete(following).where(number < beyond))
    return beyond is not None


def missing_in_next(connection: Connection, space: str, size: int) -> list[WrappedRow]:
    """Give live keys that the second table lacks, at most `size`."""
    live, following = LIVE[space], NEXT[space]
    chosen = select(live).where(~select(following.c.number).where(following.c.number == live.c.number).exists())
    return [(row.number, row.epoch, row.wrapped) for row in connection.execute(chosen.limit(size))]


def switch_tables(connection: Connection, space: str) -> None:
    """Let the two tables change their names, in the caller's transaction: the second one is the live one then."""
    live, following = LIVE[space].name, NEXT[space].name
    turning = f"{live}_turning"
    for before, after in ((live, turning), (following, live), (turning, following)):
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))
        if not is_sqlite(connection):
            connection.execute(text(f"ALTER INDEX pk_{before} RENAME TO pk_{after}"))
