"""Whoever was answered 200 is in the inbox, whenever the door was killed."""

import random
import time
from pathlib import Path

import pytest

from tayori.ingest.inbox import EVENTS
from tayori.line.webhook import unpacked
from tayori.office import Office
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading
from tests.support.doors import door, load

LONGEST = 3.0


def names_in(office: Office) -> set[str]:
    """Give the names of all events in the inbox."""
    with reading(office.inbox) as connection:
        rows = inbox.oldest(connection, (EVENTS,), 1_000_000)
    opened = (office.box_keys.open(EVENTS, Sealed(row.epoch, row.sealed)) for row in rows)
    return {event.event_id for content in opened for event in unpacked(content)}


def kill_under_load(office: Office, folder: Path, kills: int, seed: int = 1) -> tuple[int, int]:
    """Kill the door so many times under load; give how many deliveries were answered 200, and how many of them lost."""
    rng, acked = random.Random(seed), set[str]()  # noqa: S311 - moments, not secrets
    for at in range(kills):
        with door(office) as (port, process), load(folder, port, LONGEST, 16, first=at * 1_000_000) as told:
            time.sleep(rng.uniform(0.2, 1.2))
            process.kill()
        acked |= set(told["acked"])
    return len(acked), len(acked - names_in(office))


@pytest.mark.slow
def test_a_killed_door_loses_nothing_that_it_answered(office: Office, tmp_path: Path) -> None:
    """Kill -9 in the middle of a load, on both kinds of stores: no answered delivery is missing."""
    acked, lost = kill_under_load(office, tmp_path, 3)
    assert acked > 100
    assert lost == 0
