"""A scan of LINE's follower list against the people we know: who was seen, who was missed, who was missed twice.

What a scan saw lies in a temporary table of the scan's own transaction: the first bytes of look-up values, some
twelve bytes a follower, gone with the connection. Two people with the same first bytes could only hide a miss.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, bindparam, select, text, update

from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.engines import driver_cursor, is_sqlite, reading, writing
from tayori.warehouse.schema.people import person

SHORT = 8
SEEN = "EXISTS (SELECT 1 FROM scan_seen WHERE scan_seen.short = substr(person.line_index, 1, 8))"
CONCERNED = (
    "person_no > 0 AND left_at IS NULL AND seen_in_scan IS NOT NULL "  # canaries and people never seen are not
    "AND last_event_ms < :began_ms"  # nor is anybody who came back while the scan ran
)
FOLLOWS = "person_no > 0 AND left_at IS NULL"
UNSEEN = f"{FOLLOWS} AND seen_in_scan IS NULL"
MISSING = f"{CONCERNED} AND NOT {SEEN}"


@dataclass(frozen=True, slots=True)
class ScanTally:
    """A complete scan in figures: followers listed, people who could be missed, people missed, people never seen."""

    listed: int
    concerned: int
    missing: int
    never_seen: int = 0


@dataclass(frozen=True, slots=True)
class Sighting:
    """Whom a complete scan missed (number: earlier misses in a row), and whom it saw again after a miss."""

    missed: dict[int, int]
    seen_again: list[int]


class Scan:
    """One scan in its transaction. Nothing is concluded before `sighting` is asked of a complete list."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        kind, rowid = ("BLOB", "WITHOUT ROWID") if is_sqlite(connection) else ("BYTEA", "")
        connection.execute(text(f"CREATE TEMPORARY TABLE scan_seen (short {kind} PRIMARY KEY) {rowid}"))

    def saw(self, indexes: Sequence[bytes]) -> None:
        """Note a page of followers by their look-up values; the same one twice is noted once."""
        mark, conflict = ("?", "") if is_sqlite(self._connection) else ("%s", "ON CONFLICT DO NOTHING")
        verb = "INSERT OR IGNORE" if is_sqlite(self._connection) else "INSERT"
        driver_cursor(self._connection).executemany(
            f"{verb} INTO scan_seen (short) VALUES ({mark}) {conflict}", [(index[:SHORT],) for index in indexes]
        )

    def start_over(self) -> None:
        """Forget what was seen."""
        self._connection.execute(text("DELETE FROM scan_seen"))

    def tally(self, began_ms: int) -> ScanTally:
        """Count the complete list against the people whom an earlier scan saw."""
        return ScanTally(
            listed=self._number("SELECT count(*) FROM scan_seen"),
            concerned=self._number(f"SELECT count(*) FROM person WHERE {CONCERNED}", began_ms=began_ms),  # noqa: S608
            missing=self._number(f"SELECT count(*) FROM person WHERE {MISSING}", began_ms=began_ms),  # noqa: S608
            never_seen=self._number(f"SELECT count(*) FROM person WHERE {UNSEEN}"),  # noqa: S608
        )

    def some_seen(self, most: int) -> list[int]:
        """Give a few people who stand on the list, the latest of ours."""
        chosen = f"SELECT person_no FROM person WHERE {FOLLOWS} AND {SEEN} ORDER BY person_no DESC LIMIT :most"  # noqa: S608
        return list(self._connection.execute(text(chosen), {"most": most}).scalars())

    def sighting(self, began_ms: int) -> Sighting:
        """Give whom the complete list missed, and whom it saw again."""
        asked = {"began_ms": began_ms}
        missed = self._connection.execute(
            text(f"SELECT person_no, missed_scans FROM person WHERE {MISSING}"),  # noqa: S608
            asked,
        )
        again = self._connection.execute(
            text(f"SELECT person_no FROM person WHERE {CONCERNED} AND missed_scans > 0 AND {SEEN}"),  # noqa: S608
            asked,
        )
        return Sighting({row.person_no: row.missed_scans for row in missed}, list(again.scalars()))

    def _number(self, question: str, **asked: int) -> int:
        return int(self._connection.execute(text(question), asked).scalar_one())


@contextmanager
def scanning(warehouse: Engine) -> Iterator[Scan]:
    """Give a scan; whatever happens, its temporary table is gone at the end."""
    with reading(warehouse) as connection:
        yield Scan(connection)


def note_first_sight(warehouse: Engine, indexes: Sequence[bytes], scan: str) -> int:
    """Note people whom a scan sees for the first time: from now on they can be missed. Nobody is created."""
    with reading(warehouse) as connection:
        rows = rows_where_in(connection, person, "line_index", indexes, ("person_no", "seen_in_scan"))
    fresh = [row[0] for row in rows if row[1] is None and row[0] > 0]
    if fresh:
        with writing(warehouse) as connection:
            noted = update(person).where(person.c.person_no == bindparam("number")).values(seen_in_scan=scan)
            connection.execute(noted, [{"number": number} for number in fresh])
    return len(fresh)


def put_misses(connection: Connection, misses: dict[int, int], began_ms: int) -> None:
    """Set how many scans in a row missed each person, unless they came back or left meanwhile."""
    if misses:
        changed = (
            update(person)
            .where(person.c.person_no == bindparam("number"))
            .where(person.c.left_at.is_(None), person.c.last_event_ms < began_ms)
            .values(missed_scans=bindparam("misses"))
        )
        connection.execute(changed, [{"number": number, "misses": count} for number, count in misses.items()])


def still_missing(connection: Connection, numbers: Sequence[int], began_ms: int) -> list[int]:
    """Give those who have neither left nor come back since the scan began, held until the transaction ends."""
    held: list[int] = []
    for start in range(0, len(numbers), 500):
        chosen = select(person.c.person_no).where(
            person.c.person_no.in_(numbers[start : start + 500]),
            person.c.left_at.is_(None),
            person.c.last_event_ms < began_ms,
        )
        held += connection.execute(chosen.with_for_update()).scalars()
    return held


def indexes_of(connection: Connection, numbers: Sequence[int]) -> list[bytes]:
    """Give the look-up values of people by their numbers."""
    return [bytes(row[0]) for row in rows_where_in(connection, person, "person_no", numbers, ("line_index",))]


def hold_people(connection: Connection, numbers: Sequence[int]) -> None:
    """Let nobody change these people until the transaction ends."""
    if not is_sqlite(connection):  # where who writes is alone
        driver_cursor(connection).execute(
            "SELECT person_no FROM person WHERE person_no = ANY(%s) ORDER BY person_no FOR UPDATE", (list(numbers),)
        )
