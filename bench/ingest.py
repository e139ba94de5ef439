"""How fast events come in: a file of events against a plain bulk insert of the same finished rows.

Both run in this process on fresh SQLite stores set up alike; loading Great Expectations is left out of the time.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
from sqlalchemy import Engine, Table

import expectations.judging  # noqa: F401 - loaded beforehand, so that its start-up is not measured
from expectations.gate import gate
from sandbox.line.events_file import write_events_file
from tayori.ingest.event_file import ingest_event_file
from tayori.ingest.inbox import EVENTS, InboxCounts, ingest_inbox
from tayori.line.webhook import packed, reduce_event
from tayori.office import Office, set_up
from tayori.settings import Settings
from tayori.warehouse import inbox
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import driver_cursor, reading, writing
from tayori.warehouse.schema.columns import vault, warehouse

EVENTS_WANTED: Final = 1_000_000
NEW_SHARE: Final = 0.1
SET_UP_ALREADY: Final = frozenset({"key_epoch", "alembic_version_warehouse", "alembic_version_vault"})


def ingest_figures(folder: Path, events: int = EVENTS_WANTED) -> dict[str, float]:
    """Measure `ingest_ratio`: speed of ours over speed of the floor, in one run, and the seconds of both."""
    path = folder / "events.jsonl"
    began = datetime.now(UTC) - timedelta(days=1)
    write_events_file(path, events, NEW_SHARE, seed=1, at=began)
    ours = fresh_office(folder / "ours")
    started = time.perf_counter()
    counts = ingest_event_file(ours, path, gate)
    ours_seconds = time.perf_counter() - started
    assert counts.received == events  # noqa: S101 - a bench that lost events measures nothing
    floor_seconds = _floor(ours, fresh_office(folder / "floor"))
    return {
        "ingest_events": events,
        "ingest_seconds": round(ours_seconds, 2),
        "ingest_floor_seconds": round(floor_seconds, 2),
        "ingest_ratio": round(floor_seconds / ours_seconds, 3),
    }


def fresh_office(home: Path) -> Office:
    """Give an office with empty stores and fresh keys."""
    settings = Settings(_env_file=None, home=home)
    set_up(settings, datetime.now(UTC))
    return Office(settings)


def fill_inbox(office: Office, events: int, events_a_delivery: int = 100) -> int:
    """Fill the inbox as the door would, a tenth of the events new followers; give the number of rows."""
    path = office.settings.home / "bench-events.jsonl"
    write_events_file(path, events, NEW_SHARE, seed=2, at=datetime.now(UTC) - timedelta(days=1))
    rows = 0
    with path.open("rb") as lines, writing(office.inbox) as connection:
        for delivery in _deliveries(lines, events_a_delivery):
            closed = office.sealer.seal(EVENTS, delivery)
            inbox.put(connection, EVENTS, closed.epoch, closed.box, datetime.now(UTC))
            rows += 1
    path.unlink()
    return rows


def empty_inbox(office: Office) -> InboxCounts:
    """Take in all of the inbox by plain calls; the same work as under Prefect."""
    total = InboxCounts()
    while (block := ingest_inbox(office, gate)).rows:
        total.add(block)
    return total


def _deliveries(lines: BinaryIO, events_a_delivery: int) -> Iterator[bytes]:
    while chunk := list(islice(lines, events_a_delivery)):
        yield packed([reduce_event(orjson.loads(line)["event"]) for line in chunk])


def _floor(finished: Office, empty: Office) -> float:
    """Insert the rows of every table that ingest wrote into empty stores, as fast as plain inserts go; the seconds."""
    stores = ((finished.warehouse, empty.warehouse, warehouse), (finished.vault, empty.vault, vault))
    seconds = 0.0
    for source, target, schema in stores:
        held = [(table, *_rows(source, table)) for table in schema.sorted_tables if table.name not in SET_UP_ALREADY]
        started = time.perf_counter()
        with writing(target) as connection:
            for table, names, rows in held:
                insert_rows(connection, table, names, rows)
        seconds += time.perf_counter() - started
    return seconds


def _rows(store: Engine, table: Table) -> tuple[list[str], list[tuple[Any, ...]]]:
    names = [column.name for column in table.columns]
    with reading(store) as connection:
        cursor = driver_cursor(connection)
        cursor.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608 - names from the schema
        return names, cursor.fetchall()
