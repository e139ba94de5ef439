"""The eraser walks the schema: the columns' erasure rules say what goes, and there is no other list (I2).

A table that holds a person by a rule that no walk knows is refused before anything is erased: none can be forgotten.
Letters are 公文書: leaving the account never touches a column under a rule for cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, delete, func, or_, select, update

from tayori.domain.columns import PERSON_RULES, Erasure
from tayori.domain.record_classes import Age, record_classes
from tayori.errors import Refused
from tayori.warehouse.bulk import delete_where_in, rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite
from tayori.warehouse.schema.people import erasure_journal, person
from tayori.warehouse.schema.records import certificate
from tayori.warehouse.setup import STORES

NUMBER, INDEX = "person_no", "line_index"
LIST_COLUMNS: Final = frozenset({"members", "first_no", "last_no"})
FIRST_NUMBER: Final = -(2**62)


class Way(StrEnum):
    """How a table forgets a person."""

    ROWS = "rows"  # the person's rows go
    BLANKED = "blanked"  # what is classed becomes NULL; the count and the reason stay
    LISTS = "lists"  # the number is taken out of a packed list
    KEYS = "keys"  # the vault's wrapped key goes


@dataclass(frozen=True, slots=True)
class Walk:
    """One table on the eraser's way."""

    table: Table
    way: Way


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left and is not erased yet: number, cause, moment, and the look-up value that found them."""

    person_no: int
    cause: str
    left_at: datetime
    line_index: bytes


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows of a table that end by age, whoever they concern: `moment` plus `kept` is their end, once `once` holds."""

    table: Table
    moment: Column[Any]
    kept: timedelta
    blanked: bool = False
    once: ColumnElement[bool] | None = None

    def ended(self, now: datetime) -> ColumnElement[bool]:
        """Condition under which a row has reached its end; times in ms are event times."""
        last = now - self.kept
        aged = self.moment < (int(last.timestamp() * 1000) if self.moment.name.endswith("_ms") else last)
        return aged if self.once is None else aged & self.once


NOBODY: Final = erasure_journal.c.person_no < 0  # canaries need no certificate
CERTIFIED: Final = erasure_journal.c.run_id.in_(select(certificate.c.run_id))
CONDITIONS: Final = {"certified": CERTIFIED | NOBODY}
BACKUP_DAYS: Final = record_classes().age_of("erasure_journal").days


def _expiry(age: Age) -> Expiry:
    table = next(store.tables[age.table] for store in STORES.values() if age.table in store.tables)
    once = CONDITIONS[age.once] if age.once is not None else None
    return Expiry(table, table.c[age.since], timedelta(days=age.days), age.blanked, once)


EXPIRIES: Final = tuple(_expiry(age) for age in record_classes().ages())
"""Retention by age, from the classes of record. An inbox row that nobody could apply ends here, counted."""


def rules_of(table: Table) -> frozenset[Erasure]:
    """Give every erasure rule that a table's columns declare."""
    return frozenset(column.info["erasure"] for column in table.columns)


@cache
def walks(store: str = "warehouse") -> tuple[Walk, ...]:
    """Give the eraser's way through a store, tables that depend on others first.

    Raises:
        Refused: a table holds a person by a rule that no walk knows; nothing may be erased until one does.

    """
    return walks_through(STORES[store])


def walks_through(schema: MetaData) -> tuple[Walk, ...]:
    """Give the way through any schema; see `walks`."""
    return tuple(Walk(table, _way(table)) for table in reversed(schema.sorted_tables) if rules_of(table) & PERSON_RULES)


def _way(table: Table) -> Way:
    columns = {column.name: cast("Erasure", column.info["erasure"]) for column in table.columns}
    if Erasure.MEMBER_LIST in columns.values():
        if columns.keys() >= LIST_COLUMNS and not {Erasure.PERSON_ROW, Erasure.PERSON_KEY} & set(columns.values()):
            return Way.LISTS
    elif columns.get(NUMBER) in PERSON_RULES:
        return Way.ROWS
    elif columns.get("number") is Erasure.PERSON_KEY:
        return Way.KEYS
    elif columns.get(INDEX) in PERSON_RULES and all(column.nullable for column in _blanked(table)):
        return Way.BLANKED
    raise Refused(f"The table {table.name} holds persons and the eraser has no way to forget them there.")


def _blanked(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.info["erasure"] is not Erasure.KEPT]


def next_leavers(
    connection: Connection, after: int, size: int, *, canaries: bool, left_before: datetime | None = None
) -> list[Leaver]:
    """Give the next people who left and are not erased yet, by ascending number after `after`; held until the end."""
    chosen = (
        select(person.c.person_no, person.c.left_cause, person.c.left_at, person.c.line_index)
        .where(person.c.left_at.is_not(None), person.c.person_no > after)
        .where(person.c.person_no < 0 if canaries else person.c.person_no > 0)
        .order_by(person.c.person_no)
        .limit(size)
    )
    if left_before is not None:
        chosen = chosen.where(person.c.left_at < left_before)
    rows = connection.execute(chosen.with_for_update())
    return [Leaver(row.person_no, row.left_cause or "unfollow", row.left_at, row.line_index) for row in rows]


def waiting_since(connection: Connection, since: datetime) -> int:
    """Give how many residents left since a moment, by their own act, and are not erased yet."""
    mine = (person.c.person_no > 0) & (person.c.left_cause == "unfollow")
    chosen = select(func.count()).select_from(person).where(person.c.left_at >= since, mine)
    return int(connection.execute(chosen).scalar_one())


def forget(connection: Connection, leavers: Sequence[Leaver]) -> dict[str, int]:
    """Take people out of every table but the lists; give how many rows each table lost or had blanked."""
    numbers = [leaver.person_no for leaver in leavers]
    indexes = [leaver.line_index for leaver in leavers]
    gone: dict[str, int] = {}
    for walk in walks():
        if walk.way is Way.ROWS:
            gone[walk.table.name] = _delete_rows(connection, walk.table, numbers)
        elif walk.way is Way.BLANKED:
            gone[walk.table.name] = _blank_rows(connection, walk.table, indexes)
    return gone


def _delete_rows(connection: Connection, table: Table, numbers: Sequence[int]) -> int:
    leading, *further = table.primary_key.columns
    if not is_sqlite(connection) or not further or further[0].name != NUMBER:
        return delete_where_in(connection, table, NUMBER, numbers)
    cursor = driver_cursor(connection)
    gone = 0
    for value in _distinct(cursor, leading):
        pairs = [(value, number) for number in numbers]
        cursor.executemany(f"DELETE FROM {table.name} WHERE {leading.name} = ? AND {NUMBER} = ?", pairs)  # noqa: S608
        gone += cursor.rowcount
    return gone


def _distinct(cursor: Any, column: Column[Any]) -> list[Any]:  # noqa: ANN401 - the driver's cursor
    """Give the values of an index's first column, hopping from one to the next instead of reading every row."""
    smallest, values = f"SELECT min({column.name}) FROM {column.table.name}", []  # noqa: S608
    found = cursor.execute(smallest).fetchone()[0]
    while found is not None:
        values.append(found)
        found = cursor.execute(f"{smallest} WHERE {column.name} > ?", (found,)).fetchone()[0]
    return values


def _blank_rows(connection: Connection, table: Table, indexes: Sequence[bytes]) -> int:
    key = next(iter(table.primary_key.columns))
    held = rows_where_in(connection, table, INDEX, indexes, (key.name,))
    for start in range(0, len(held), 500):
        keys = [row[0] for row in held[start : start + 500]]
        connection.execute(update(table).where(key.in_(keys)).values(_emptied(table, "erased")))
    return len(held)


def _emptied(table: Table, state: str) -> dict[str, Any]:
    empty: dict[str, Any] = {column.name: None for column in _blanked(table)}
    return empty | ({"state": state} if "state" in table.columns else {})


def expire(connection: Connection, store: str, now: datetime, *tables: str) -> dict[str, int]:
    """End what has reached its age in one store, in some of its tables or in all; give how many rows by table."""
    return {
        expiry.table.name: _expire(connection, expiry, now)
        for expiry in EXPIRIES
        if expiry.table.metadata is STORES[store] and expiry.table.name in (tables or {expiry.table.name})
    }


def _expire(connection: Connection, expiry: Expiry, now: datetime) -> int:
    if not expiry.blanked:
        return connection.execute(delete(expiry.table).where(expiry.ended(now))).rowcount
    still = or_(*(column.is_not(None) for column in _blanked(expiry.table)))
    ended = update(expiry.table).where(expiry.ended(now), still).values(_emptied(expiry.table, "expired"))
    return connection.execute(ended).rowcount
