"""The ledger: which accepted request reached whom, with what. The truth that tests compare with.

One `Dispatch` per accepted request holds packed slots, four bytes a person; nothing is kept per person, so a send
to ten million people costs about 60 MB. Questions are answered by counting when they are asked.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from sandbox.line.ids import Slots
from sandbox.line.people import NAMED_BASE, People

Mask = npt.NDArray[np.bool_]
"""One flag per person: dummy people by index, then named ones in the order they were created."""
_Packed = npt.NDArray[np.uint32]
_Counts = npt.NDArray[np.uint16]

_DIGEST_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One accepted request: what it carried, whom it reached, whom it addressed in vain."""

    at: datetime
    endpoint: str
    content: str
    unit: str | None
    reached: _Packed
    silent: _Packed
    foreign: int


@dataclass(frozen=True)
class Delivery:
    """What became of one content for one expected audience. People are counted once, except in `copies`.

    `reached` expected and got it; `silent` expected and addressed, but blocked or gone (LINE answers 200);
    `missed` expected and never addressed; `doubled` got it more than once; `stray` got it unexpectedly.
    """

    requests: int
    copies: int
    expected: int
    reached: int
    silent: int
    missed: int
    doubled: int
    stray: int
    foreign: int

    def as_counts(self) -> dict[str, int]:
        """The counts by name, for JSON."""
        return asdict(self)


def content_digest(messages: object) -> str:
    """The name of a content: a hash over its message objects, whatever the order of their keys."""
    return hashlib.sha256(orjson.dumps(messages, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_DIGEST_LENGTH]


class Ledger:
    """Every accepted request since the last reset."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._dispatches: list[Dispatch] = []

    def enter(self, *, at: datetime, endpoint: str, content: str, unit: str | None, slots: Slots) -> int:
        """Book one accepted request; how many people it reached."""
        known = slots[slots >= 0]
        reachable = self._people.reachable(known)
        reached, silent = known[reachable].astype(np.uint32), known[~reachable].astype(np.uint32)
        foreign = len(slots) - len(known)
        self._dispatches.append(Dispatch(at, endpoint, content, unit, reached, silent, foreign))
        return len(reached)

    def dispatches(
        self, content: str | None = None, unit: str | None = None, endpoint: str | None = None
    ) -> Iterator[Dispatch]:
        """The accepted requests to this endpoint that carried this content and aggregation unit, oldest first."""
        for one in self._dispatches:
            if content in {None, one.content} and unit in {None, one.unit} and endpoint in {None, one.endpoint}:
                yield one

    def contents(self) -> dict[str, dict[str, int]]:
        """Requests and copies by content."""
        requests, copies = Counter[str](), Counter[str]()
        for one in self._dispatches:
            requests[one.content] += 1
            copies[one.content] += len(one.reached)
        return {name: {"requests": requests[name], "copies": copies[name]} for name in requests}

    def delivered(
        self,
        content: str | None = None,
        *,
        expected: Mask | None = None,
        unit: str | None = None,
        endpoint: str | None = None,
    ) -> Delivery:
        """Compare what people received with what they should have; nobody expected when no mask is given."""
        chosen = list(self.dispatches(content, unit, endpoint))
        got = self._count(one.reached for one in chosen)
        vain = self._count(one.silent for one in chosen)
        wanted = np.zeros(len(got), np.bool_) if expected is None else expected
        return Delivery(
            requests=len(chosen),
            copies=sum(len(one.reached) for one in chosen),
            expected=int(wanted.sum()),
            reached=int((wanted & (got > 0)).sum()),
            silent=int((wanted & (got == 0) & (vain > 0)).sum()),
            missed=int((wanted & (got == 0) & (vain == 0)).sum()),
            doubled=int((got > 1).sum()),
            stray=int((~wanted & (got > 0)).sum()),
            foreign=sum(one.foreign for one in chosen),
        )

    def received(self, line_user_id: str) -> dict[str, int]:
        """How many copies of each content one person has got."""
        slot = self._people.slot_of(line_user_id)
        copies = Counter[str]()
        for one in self._dispatches:
            copies[one.content] += int((one.reached == slot).sum())
        return dict(+copies)

    def _count(self, packed: Iterable[_Packed]) -> _Counts:
        counts = np.zeros(self._people.total, np.uint16)
        for slots in packed:
            np.add.at(counts, self._places(slots), 1)
        return counts

    def _places(self, packed: _Packed) -> Slots:
        slots = packed.astype(np.int64)
        slots[slots >= NAMED_BASE] += self._people.dummies - NAMED_BASE
        return slots

    def mask(self, slots: Slots) -> Mask:
        """The mask of these people, for `delivered`."""
        flags = np.zeros(self._people.total, np.bool_)
        flags[self._places(slots[slots >= 0].astype(np.uint32))] = True
        return flags
