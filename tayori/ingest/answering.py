"""Who adds the account is greeted, and who writes into its talk is told where to turn: once, by a fixed text.

The answer goes out on the event's reply token, which LINE takes once and for about a minute. A token that is used or
too old is skipped, never replaced by a message of another kind. Threads of their own do it, so that a slow LINE never
holds up the intake; what the talk said never came this far (the door dropped it), and nothing here is stored.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from enum import StrEnum
from threading import Lock
from typing import Final

from tayori.domain.identifiers import Clock
from tayori.domain.talk import Occasion, Said
from tayori.errors import Unavailable
from tayori.line.webhook import ReducedEvent

ACTIVE: Final = "active"
OCCASIONS: Final = {"follow": Occasion.GREETING, "message": Occasion.TALK}
FRESH_MS: Final = 60_000  # a reply token is good for about a minute (Messaging API, reply message)
FRESH_AGAIN_MS: Final = 20 * FRESH_MS  # of a redelivered event: at most 20 minutes from the event
ATTEMPTS: Final = 2  # a token is taken once, so that asking again cannot say it twice
THREADS: Final = 4
MOST_WAITING: Final = 20_000

Reply = Callable[[str, Said], bool]
"""Says a text on a reply token; False where LINE no longer takes the token. Raises Unavailable."""


class Outcome(StrEnum):
    """What became of an event that asked for an answer."""

    ANSWERED = "answered"
    TOO_LATE = "too_late"  # the token was old, or used
    FAILED = "failed"  # LINE did not take it, for whatever reason
    LEFT_OUT = "left_out"  # more came at once than can be answered in a minute, or the run ended


def occasion_of(event: ReducedEvent) -> Occasion | None:
    """Give what an event is answered with; None for those that are not: another channel's turn, groups, other types."""
    if event.mode != ACTIVE or event.source_type != "user" or not event.reply_token:
        return None
    return OCCASIONS.get(event.event_type)


def is_fresh(event: ReducedEvent, now_ms: int) -> bool:
    """Whether LINE may still take the event's reply token."""
    return now_ms - event.at_ms <= (FRESH_AGAIN_MS if event.redelivered else FRESH_MS)


def one_each(events: Iterable[ReducedEvent]) -> list[ReducedEvent]:
    """Of what came together, give one event a person: their greeting before all, else the last that they wrote."""
    chosen: dict[str | None, ReducedEvent] = {}
    for event in events:
        before = chosen.get(event.line_user_id)
        if before is None or occasion_of(before) is not Occasion.GREETING:
            chosen[event.line_user_id] = event
    return list(chosen.values())


class Answering:
    """Answers events as they are heard. `said` are the fixed texts; `connect` gives what replies, at the first need."""

    def __init__(self, said: dict[Occasion, Said], connect: Callable[[], Reply], clock: Clock) -> None:
        self._said = said
        self._connect = connect
        self._clock = clock
        self._reply: Reply | None = None
        self._connecting = Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="answering")
        self._coming: set[Future[Outcome]] = set()
        self._counts: Counter[Outcome] = Counter()

    def hear(self, events: Iterable[ReducedEvent]) -> None:
        """Answer those of the events that ask for it; returns at once."""
        asking = [event for event in events if occasion_of(event)]
        self._settle()
        for event in one_each(asking):
            if len(self._coming) >= MOST_WAITING:
                self._counts[Outcome.LEFT_OUT] += 1
            else:
                self._coming.add(self._threads.submit(self._answer, event))

    def end(self, patience_seconds: float) -> Counter[Outcome]:
        """Let what is under way end, for so many seconds at most; give what became of all that was heard."""
        wait(self._coming, patience_seconds)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._settle()
        self._counts[Outcome.LEFT_OUT] += len(self._coming)
        return self._counts

    def _settle(self) -> None:
        for done in [one for one in self._coming if one.done() and not one.cancelled()]:
            self._coming.discard(done)
            self._counts[Outcome.FAILED if done.exception() else done.result()] += 1

    def _answer(self, event: ReducedEvent) -> Outcome:
        occasion = occasion_of(event)
        assert occasion is not None  # noqa: S101 - only such events are heard
        for _ in range(ATTEMPTS):
            if not is_fresh(event, int(self._clock().timestamp() * 1000)):
                return Outcome.TOO_LATE
            with suppress(Unavailable):
                taken = self._connected()(event.reply_token, self._said[occasion])
                return Outcome.ANSWERED if taken else Outcome.TOO_LATE
        return Outcome.FAILED

    def _connected(self) -> Reply:
        with self._connecting:
            if self._reply is None:
                self._reply = self._connect()
            return self._reply
