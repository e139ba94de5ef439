"""Figures of the broadcast: from segment to numbers, and from frozen batches to LINE's own rate.

`segment_figures` and `broadcast_figures` each build their own dummy people, measure, and give figures by name.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np

from sandbox.approver import let_through
from sandbox.line.ids import IdSpace
from sandbox.line.serve import RunningPlatform, running_platform
from tayori.broadcast import desk, freeze
from tayori.broadcast.lease import worker_name
from tayori.broadcast.send import Sending
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, HandlerId, LineUserId, PersonNo
from tayori.domain.segments import Segment, read_segment
from tayori.domain.states import BroadcastState
from tayori.line.client import LineClient
from tayori.line.limiter import MULTICASTS_A_SECOND, share_of_line
from tayori.office import Office, open_office, set_up, utc_now
from tayori.settings import Settings
from tayori.vault import audit, roster
from tayori.vault.identity import seal_line_id
from tayori.vault.roster import NewHandler
from tayori.warehouse import audience, people
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import driver_cursor, reading, writing
from tayori.warehouse.schema.people import genre_choice

GENRE, GENRE_NAME = 3, "防災・防犯"
CHUNK = 50_000
CHOSEN_BY, SET_BY = 0.4, 0.95
AREAS = ["四谷", "箪笥町", "榎町", "若松町", "大久保", "戸塚"]
SEGMENT = {"all": [{"birth_year": {"from": 1960, "to": 2000}}, {"area": AREAS}]}
TEXT = [{"type": "text", "text": "明日9時から、区役所前の広場で防災訓練を行います。"}]
PASSPHRASE = "only for dummy people"  # noqa: S105 - opens nothing but a throw-away folder


@contextmanager
def an_office(**changes: object) -> Iterator[Office]:
    """An office in a folder of its own, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tayori-bench-") as folder:
        settings = Settings(_env_file=None, home=Path(folder) / "home", **changes)  # type: ignore[arg-type]
        set_up(settings, utc_now())
        with open_office(settings) as office:
            yield office


def segment_figures(count: int = 1_000_000, runs: int = 5) -> dict[str, float]:
    """Speed of "segment to ordered numbers", ours / fetching the same ordered numbers through the driver."""
    with an_office() as office:
        _choices_only(office, count)
        segment = read_segment(SEGMENT)
        found = _answer(office, segment)
        floor = _best(runs, lambda: _fetch_answer(office))
        ours = _best(runs, lambda: _numbers(office, segment))
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


def broadcast_figures(count: int = 1_000_000, share: float = 1.0) -> dict[str, float]:
    """Send to so many dummy residents against the sandbox on this machine, at a share of LINE's rate.

    The time runs from the sending step's first line to its end, opening of ids, ledger and log included. 200 requests
    a second are 1.0.
    """
    with running_platform(friends=count) as platform, an_office() as office:
        _residents(office, count, platform.account.seed)
        broadcast_id = _approved(office)
        worker = worker_name()
        began = time.perf_counter()
        freeze.start(office, broadcast_id, worker)
        frozen = freeze.freeze(office, broadcast_id, worker)
        frozen_at = time.perf_counter()
        ended = _send(office, platform, broadcast_id, worker, share)
        seconds = time.perf_counter() - frozen_at
        ledger = platform.control.summary(expected={"range": [0, count]})
        stats = platform.control.stats()
    assert ended is BroadcastState.SENT, ended  # noqa: S101 - a figure of a run that did not end is none
    return {
        "people": count,
        "batches": frozen.batches,
        "freeze_s": frozen_at - began,
        "send_s": seconds,
        "broadcast_share_of_line_limit": frozen.batches / seconds / MULTICASTS_A_SECOND,
        "missed": ledger["missed"],
        "doubled": ledger["doubled"],
        "too_fast": stats["endpoints"]["multicast"]["answers"].get("429", 0),
        "platform_cpu_s": stats["cpu_seconds"],
        "platform_mb": stats["peak_mb"],
    }


def _send(
    office: Office, platform: RunningPlatform, broadcast_id: BroadcastId, worker: str, share: float
) -> BroadcastState | None:
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(office, broadcast_id, worker, line, limiter=share_of_line(share)) as run:
        while (progress := run.advance(100)).ended is None:
            pass
    return progress.ended


def _residents(office: Office, count: int, seed: int) -> None:
    space = IdSpace(seed)
    for start in range(0, count, CHUNK):
        ids = space.ids(start, min(start + CHUNK, count))
        with office.writing_people() as (warehouse, vault):
            numbers = people.reserve_numbers(warehouse, len(ids))
            keys = office.person_keys.create(vault, list(numbers))
            indexes = office.index.of_line_ids(ids)
            rows = zip(numbers, ids, keys, indexes, strict=True)
            sealed = ((no, seal_line_id(key, PersonNo(no), LineUserId(one)), index, 0) for no, one, key, index in rows)
            people.add_people(warehouse, sealed)
            insert_rows(warehouse, genre_choice, people.CHOICE, ((GENRE, no, None, None, None) for no in numbers))
            evidence = Evidence("bench", Purpose.RECEPTION)
            audit.record(warehouse, evidence, audit.Action.WRITE, "dummy residents", count=len(ids), now=office.now())


def _approved(office: Office) -> BroadcastId:
    with writing(office.warehouse) as connection:
        writer, approver = (
            roster.enrol(
                connection,
                office.handlers_folder,
                NewHandler(HandlerId(role), "試験", [role], "甲", office.today()),
                PASSPHRASE,
                office.now(),
            )
            for role in ("writer", "approver")
        )
    now = office.now()
    new = desk.written(GENRE_NAME, {"everyone": True}, TEXT, now - timedelta(hours=1), now + timedelta(hours=12))
    broadcast_id = desk.draft(office, writer, new)
    desk.submit(office, writer, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, approver, broadcast_id, desk.review(office, broadcast_id))
    let_through(office, approver, broadcast_id)
    return broadcast_id


if __name__ == "__main__":
    print(json.dumps(segment_figures() | broadcast_figures(), indent=2))
