"""Sealed LINE ids, read in bulk: the only query that fetches them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite
from tayori.warehouse.schema.people import person


def sealed_ids(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, bytes]]:
    """Give number and sealed LINE id of those who have not left."""
    rows = rows_where_in(connection, person, "person_no", numbers, ("person_no", "line_user_id", "left_at"))
    return [(row[0], row[1]) for row in rows if row[2] is None]


def first_numbers(connection: Connection, most: int) -> list[int]:
    """Give the numbers of those who came first and have not left, ascending, at most so many."""
    chosen = select(person.c.person_no).where(person.c.person_no > 0, person.c.left_at.is_(None))
    return list(connection.execute(chosen.order_by(person.c.person_no).limit(most)).scalars())


def sealed_ids_of_list(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, bytes]]:
    """Give number and sealed LINE id of everyone in a frozen list who is not erased, leavers included."""
    if is_a_range(numbers):
        return _sealed_between(connection, numbers[0], numbers[-1], "")
    rows = rows_where_in(connection, person, "person_no", numbers, ("person_no", "line_user_id"))
    return [(row[0], row[1]) for row in rows]


def is_a_range(numbers: Sequence[int]) -> bool:
    """Whether ascending numbers are a range without a gap: reading it is quicker, and reads nobody else."""
    return len(numbers) > 0 and numbers[-1] - numbers[0] == len(numbers) - 1


def sealed_ids_between(connection: Connection, first: int, last: int) -> list[tuple[int, bytes]]:
    """Give number and sealed LINE id of those in a range of numbers who have not left, ascending."""
    return _sealed_between(connection, first, last, "AND left_at IS NULL")


def _sealed_between(connection: Connection, first: int, last: int, further: str) -> list[tuple[int, bytes]]:
    mark = "?" if is_sqlite(connection) else "%s"
    cursor = driver_cursor(connection)
    cursor.execute(
        "SELECT person_no, line_user_id FROM person "  # noqa: S608 - the mark is the driver's
        f"WHERE person_no BETWEEN {mark} AND {mark} {further} ORDER BY person_no",
        (first, last),
    )
    found: list[tuple[int, bytes]] = cursor.fetchall()
    return found
