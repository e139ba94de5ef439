"""What the door does with bodies whose signature is right: reduce, seal, add to the inbox. It can open nothing.

Deliveries that wait for the same transaction are sealed into one box: making a box costs more than all else that the
door does with a delivery, and whoever opens the inbox opens all of it.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from tayori.domain.identifiers import Clock
from tayori.line.webhook import ReducedEvent, Unparsed, events_of, packed
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore, Submission
from web.door.committing import GroupCommit
from web.door.figures import Figures, Outcome

log = logging.getLogger("tayori.door")
EVENTS: Final = "events"
UNPARSED: Final = "unparsed"
LARGE: Final = 32 << 10  # bytes; what takes longer to read than others should wait goes to a thread


@dataclass(frozen=True, slots=True)
class Read:
    """A delivery, read: its events, or the whole body of one that cannot be read; and the size of its body."""

    events: Sequence[ReducedEvent]
    unparsed: bytes | None
    size: int


def read(body: bytes) -> Read:
    """Read a delivery, whatever it is."""
    try:
        return Read(events_of(body), None, len(body))
    except Unparsed:
        return Read((), body, len(body))


class Keeper:
    """Seals deliveries into the inbox."""

    def __init__(self, store: DoorStore, sealer: Sealer, clock: Clock, figures: Figures) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._figures = figures
        self._commit = GroupCommit[Read](self._write, lambda one: one.size, figures.committed.observe)

    async def keep(self, body: bytes) -> Outcome:
        """Keep a delivery, and return once it is committed; an empty one leaves nothing.

        Raises:
            Unavailable: the inbox or the public key cannot be reached; nothing was kept, LINE delivers again.

        """
        delivery = await asyncio.to_thread(read, body) if len(body) > LARGE else read(body)
        if not delivery.events and delivery.unparsed is None:
            return Outcome.EMPTY
        await self._commit.put(delivery)
        self._figures.events.inc(len(delivery.events))
        log.info("a delivery of %d events was kept", len(delivery.events))
        return Outcome.KEPT if delivery.unparsed is None else Outcome.UNPARSED

    def is_ready(self) -> bool:
        """Whether a delivery could be kept now.

        Raises:
            Unavailable: it could not, and why.

        """
        self._sealer.seal(EVENTS, b"")
        return self._store.answers()

    def _write(self, deliveries: Sequence[Read]) -> None:
        self._store.put_all(list(self._sealed(deliveries)))

    def _sealed(self, deliveries: Sequence[Read]) -> Iterator[Submission]:
        events = list(chain.from_iterable(one.events for one in deliveries))
        if events:
            yield self._submission(EVENTS, packed(events))
        for one in deliveries:
            if one.unparsed is not None:
                yield self._submission(UNPARSED, one.unparsed)

    def _submission(self, kind: str, content: bytes) -> Submission:
        closed = self._sealer.seal(kind, content)
        return Submission(kind, closed.epoch, closed.box, self._clock())
