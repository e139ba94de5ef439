"""Rows of the vault: wrapped keys and their epochs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, func, insert, select, text, update

from tayori.errors import Unavailable
from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite
from tayori.warehouse.schema.columns import vault
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

WrappedRow = tuple[int, int, bytes]


def current_epoch(connection: Connection, space: str) -> int:
    """Give the epoch that new keys are wrapped under, held still until the transaction ends."""
    chosen = select(key_epoch.c.epoch).where(key_epoch.c.space == space, key_epoch.c.state == "current")
    if not is_sqlite(connection):
        chosen = chosen.with_for_update(read=True)
    epoch = connection.execute(chosen).scalar()
    if epoch is None:
        raise Unavailable(f"The vault has no current epoch for {space} keys; run `tayori init`.")
    return int(epoch)


def epoch_in_state(connection: Connection, space: str, state: str) -> int | None:
    """Give the epoch that is in a state (preparing, current, retired), if one is."""
    chosen = select(key_epoch.c.epoch).where(key_epoch.c.space == space, key_epoch.c.state == state)
    return connection.execute(chosen.order_by(key_epoch.c.epoch.desc())).scalar()


def add_epoch(connection: Connection, space: str, epoch: int, state: str, now: datetime) -> None:
    """Write down a new epoch."""
    connection.execute(insert(key_epoch).values(space=space, epoch=epoch, state=state, created_at=now))


def set_epoch_state(
    connection: Connection, space: str, epoch: int, state: str, destroyed_at: datetime | None = None
) -> None:
    """Move an epoch on: preparing, current, retired, destroyed."""
    connection.execute(
        update(key_epoch)
        .where(key_epoch.c.space == space, key_epoch.c.epoch == epoch)
        .values(state=state, destroyed_at=destroyed_at)
    )


def epochs(connection: Connection, space: str) -> list[tuple[int, str, datetime, datetime | None]]:
    """Give every epoch of a space with its state and dates, oldest first."""
    rows = connection.execute(select(key_epoch).where(key_epoch.c.space == space).order_by(key_epoch.c.epoch))
    return [(row.epoch, row.state, row.created_at, row.destroyed_at) for row in rows]


def add_keys(connection: Connection, space: str, rows: Iterable[WrappedRow], *, ignore: bool = False) -> None:
    """Add wrapped keys; a key that is there already is a conflict, or with `ignore` is left as it is."""
    insert_rows(connection, LIVE[space], COLUMNS, rows, ignore=ignore)


def find_keys(connection: Connection, space: str, numbers: Sequence[int]) -> list[WrappedRow]:
    """Give the wrapped keys of those who have one."""
    return [(row[0], row[1], row[2]) for row in rows_where_in(connection, LIVE[space], "number", numbers, COLUMNS)]


def keys_between(connection: Connection, space: str, first: int, last: int) -> list[WrappedRow]:
    """Give the wrapped keys of a range of numbers, both ends included, ascending."""
    mark = "?" if is_sqlite(connection) else "%s"
    cursor = driver_cursor(connection)
    cursor.execute(
        f"SELECT number, epoch, wrapped FROM {LIVE[space].name} WHERE number BETWEEN {mark} AND {mark} ORDER BY number",  # noqa: S608
        (first, last),
    )
    return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def delete_keys(connection: Connection, space: str, numbers: Sequence[int]) -> int:
    """Delete wrapped keys; give how many went."""
    delete_where_in(connection, NEXT[space], "number", numbers)
    return delete_where_in(connection, LIVE[space], "number", numbers)


def numbers(connection: Connection, space: str) -> list[int]:
    """Give the numbers of all live keys of a small space, ascending."""
    return list(connection.execute(select(LIVE[space].c.number).order_by(LIVE[space].c.number)).scalars())


def count_keys(connection: Connection, space: str) -> int:
    """Give the number of live keys."""
    return int(connection.execute(select(func.count()).select_from(LIVE[space])).scalar_one())


def blocks_of_keys(connection: Connection, space: str, size: int) -> Iterator[list[WrappedRow]]:
    """Give all live keys by ascending number, in blocks."""
    cursor = driver_cursor(connection)
    mark = "?" if is_sqlite(connection) else "%s"
    after = -(2**62)
    while True:
        cursor.execute(
            f"SELECT number, epoch, wrapped FROM {LIVE[space].name} WHERE number > {mark} ORDER BY number LIMIT {size}",  # noqa: S608
            (after,),
        )
        block: list[WrappedRow] = cursor.fetchall()
        if not block:
            return
        after = block[-1][0]
        yield block


def add_next(connection: Connection, space: str, rows: Iterable[WrappedRow]) -> None:
    """Add re-wrapped keys to the second table."""
    insert_rows(connection, NEXT[space], COLUMNS, rows)


def clear_next(connection: Connection, space: str) -> None:
    """Empty the second table."""
    connection.execute(NEXT[space].delete())


def missing_in_next(connection: Connection, space: str) -> list[WrappedRow]:
    """Give the keys that came while the others were re-wrapped."""
    live, following = LIVE[space], NEXT[space]
    chosen = select(live).where(~select(following.c.number).where(following.c.number == live.c.number).exists())
    return [(row.number, row.epoch, row.wrapped) for row in connection.execute(chosen)]


def drop_erased_from_next(connection: Connection, space: str) -> None:
    """Take keys out of the second table that were destroyed while it was filled."""
    live, following = LIVE[space], NEXT[space]
    connection.execute(
        following.delete().where(~select(live.c.number).where(live.c.number == following.c.number).exists())
    )


def require_free(connection: Connection, space: str) -> None:
    """Have the first table alone until the transaction ends, or give up after a third of a second.

    It is less than a server waits before it looks for a deadlock: so nobody else's work is ended for it.
    """
    if not is_sqlite(connection):
        connection.execute(text("SET LOCAL lock_timeout = '300ms'"))
        connection.execute(text(f"LOCK TABLE {LIVE[space].name} IN ACCESS EXCLUSIVE MODE"))


def switch_tables(connection: Connection, space: str) -> None:
    """Let the second table take the first one's place and make an empty second one, in the caller's transaction."""
    live, following = LIVE[space].name, NEXT[space].name
    connection.execute(text(f"DROP TABLE {live}"))
    connection.execute(text(f"ALTER TABLE {following} RENAME TO {live}"))
    if not is_sqlite(connection):
        connection.execute(text(f"ALTER INDEX pk_{following} RENAME TO pk_{live}"))
    vault.tables[following].create(connection)
