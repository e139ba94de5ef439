"""The inbox: doors add sealed rows and can do nothing else; one reader takes them out in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, event, func, insert, select, text

from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import is_sqlite, open_store, reading, writing
from tayori.warehouse.schema.stores import inbox_row

DOOR_MILLISECONDS: Final = 1_500  # the door answers LINE within 2 s, whatever the store does


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One sealed submission: its number, its kind, the epoch of the key that opens it, its bytes."""

    inbox_no: int
    kind: str
    epoch: int
    sealed: bytes = field(repr=False)
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
        with writing(self._engine) as connection:
            put(connection, kind, epoch, sealed, received_at)

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
        address = engine.url.update_query_dict({"connect_timeout": "2"})
        engine = open_store(address.render_as_string(hide_password=False), store=store)
    event.listen(engine, "connect", _be_impatient)
    return engine


def _be_impatient(opened: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    cursor = opened.cursor()
    if hasattr(opened, "total_changes"):  # SQLite
        cursor.execute(f"PRAGMA busy_timeout={DOOR_MILLISECONDS}")
    else:
        cursor.execute(f"SET statement_timeout = {DOOR_MILLISECONDS}")
        opened.commit()
    cursor.close()


def put(connection: Connection, kind: str, epoch: int, sealed: bytes, received_at: datetime) -> None:
    """Add one row. Nothing is read back: a door's role may only INSERT."""
    row = insert(inbox_row).inline()
    connection.execute(row.values(kind=kind, epoch=epoch, sealed=sealed, received_at=received_at))


def put_many(connection: Connection, kind: str, boxes: Iterable[tuple[int, bytes]], received_at: datetime) -> None:
    """Add many rows of one kind (epoch, sealed), for rehearsals and benches."""
    moment: Any = received_at
    if is_sqlite(connection):
        moment = received_at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    rows = ((kind, epoch, sealed, moment) for epoch, sealed in boxes)
    insert_rows(connection, inbox_row, ("kind", "epoch", "sealed", "received_at"), rows)


def oldest(connection: Connection, kinds: Sequence[str], limit: int) -> list[InboxRow]:
    """Give the oldest rows of some kinds, in the order in which they came."""
    chosen = select(inbox_row).where(inbox_row.c.kind.in_(kinds)).order_by(inbox_row.c.inbox_no).limit(limit)
    return [InboxRow(**row) for row in connection.execute(chosen).mappings()]


def count(connection: Connection, kind: str) -> int:
    """Give how many rows of a kind wait."""
    mine = select(func.count()).select_from(inbox_row).where(inbox_row.c.kind == kind)
    return int(connection.execute(mine).scalar_one())


def remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete rows that were applied."""
    for start in range(0, len(numbers), 500):
        connection.execute(delete(inbox_row).where(inbox_row.c.inbox_no.in_(numbers[start : start + 500])))


def waiting(connection: Connection, but: str = "") -> tuple[int, datetime | None]:
    """Give how many rows wait, and since when the oldest does; those of one kind may be left out."""
    chosen = select(func.count(), func.min(inbox_row.c.received_at)).where(inbox_row.c.kind != but)
    rows, oldest_at = connection.execute(chosen).one()
    return int(rows), oldest_at
