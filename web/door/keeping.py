"""What the door does with a body whose signature is right: reduce, seal, add to the inbox. It can open nothing."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from tayori.domain.identifiers import Clock
from tayori.line.webhook import Unparsed, events_of, packed
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore, Submission
from web.door.committing import GroupCommit
from web.door.figures import Figures, Outcome

log = logging.getLogger("tayori.door")
EVENTS: Final = "events"
UNPARSED: Final = "unparsed"
LARGE: Final = 32 << 10  # bytes; what takes longer to read and seal than others should wait goes to a thread


@dataclass(frozen=True)
class Keeper:
    """Seals deliveries into the inbox."""

    store: DoorStore
    commit: GroupCommit
    sealer: Sealer
    clock: Clock
    figures: Figures

    async def keep(self, body: bytes) -> Outcome:
        """Keep a delivery as one sealed row, and return once the row is committed; an empty one leaves nothing.

        Raises:
            Unavailable: the inbox or the public key cannot be reached; nothing was kept, LINE delivers again.

        """
        read = await asyncio.to_thread(self._sealed, body) if len(body) > LARGE else self._sealed(body)
        if read is None:
            return Outcome.EMPTY
        submission, events = read
        await self.commit.put(submission)
        self.figures.events.inc(events)
        log.info("a delivery of %d events was kept", events)
        return Outcome.KEPT if submission.kind == EVENTS else Outcome.UNPARSED

    def _sealed(self, body: bytes) -> tuple[Submission, int] | None:
        try:
            events = events_of(body)
        except Unparsed:
            return self._submission(UNPARSED, body), 0
        return (self._submission(EVENTS, packed(events)), len(events)) if events else None

    def _submission(self, kind: str, content: bytes) -> Submission:
        closed = self.sealer.seal(kind, content)
        return Submission(kind, closed.epoch, closed.box, self.clock())

    def is_ready(self) -> bool:
        """Whether a delivery could be kept now.

        Raises:
            Unavailable: it could not, and why.

        """
        self.sealer.seal(EVENTS, b"")
        return self.store.answers()
