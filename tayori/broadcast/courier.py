"""The courier: carries one batch to LINE until its outcome is known, always under the same key, in the same words."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tayori.broadcast.brake import NOT_LET_IN, QUOTA, Brake, content_refused, no_place
from tayori.domain.batches import RETRY_WITHIN
from tayori.domain.identifiers import Clock
from tayori.domain.states import BatchState
from tayori.errors import TayoriError
from tayori.line.answers import Answer, Verdict
from tayori.line.client import Content, LineClient
from tayori.line.limiter import Pacer
from tayori.warehouse.batches import Call, FrozenBatch, Settled

ENDPOINT: Final = "multicast"


@dataclass(frozen=True, slots=True)
class Pace:
    """How the sender goes about it. The defaults are for LINE itself; tests shorten the waits."""

    block: int = 25  # batches claimed, and written down, in one transaction
    ahead: int = 100  # batches claimed and not settled yet, at most
    threads: int = 32  # requests under way at once: 200 a second at 160 ms each
    helper_from: int = 60  # batches from which on a helper process opens the ids
    tries: int = 6  # calls without a clear answer before a batch is called unknown
    first_wait: float = 0.5  # seconds; doubled each time, with jitter
    longest_wait: float = 30.0
    too_fast_wait: float = 1.0
    passes: int = 3  # how often the unknown ones are gone through again at the end
    pass_wait: float = 5.0
    quota_looks: int = 3  # how often the quota is read again before a spent one pauses the broadcast
    quota_wait: float = 20.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch with its open ids. `doubtful`: LINE may have taken it already, in an earlier try."""

    batch: FrozenBatch
    ids: list[str] = field(repr=False)
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a parcel: its new state, the last answer, and every call that was made for it.

    `PLANNED` means that LINE surely took nothing: it can be given back. `REFUSED` means that LINE refuses recipients:
    those that its answer names, or some that it does not name.
    """

    ordinal: int
    state: BatchState
    answer: Answer | None = None
    calls: tuple[Call, ...] = ()

    @property
    def settled(self) -> Settled:
        """The row to write."""
        status = self.answer.status if self.answer else None
        request_id = self.answer.request_id if self.answer else None
        return Settled(self.ordinal, self.state, len(self.calls), status, request_id)


@dataclass(frozen=True)
class Courier:
    """Delivers parcels; any number of threads may share one."""

    line: LineClient
    content: Content
    limiter: Pacer
    pace: Pace
    clock: Clock
    rng: random.Random
    brake: Brake

    def deliver(self, parcel: Parcel) -> Delivered:
        """Ask LINE until the batch's outcome is known, it is too late, or the patience for one batch is at its end."""
        trip = _Trip(parcel, self.clock)
        while (state := self._ended(trip) or self._tried(trip)) is None:
            pass
        return trip.end(state)

    def _tried(self, trip: "_Trip") -> BatchState | None:
        """Make one call when the rate has a place for it; give the batch's outcome if it is known then."""
        if not self._has_place():
            return None
        answer = trip.ask(self.line, self.content)
        match answer.verdict:
            case Verdict.ACCEPTED:
                return BatchState.ACCEPTED
            case Verdict.RECIPIENTS_REFUSED:
                return BatchState.REFUSED
            case Verdict.REFUSED:  # the same words were refused in any earlier try, too: LINE surely took nothing
                self.brake.ease(content_refused(answer.status, answer.places))
                return BatchState.PLANNED
            case Verdict.QUOTA_SPENT:
                self.brake.ease(QUOTA)
            case Verdict.NOT_LET_IN:
                self.brake.ease(NOT_LET_IN)
            case Verdict.TOO_FAST:
                self.limiter.hold(self.pace.too_fast_wait)
            case Verdict.UNCERTAIN:
                self.brake.sleep(self._backoff(trip.unanswered))
        return None

    def _has_place(self) -> bool:
        """Wait for a place in the rate. Where there is none any more, everything is left as it is, with the reason."""
        try:
            self.limiter.take()
        except TayoriError as refusal:
            self.brake.abandon(no_place(refusal))
            return False
        return True

    def _ended(self, trip: "_Trip") -> BatchState | None:
        """The state to leave the batch in, if it is not to be tried (again)."""
        if trip.started_before(self.clock() - RETRY_WITHIN):
            return BatchState.UNKNOWN if trip.doubtful else BatchState.PLANNED
        if self.brake.eased and not trip.doubtful:
            return BatchState.PLANNED
        if self.brake.abandoned or (self.brake.eased and trip.turned_away):
            return BatchState.SENDING
        return BatchState.UNKNOWN if trip.unanswered >= self.pace.tries else None

    def _backoff(self, unanswered: int) -> float:
        longest = min(self.pace.longest_wait, self.pace.first_wait * 2.0 ** (unanswered - 1))
        return longest * self.rng.uniform(0.5, 1.0)


class _Trip:
    """One parcel on its way: what was asked, and whether LINE may have taken it."""

    def __init__(self, parcel: Parcel, clock: Callable[[], datetime]) -> None:
        self._parcel = parcel
        self._clock = clock
        self._answer: Answer | None = None
        self._calls: list[Call] = []
        self.doubtful = parcel.doubtful
        self.unanswered = 0

    def ask(self, line: LineClient, content: Content) -> Answer:
        """Make one call."""
        at, batch = self._clock(), self._parcel.batch
        self._answer = answer = line.multicast(self._parcel.ids, content, batch.retry_key)
        self._calls.append(Call(at, ENDPOINT, answer.status, answer.request_id))
        if answer.verdict is Verdict.UNCERTAIN:
            self.doubtful = True
            self.unanswered += 1
        return answer

    @property
    def turned_away(self) -> bool:
        """Whether LINE's last answer was that nobody in the request gets it now."""
        return self._answer is not None and self._answer.verdict is not Verdict.UNCERTAIN

    def started_before(self, moment: datetime) -> bool:
        """Whether the batch was first tried at that moment or before."""
        first = self._parcel.batch.first_attempt_at
        return first is not None and first <= moment

    def end(self, state: BatchState) -> Delivered:
        """The outcome."""
        return Delivered(self._parcel.batch.ordinal, state, self._answer, tuple(self._calls))
