"""What the door does with a body whose signature is right: reduce, seal, add to the inbox. It can open nothing."""

from dataclasses import dataclass
from typing import Final

from tayori.domain.identifiers import Clock
from tayori.line.webhook import Unparsed, events_of, packed
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore

EVENTS: Final = "events"
UNPARSED: Final = "unparsed"


@dataclass(frozen=True)
class Keeper:
    """Seals deliveries into the inbox."""

    store: DoorStore
    sealer: Sealer
    clock: Clock

    def keep(self, body: bytes) -> int:
        """Keep a delivery as one sealed row and give how many events it had; an empty one leaves nothing.

        Raises:
            Unavailable: the inbox or the public key cannot be reached; nothing was kept, LINE delivers again.

        """
        try:
            events = events_of(body)
        except Unparsed:
            self._put(UNPARSED, body)
            return 1
        if events:
            self._put(EVENTS, packed(events))
        return len(events)

    def _put(self, kind: str, content: bytes) -> None:
        closed = self.sealer.seal(kind, content)
        self.store.put(kind, closed.epoch, closed.box, self.clock())

    def is_ready(self) -> bool:
        """Whether a delivery could be kept now.

        Raises:
            Unavailable: it could not, and why.

        """
        self.sealer.seal(EVENTS, b"")
        return self.store.answers()
