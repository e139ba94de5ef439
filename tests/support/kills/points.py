"""Where a sender is killed: the named points between the first freeze write and the last state write.

`arm` is called in the sender's own process, before it begins. A point is a function of ours that the sender enters:
at the n-th entry the process kills itself by SIGKILL, at once, `late` seconds later, or when the function returns.
"""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tayori.broadcast import ending, freeze, opener
from tayori.broadcast.courier import Courier
from tayori.broadcast.ledger import Ledger
from tayori.broadcast.opener import HelperOpener, ReadyOpener
from tayori.broadcast.send import Sending
from tayori.line.answers import Answer, Verdict
from tayori.line.client import LineClient
from tayori.warehouse import batches
from tests.support.kills.wards import Ward

HELPER_PATIENCE: Final = 30.0
PAUSED_AT: Final = 5  # the parcel at which the desk pauses the broadcast


@dataclass(frozen=True, slots=True)
class Point:
    """A function, the earliest and latest entry that is drawn (1 is the first), and when the process dies then.

    `latest` 0: as many as three quarters of the batches. `needs` says what must be so before entries count.
    """

    owner: object
    name: str
    latest: int = 1
    first: int = 1
    late: float = 0.0
    at_return: bool = False
    needs: str = ""

    def entry(self, rng: Random, batches: int) -> int:
        """Draw the entry at which a sender of so many batches dies."""
        return rng.randint(self.first, self.latest or max(self.first, batches * 3 // 4))


PAUSED, REFUSED, HELPER = "a pause", "a 400 that names somebody", "the helper process"
POINTS: Final[dict[str, Point]] = {
    "before the first list is stored": Point(batches, "freeze"),
    "between two chunks of the freeze": Point(freeze, "_freeze_chunk", latest=4, first=2),
    "a chunk written, not committed": Point(batches, "freeze", latest=3, at_return=True),
    "frozen, nothing claimed": Point(Sending, "__enter__"),
    "before a claim is committed": Point(batches, "begin_attempts", latest=3),
    "a claim written, not committed": Point(batches, "begin_attempts", latest=3, at_return=True),
    "between claim and hand-out": Point(Sending, "_hand_out", latest=3),
    "handed out, ids opened, not asked": Point(Courier, "deliver", latest=0),
    "in the middle of a call": Point(LineClient, "multicast", latest=0, late=0.01),
    "answered, nobody heard": Point(LineClient, "multicast", latest=0, at_return=True),
    "answers in hand, not written": Point(batches, "settle", latest=4, first=2),
    "outcomes written, not committed": Point(batches, "add_calls", latest=4, first=2),
    "before the end is written": Point(ending, "end"),
    "the end written, not committed": Point(ending, "end", at_return=True),
    "while a helper process opens ids": Point(HelperOpener, "ask", latest=3, late=0.002, needs=HELPER),
    "in the middle of the pause": Point(Ledger, "settle", latest=2, at_return=True, needs=PAUSED),
    "in the pause, calls under way": Point(Ledger, "settle", late=0.01, needs=PAUSED),
}
FREEZING: Final = frozenset(list(POINTS)[:3])
AGAIN: Final[dict[str, Point]] = {
    "before it is asked about again": Point(Ledger, "claim_doubtful"),
    "asked about again": Point(LineClient, "multicast", latest=3, late=0.01),
    "in the pass over the unknown": Point(Ledger, "claim_doubtful", latest=2),
}
"""Points of a sender that takes up what another one left; each of `POINTS` but the `FREEZING` may hit it too."""
SPLITS: Final[dict[str, Point]] = {
    "refused, not written": Point(Courier, "deliver", at_return=True, needs=REFUSED),
    "inside the split of a refused batch": Point(batches, "split", needs=REFUSED),
    "the split written, not committed": Point(batches, "split", at_return=True, needs=REFUSED),
    "the rest under its new key, in the middle of the call": Point(LineClient, "multicast", late=0.01, needs=REFUSED),
}
"""Points around a 400 that names recipients: there are such only in trials where LINE refuses somebody."""
EVERY: Final = POINTS | AGAIN | SPLITS


def die() -> None:
    """End this process as a power cut would: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, times: int, ward: Ward) -> None:
    """Let this process die at the n-th entry of a point."""
    met = threading.Event()
    if point.needs == HELPER:
        _insist_on_the_helper()
    if point.needs in {HELPER, ""}:
        met.set()
    if point.needs == PAUSED:
        _pause_halfway(ward, met)
    if point.needs == REFUSED:
        _wait_for_a_refusal(met)
    _kill_at(point, times, met)


def strike_at(point: Point, times: int) -> None:
    """Let this process die at the n-th entry of a point that needs nothing else."""
    met = threading.Event()
    met.set()
    _kill_at(point, times, met)


def _kill_at(point: Point, times: int, met: threading.Event) -> None:
    entries = itertools.count(1)

    def is_it() -> bool:
        return met.is_set() and next(entries) == times

    def entered(original: Callable[..., Any], *args: object, **kwargs: object) -> object:
        if not point.at_return and is_it():
            _die_in(point.late)
        try:
            return original(*args, **kwargs)
        finally:
            if point.at_return and is_it():
                die()

    _wrap(point.owner, point.name, entered)


def _die_in(seconds: float) -> None:
    if not seconds:
        die()
    dying = threading.Timer(seconds, die)
    dying.daemon = True
    dying.start()


def _insist_on_the_helper() -> None:
    """Let every block wait for the helper process, which else is for long runs only."""

    def ask(_original: Callable[..., Any], self: ReadyOpener, *args: Any) -> None:  # noqa: ANN401 - handed on
        until = time.monotonic() + HELPER_PATIENCE
        while not self._helper.is_ready and time.monotonic() < until:
            time.sleep(0.005)
        self._helper.ask(*args)

    _wrap(opener.ReadyOpener, "ask", ask)


def _pause_halfway(ward: Ward, met: threading.Event) -> None:
    """Let the desk pause the broadcast when some parcels are on their way."""
    parcels = itertools.count(1)

    def deliver(original: Callable[..., Any], *args: object) -> object:
        if next(parcels) == PAUSED_AT:
            ward.pause()
            met.set()
        return original(*args)

    _wrap(Courier, "deliver", deliver)


def _wait_for_a_refusal(met: threading.Event) -> None:
    def multicast(original: Callable[..., Answer], *args: object) -> Answer:
        answer = original(*args)
        if answer.verdict is Verdict.RECIPIENTS_REFUSED:
            met.set()
        return answer

    _wrap(LineClient, "multicast", multicast)


def _wrap(owner: object, name: str, around: Callable[..., object]) -> None:
    """Put a function around another one, in this process."""
    original = getattr(owner, name)

    def wrapped(*args: object, **kwargs: object) -> object:
        return around(original, *args, **kwargs)

    setattr(owner, name, wrapped)
