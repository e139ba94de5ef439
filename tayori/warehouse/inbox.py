"""The inbox: doors add sealed rows and can do nothing else; one reader takes them out in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, delete, event, func, select, text

from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import is_sqlite, open_store, reading, writing
from tayori.warehouse.schema.stores import inbox_row

DOOR_MILLISECONDS: Final = 1_500  # the door answers LINE within 2 s, whatever the store does
STILL_MILLISECONDS: Final = 5_000  # a door that stands still, or is cut off, holds its locks no longer (PostgreSQL)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One sealed submission: its number, its kind, the epoch of the key that opens it, its bytes."""

    inbox_no: int
    kind: str
    epoch: int
    sealed: bytes = field(repr=False)
    received_at: datetime


class Submission(NamedTuple):
    """One sealed submission on its way in: as the columns of the inbox, but for the number that it gets there."""

    kind: str
    epoch: int
    sealed: bytes
    received_at: datetime


class DoorStore:
    """The inbox as a door sees it: one way in. A store that is locked or away is told at once."""

    def __init__(self, url: str) -> None:
        self._engine = open_impatient(url, "inbox")

    def put(self, kind: str, epoch: int, sealed: bytes, received_at: datetime) -> None:
        """Add one sealed submission.

        Raises:
            Unavailable: the store cannot be written now; nothing was kept.

        """
        self.put_all([Submission(kind, epoch, sealed, received_at)])

    def put_all(self, submissions: Sequence[Submission]) -> None:
        """Add sealed submissions in one transaction: all of them are kept, or none.

        Raises:
            Unavailable: the store cannot be written now; nothing was kept.

        """
        with writing(self._engine) as connection:
            _insert(connection, submissions)

    def answers(self) -> bool:
        """Whether the store is there, asked with no right but to connect.

        Raises:
            Unavailable: it is not, and why.

        """
        with reading(self._engine) as connection:
            connection.execute(text("SELECT 1"))
        return True

    def close(self) -> None:
        """Let the store go."""
        self._engine.dispose()


def open_impatient(url: str, store: str) -> Engine:
    """Open a store for a door, which has somebody waiting: one that is locked or away is told in two seconds."""
    engine = open_store(url, store=store)
    if not is_sqlite(engine):
        address = engine.url.update_query_dict({"connect_timeout": "2", "tcp_user_timeout": str(DOOR_MILLISECONDS)})
        engine = open_store(address.render_as_string(hide_password=False), store=store)
    event.listen(engine, "connect", _be_impatient)
    return engine


def _be_impatient(opened: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    cursor = opened.cursor()
    if hasattr(opened, "total_changes"):  # SQLite
        cursor.execute(f"PRAGMA busy_timeout={DOOR_MILLISECONDS}")
    else:
        cursor.execute(f"SET statement_timeout = {DOOR_MILLISECONDS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {STILL_MILLISECONDS}")
        opened.commit()
    cursor.close()


def put(connection: Connection, kind: str, epoch: int, sealed: bytes, received_at: datetime) -> None:
    """Add one row. Nothing is read back: a door's role may only INSERT."""
    _insert(connection, [Submission(kind, epoch, sealed, received_at)])


def put_many(connection: Connection, kind: str, boxes: Iterable[tuple[int, bytes]], received_at: datetime) -> None:
    """Add many rows of one kind (epoch, sealed), for rehearsals and benches."""
    _insert(connection, (Submission(kind, epoch, sealed, received_at) for epoch, sealed in boxes))


def _insert(connection: Connection, submissions: Iterable[Submission]) -> None:
    rows: Iterable[tuple[Any, ...]] = submissions
    if is_sqlite(connection):
        rows = ((*one[:3], _as_text(one.received_at)) for one in submissions)
    insert_rows(connection, inbox_row, Submission._fields, rows)


def _as_text(moment: datetime) -> str:
    """Write a moment as SQLAlchemy does on SQLite."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def oldest(connection: Connection, kinds: Sequence[str], limit: int) -> list[InboxRow]:
    """Give the oldest rows of some kinds, in the order in which they came."""
    chosen = select(inbox_row).where(inbox_row.c.kind.in_(kinds)).order_by(inbox_row.c.inbox_no).limit(limit)
    return [InboxRow(**row) for row in connection.execute(chosen).mappings()]


def counts(connection: Connection, beginning: str) -> dict[str, int]:
    """Give how many rows wait of each kind that begins so."""
    mine = select(inbox_row.c.kind, func.count()).where(inbox_row.c.kind.startswith(beginning))
    return {row[0]: row[1] for row in connection.execute(mine.group_by(inbox_row.c.kind))}


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete rows that were applied."""
    for start in range(0, len(numbers), 500):
        connection.execute(delete(inbox_row).where(inbox_row.c.inbox_no.in_(numbers[start : start + 500])))


def waiting(connection: Connection, but: str = "") -> tuple[int, datetime | None]:
    """Give how many rows wait, and since when the oldest does; kinds that begin with `but` may be left out."""
    chosen = select(func.count(), func.min(inbox_row.c.received_at))
    if but:
        chosen = chosen.where(~inbox_row.c.kind.startswith(but))
    rows, oldest_at = connection.execute(chosen).one()
    return int(rows), oldest_at
