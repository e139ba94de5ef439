"""Events that come in while a night runs: people come, leave and come back, each delivery taken in at once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

import pandas as pd

from tayori.errors import Unavailable
from tayori.ingest.inbox import EVENTS, ingest_inbox
from tayori.ingest.verdict import Verdict
from tayori.line.webhook import packed, reduce_event
from tayori.office import Office, open_office
from tayori.settings import Settings
from tayori.warehouse import inbox
from tayori.warehouse.engines import Conflict, writing
from tests.support.builders import a_line_id

PAUSE: Final = 0.04
PATIENCE: Final = 60.0
NEWCOMERS: Final = 18
FAR: Final = 0xFACE_0000  # dummies that nobody else uses


@dataclass(frozen=True, slots=True)
class Comings:
    """Who leaves while the night runs (they follow before), and who of those that left comes back."""

    seed: int
    leave: tuple[str, ...] = field(repr=False)
    back: tuple[str, ...] = field(repr=False)

    @property
    def newcomers(self) -> tuple[str, ...]:
        """Who follows for the first time."""
        return tuple(a_line_id(FAR + number) for number in range(NEWCOMERS))


def feed(settings: Settings, comings: Comings) -> None:
    """Deliver and take in, one after the other; a store that is held for a moment is asked again."""
    rng = Random(comings.seed)  # noqa: S311 - replayable on purpose
    with open_office(settings) as office:
        for number, (kind, line_id) in enumerate(_shuffled(comings, rng)):
            _deliver(office, kind, line_id, f"01ARZ3NDEK{comings.seed:08d}{number:08d}")
            _take_in(office)
            time.sleep(rng.uniform(0.0, PAUSE))


def _shuffled(comings: Comings, rng: Random) -> Iterator[tuple[str, str]]:
    every = [("unfollow", one) for one in comings.leave]
    every += [("follow", one) for one in (*comings.back, *comings.newcomers)]
    rng.shuffle(every)
    yield from every


def _deliver(office: Office, kind: str, line_id: str, event_id: str) -> None:
    event = {
        "type": kind,
        "mode": "active",
        "timestamp": int(office.now().timestamp() * 1000),
        "source": {"type": "user", "userId": line_id},
        "webhookEventId": event_id,
        "deliveryContext": {"isRedelivery": False},
    }
    box = office.sealer.seal(EVENTS, packed([reduce_event(event)]))
    with writing(office.inbox) as connection:
        inbox.put(connection, EVENTS, box.epoch, box.box, office.now())


def _open_gate(frame: pd.DataFrame, _suite: str, _now: datetime) -> Verdict:
    """Let everything through: what is fed is well-formed, and the real gate takes longer than the night."""
    return Verdict(frame, ())


def _take_in(office: Office) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            ingest_inbox(office, _open_gate)
        except (Unavailable, Conflict):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
