"""Residents in the warehouse: numbers, look-up, settings, leaving. Bulk in, bulk out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite
from tayori.warehouse.schema.people import genre_choice, person, person_counter, reception_settings

PERSON = ("person_no", "line_user_id", "line_index", "last_event_ms")
SETTINGS = ("person_no", "birth_year", "sex", "area", "purpose_version", "confirmed_at")
CHOICE = ("genre", "person_no", "birth_year", "sex", "area")


@dataclass(frozen=True, slots=True)
class Known:
    """A person as the blind index finds them: number, time of their last event in ms, whether they left."""

    person_no: int
    last_event_ms: int
    left: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person set, by number. Attributes are codes; None is "not set"."""

    person_no: int
    purpose_version: str
    confirmed_at: datetime
    birth_year: int | None = field(repr=False, default=None)
    sex: int | None = field(repr=False, default=None)
    area: int | None = field(repr=False, default=None)
    genres: frozenset[int] = field(repr=False, default=frozenset())


def reserve(connection: Connection, kind: str, count: int) -> range:
    """Reserve numbers of a kind (person, canary, case) that were never used: ascending, from 1."""
    insert = sqlite_insert if is_sqlite(connection) else pg_insert
    stepped = insert(person_counter).values(kind=kind, last_no=count)
    stepped = stepped.on_conflict_do_update(
        index_elements=[person_counter.c.kind], set_={"last_no": person_counter.c.last_no + count}
    )
    last = connection.execute(stepped.returning(person_counter.c.last_no)).scalar_one()
    return range(last - count + 1, last + 1)


def reserve_numbers(connection: Connection, count: int, *, canaries: bool = False) -> range:
    """Reserve person numbers that were never used: ascending above zero, descending below for canaries."""
    if not canaries:
        return reserve(connection, "person", count)
    below = reserve(connection, "canary", count)
    return range(-below.start, -below.stop, -1)


def add_people(connection: Connection, rows: Iterable[tuple[int, bytes, bytes, int]]) -> None:
    """Add people: number, sealed LINE id, look-up value, time of the event in ms."""
    insert_rows(connection, person, PERSON, rows)


def find_people(connection: Connection, indexes: Sequence[bytes], *, lock: bool = False) -> dict[bytes, Known]:
    """Find people by their look-up values; those who are not here are absent.

    With `lock` nobody else changes or erases them until the transaction ends (on SQLite a writer is alone anyway).
    """
    if lock and not is_sqlite(connection):
        driver_cursor(connection).execute(
            "SELECT person_no FROM person WHERE line_index = ANY(%s) ORDER BY person_no FOR UPDATE", (list(indexes),)
        )
    names = ("line_index", "person_no", "last_event_ms", "left_at")
    rows = rows_where_in(connection, person, "line_index", indexes, names)
    return {bytes(row[0]): Known(row[1], row[2], row[3] is not None) for row in rows}


def touch(connection: Connection, seen: Sequence[tuple[int, int]]) -> None:
    """Note a later event (number, ms) of people who follow: the last writer by event time wins."""
    mark = "?" if is_sqlite(connection) else "%s"
    driver_cursor(connection).executemany(
        f"UPDATE person SET last_event_ms = {mark}, missed_scans = 0 "  # noqa: S608 - the mark is the driver's
        f"WHERE person_no = {mark} AND last_event_ms < {mark} AND left_at IS NULL",
        [(at_ms, number, at_ms) for number, at_ms in seen],
    )


def mark_left(connection: Connection, leavers: Sequence[tuple[int, int]], cause: str, now: datetime) -> None:
    """Mark people (number, ms) as having left and take them out of every audience at once."""
    if not leavers:
        return
    left = (
        update(person)
        .where(person.c.person_no == bindparam("number"))
        .values(left_at=now, left_cause=cause, last_event_ms=bindparam("at_ms"))
    )
    connection.execute(left, [{"number": number, "at_ms": at_ms} for number, at_ms in leavers])
    drop_choices(connection, [number for number, _ in leavers])


def detach(connection: Connection, leavers: Sequence[tuple[int, bytes]]) -> None:
    """Let leavers no longer be found by their LINE id, so that who comes back is a new person with a new key.

    Each is given a look-up value (`BlindIndex.of_detached`) by which the eraser still knows that the row is whole.
    What the old number holds goes with the next erasure, as it would have without the return.
    """
    if leavers:
        unfound = update(person).where(person.c.person_no == bindparam("number")).values(line_index=bindparam("index"))
        connection.execute(unfound, [{"number": number, "index": index} for number, index in leavers])


def confirmations(connection: Connection, numbers: Sequence[int]) -> dict[int, datetime]:
    """Give when each of these people last confirmed the purpose; those who set nothing are absent."""
    columns = reception_settings.c
    found: dict[int, datetime] = {}
    for start in range(0, len(numbers), 500):
        chosen = select(columns.person_no, columns.confirmed_at).where(
            columns.person_no.in_(numbers[start : start + 500])
        )
        found |= {row.person_no: row.confirmed_at for row in connection.execute(chosen)}
    return found


def put_settings(connection: Connection, chosen: Sequence[Chosen]) -> None:
    """Replace what people set; an absent field clears what was there."""
    if not chosen:
        return
    numbers = [one.person_no for one in chosen]
    delete_where_in(connection, reception_settings, "person_no", numbers)
    drop_choices(connection, numbers)
    moment = [one.confirmed_at for one in chosen]
    columns = reception_settings.c
    connection.execute(
        reception_settings.insert(),
        [
            {
                columns.person_no.name: one.person_no,
                columns.birth_year.name: one.birth_year,
                columns.sex.name: one.sex,
                columns.area.name: one.area,
                columns.purpose_version.name: one.purpose_version,
                columns.confirmed_at.name: at,
            }
            for one, at in zip(chosen, moment, strict=True)
        ],
    )
    choices = ((genre, one.person_no, one.birth_year, one.sex, one.area) for one in chosen for genre in one.genres)
    insert_rows(connection, genre_choice, CHOICE, sorted(choices, key=itemgetter(0, 1)))


def drop_choices(connection: Connection, numbers: Sequence[int]) -> None:
    """Take people out of every genre."""
    cursor = driver_cursor(connection)
    if is_sqlite(connection):
        genres = [row[0] for row in cursor.execute("SELECT DISTINCT genre FROM genre_choice")]
        pairs = [(genre, number) for genre in genres for number in numbers]
        cursor.executemany("DELETE FROM genre_choice WHERE genre = ? AND person_no = ?", pairs)
    else:
        cursor.execute("DELETE FROM genre_choice WHERE person_no = ANY(%s)", (list(numbers),))


def count_people(connection: Connection) -> int:
    """Give the number of residents who follow; canaries and leavers are not counted."""
    chosen = select(func.count()).select_from(person).where(person.c.person_no > 0, person.c.left_at.is_(None))
    return int(connection.execute(chosen).scalar_one())


def leavers(connection: Connection) -> list[int]:
    """Give the numbers of people who left and are not erased yet, canaries included."""
    chosen = select(person.c.person_no).where(person.c.left_at.is_not(None)).order_by(person.c.person_no)
    return list(connection.execute(chosen).scalars())
