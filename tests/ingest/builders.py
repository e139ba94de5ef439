"""Builders of webhook events and submissions: a test says what matters, the rest is filled in."""

import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from expectations.gate import gate
from tayori.domain.evidence import Evidence, Purpose
from tayori.ingest.counts import Counts
from tayori.ingest.event_file import ingest_event_file
from tayori.ingest.inbox import EVENTS, Hear, InboxCounts, ingest_inbox
from tayori.ingest.submissions import submit_reception
from tayori.line.webhook import packed, reduce_event
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.identity import open_line_ids
from tayori.warehouse import inbox
from tayori.warehouse.engines import driver_cursor, reading, writing
from tests.support.builders import START, a_line_id

NOON_MS = int(START.timestamp() * 1000) - 3_600_000
_ids = count(1)


def an_event_id(number: int | None = None) -> str:
    """Give a ULID that no other event has, or the n-th one."""
    return f"01ARZ3NDEK{next(_ids) if number is None else number:016d}"


def an_event(kind: str = "follow", person: int = 1, at: int = 0, **changes: object) -> dict[str, Any]:
    """Give an event of the n-th dummy person, so many ms after noon; None takes a field away."""
    event: dict[str, Any] = {
        "type": kind,
        "mode": "active",
        "timestamp": NOON_MS + at,
        "source": {"type": "user", "userId": a_line_id(person)},
        "webhookEventId": an_event_id(),
        "deliveryContext": {"isRedelivery": False},
    }
    return {name: value for name, value in (event | changes).items() if value is not None}


def a_submission(person: int = 1, number: int = 1, **changes: object) -> dict[str, Any]:
    """Give a submission of reception settings by the n-th dummy person; None takes a field away."""
    submission: dict[str, Any] = {
        "submission_id": f"{number:032x}",
        "line_user_id": a_line_id(person),
        "purpose_version": "2026-11",
        "confirmed_at": START.isoformat(),
        "birth_year": 1980,
        "sex": 1,
        "area": 3,
        "genres": [1, 3],
    }
    return {name: value for name, value in (submission | changes).items() if value is not None}


def deliver(office: Office, *events: object) -> None:
    """Put one delivery into the inbox, as the door does."""
    box = office.sealer.seal(EVENTS, packed([reduce_event(event) for event in events]))
    with writing(office.inbox) as connection:
        inbox.put(connection, EVENTS, box.epoch, box.box, office.now())


def submit(office: Office, person: int = 1, number: int = 1, **changes: object) -> None:
    """Submit reception settings of the n-th dummy person."""
    submit_reception(office.inbox, office.sealer, a_submission(person, number, **changes), office.now())


def take_in(office: Office, hear: Hear | None = None) -> InboxCounts:
    """Take in what the inbox holds; `hear` is told of the events that ask for an answer."""
    return ingest_inbox(office, gate, hear=hear)


def take_in_file(office: Office, path: Path) -> Counts:
    """Take in a file of events."""
    return ingest_event_file(office, path, gate)


def a_file(path: Path, lines: Iterable[object]) -> Path:
    """Write a file of events, a JSON value a line; a text is written as it is."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def followers(office: Office) -> dict[str, int]:
    """Give the LINE ids of those who follow, with their numbers."""
    numbers = [row[0] for row in rows(office, "SELECT person_no FROM person WHERE left_at IS NULL")]
    with office.writing_people() as (people, vault):
        evidence = Evidence("test", Purpose.INSPECTION)
        recorded = record(people, evidence, Action.OPEN, "everybody", count=len(numbers), now=office.now())
        opened = open_line_ids(people, vault, office.person_keys, numbers, recorded)
    return {line_id: number for number, line_id in opened.items()}


def rows(office: Office, query: str) -> list[tuple[Any, ...]]:
    """Ask the warehouse."""
    with reading(office.warehouse) as connection:
        cursor = driver_cursor(connection)
        cursor.execute(query)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
