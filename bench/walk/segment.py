"""1,000,000 people: from a segment to the ordered numbers, against fetching them through the driver."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from bench.broadcast._people import GENRE, settings_of
from bench.broadcast._scale import scaled
from bench.broadcast.freeze import NARROW
from tayori.domain.segments import Segment, read_segment
from tayori.office import Office, open_office, set_up, utc_now
from tayori.warehouse import audience, people
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import driver_cursor, reading, writing
from tayori.warehouse.schema.people import genre_choice

PEOPLE, RUNS = 1_000_000, 5
CHOSEN_BY, SET_BY = 0.4, 0.95


def measure(folder: Path) -> Mapping[str, float]:
    """Give `segment_ratio`: speed of ours over speed of the plain fetch, and the seconds of both."""
    count = scaled(PEOPLE)
    settings = settings_of(folder / "home")
    set_up(settings, utc_now())
    with open_office(settings) as office:
        _choices_only(office, count)
        segment = read_segment(NARROW)
        found = _answer(office, segment)
        floor = _best(RUNS, lambda: _fetch_answer(office))
        ours = _best(RUNS, lambda: _numbers(office, segment))
    return {"people": count, "found": found, "floor_s": floor, "ours_s": ours, "segment_ratio": floor / ours}


def _choices_only(office: Office, count: int) -> None:
    """Two in five chose each of three genres; years, sexes and areas evenly, "not set" among them."""
    rng = np.random.default_rng(1)
    with writing(office.warehouse) as connection:
        for genre in (1, GENRE, 5):
            numbers = np.flatnonzero(rng.random(count) < CHOSEN_BY) + 1
            years, sexes, areas = (
                [value or None for value in (rng.integers(least, most, len(numbers)) * keep).tolist()]
                for least, most, keep in (
                    (1940, 2008, rng.random(len(numbers)) < SET_BY),
                    (0, 3, 1),
                    (0, 12, 1),
                )
            )
            rows = zip([genre] * len(numbers), numbers.tolist(), years, sexes, areas, strict=True)
            insert_rows(connection, genre_choice, people.CHOICE, rows)


def _answer(office: Office, segment: Segment) -> int:
    """Keep the answer in a table of its own: what the floor fetches."""
    with writing(office.warehouse) as connection:
        numbers = audience.audience_numbers(connection, GENRE, segment).tolist()
        connection.exec_driver_sql("CREATE TABLE answer (person_no INTEGER PRIMARY KEY)")
        driver_cursor(connection).executemany("INSERT INTO answer VALUES (?)", [(number,) for number in numbers])
    return len(numbers)


def _fetch_answer(office: Office) -> None:
    with reading(office.warehouse) as connection:
        driver_cursor(connection).execute("SELECT person_no FROM answer ORDER BY person_no").fetchall()


def _numbers(office: Office, segment: Segment) -> None:
    with reading(office.warehouse) as connection:
        audience.audience_numbers(connection, GENRE, segment)


def _best(runs: int, step: Callable[[], None]) -> float:
    spans = []
    for _ in range(runs):
        began = time.perf_counter()
        step()
        spans.append(time.perf_counter() - began)
    return min(spans)
