"""From segment to frozen audience, sealed lists written, against fetching the same ordered numbers by the driver.

The guards have looked at it before; what they cost is no part of it.

Once for everybody who chose the genre, once for a segment that about a third of them match.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from bench.broadcast._people import GENRE, populated, settings_of
from bench.broadcast._scale import scaled
from bench.broadcast._sending import EVERYONE, approved, started
from tayori.broadcast import freeze
from tayori.broadcast.lease import worker_name
from tayori.domain.segments import read_segment
from tayori.office import Office, open_office
from tayori.warehouse.audience import audience
from tayori.warehouse.engines import driver_cursor, reading, writing

PEOPLE = 10_000_000
AREAS = ["四谷", "箪笥町", "榎町", "若松町", "大久保", "戸塚"]
NARROW = {"all": [{"birth_year": {"from": 1960, "to": 2000}}, {"area": AREAS}]}
ROWS = 100_000
TURNS = 2


def measure(folder: Path) -> Mapping[str, float]:
    """Give `freeze_ratio_10m`: time of ours over time of the plain fetch; and the same for the narrow segment."""
    with open_office(settings_of(populated(folder, scaled(PEOPLE)))) as office:
        everybody, fetched = _compared(office, EVERYONE)
        narrow, fetched_narrow = _compared(office, NARROW)
    return {
        "freeze_fetch_seconds": round(fetched, 2),
        "freeze_seconds": round(everybody, 2),
        "freeze_ratio_10m": round(everybody / fetched, 3),
        "freeze_ratio_narrow": round(narrow / fetched_narrow, 3),
    }


def _compared(office: Office, segment: object) -> tuple[float, float]:
    """Give the seconds of the freeze and of the fetch, each the better of two turns, in turn."""
    people = _answer(office, segment)
    turns = [(_freeze(office, segment, people), _fetch(office, people)) for _ in range(TURNS)]
    return min(one for one, _ in turns), min(one for _, one in turns)


def _freeze(office: Office, segment: object, people: int) -> float:
    broadcast_id = approved(office, segment)
    started(office, broadcast_id)
    began = time.perf_counter()
    found = freeze.freeze(office, broadcast_id, worker_name())
    seconds = time.perf_counter() - began
    assert found.people == people, found  # noqa: S101 - a freeze of somebody else is no figure
    return seconds


def _answer(office: Office, segment: object) -> int:
    """Keep the answer in a table of its own: what the floor fetches."""
    chosen = audience(GENRE, read_segment(segment)).compile(office.warehouse, compile_kwargs={"literal_binds": True})
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS answer")
        connection.exec_driver_sql("CREATE TABLE answer (person_no INTEGER PRIMARY KEY)")
        return connection.exec_driver_sql(f"INSERT INTO answer {chosen}").rowcount


def _fetch(office: Office, people: int) -> float:
    began, found = time.perf_counter(), 0
    with reading(office.warehouse) as connection:
        cursor = driver_cursor(connection).execute("SELECT person_no FROM answer ORDER BY person_no")
        while rows := cursor.fetchmany(ROWS):
            found += len(rows)
    assert found == people, found  # noqa: S101 - as above
    return time.perf_counter() - began
