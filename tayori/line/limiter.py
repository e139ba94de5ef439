"""The rate at which we ask LINE: below LINE's own limit, evenly, so that we never learn of it by 429.

`Limiter` holds it inside one process. `SharedLimiter` holds it across workers and machines: places come in blocks
from a source that all of them share, and are spread evenly here.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, Self

from tayori.errors import TayoriError, Unavailable

MULTICASTS_A_SECOND: Final = 200  # LINE's limit per channel (Messaging API reference, "Rate limits")
BURST_SECONDS: Final = 0.1
BLOCK_SECONDS: Final = 0.25
POOL_SECONDS: Final = 0.5
LONGEST_KEEP: Final = 5.0
CAUTION: Final = 0.9
CATCH_UP: Final = 1.1  # places hold the rate; who paused may make up for it out of what the source has meanwhile
PATIENCE_SECONDS: Final = 30.0


class Pacer(Protocol):
    """Gives one call after another its moment."""

    def take(self) -> None:
        """Return when the next call may go out.

        Raises:
            TayoriError: no call may go out any more; the sentence says why.

        """

    def hold(self, seconds: float) -> None:
        """Let no further call go out for so long: LINE said that we are too fast."""

    def close(self) -> None:
        """End; whoever waits for a place is told that there is none."""


class Limiter:
    """Gives one call after another its moment, evenly, to however many threads; time is monotonic and injected."""

    def __init__(
        self,
        per_second: float,
        *,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1.0 / per_second
        self._slack = (per_second * BURST_SECONDS if burst is None else burst) * self._interval
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock() - self._slack

    def take(self) -> None:
        """Return when the next call may go out."""
        while (wait := self._reserve()) > 0:
            self._sleep(wait)

    def hold(self, seconds: float) -> None:
        """Let no further call go out for so long: LINE said that we are too fast."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)

    def close(self) -> None:
        """End; nothing is held here."""

    def _reserve(self) -> float:
        """Take a place if there is one now (0.0), else say how long until there may be one."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - self._slack)
            if self._next <= now:
                self._next += self._interval
                return 0.0
            return self._next - now


def share_of_line(share: float) -> Limiter:
    """A limiter at a share (0 to 1) of what LINE allows for multicasts."""
    return Limiter(share * MULTICASTS_A_SECOND)


@dataclass(frozen=True, slots=True)
class Shares:
    """The sizes that follow from a rate, so that all who share it together stay below LINE's bucket.

    The source gives out at most `pool` places at once and `per_second` after that, and a place that was not used within
    `keep` seconds is thrown away. So in any t seconds at most pool + per_second * (t + keep) calls go out; `keep` is
    such that this fits LINE's bucket, which holds a second of its rate.
    """

    per_second: float
    pool: int

    @classmethod
    def of(cls, per_second: float) -> Self:
        """Give the sizes that we ask for."""
        return cls(per_second, max(1, int(per_second * POOL_SECONDS)))

    @property
    def block(self) -> int:
        """How many places are taken at once."""
        return max(1, int(self.per_second * BLOCK_SECONDS))

    @property
    def keep(self) -> float:
        """For how many seconds a place is good."""
        return min(LONGEST_KEEP, CAUTION * (MULTICASTS_A_SECOND - self.pool) / self.per_second)


class Source(Protocol):
    """Where places come from; all who share the rate ask the same one."""

    def wait(self, places: int) -> float:
        """After how many seconds so many places may be there; 0.0: now.

        Raises:
            TayoriError: there is no such source any more, or it cannot be asked.

        """

    def take(self, places: int) -> bool:
        """Take so many places, all or none; whether they were there.

        Raises:
            TayoriError: there is no such source any more, or it cannot be asked.

        """


class SharedLimiter:
    """Places out of blocks that a thread fetches ahead of need; fails closed.

    When the source refuses, ends or stays silent, `take` raises its sentence for good: nothing more goes out, and what
    is under way is settled by whoever carries it.
    """

    def __init__(
        self,
        sizes: Shares,
        source: Source,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sizes = sizes
        self._even = Limiter(sizes.per_second * CATCH_UP, clock=clock)
        self._source = source
        self._patience = patience
        self._clock = clock
        self._places: deque[float] = deque()  # until when each one is good
        self._failure: TayoriError | None = None
        self._gate = threading.Lock()  # one call after another: who waits for a place waits alone
        lock = threading.Lock()
        self._came, self._needed = threading.Condition(lock), threading.Condition(lock)
        threading.Thread(target=self._fetch, name="rate", daemon=True).start()

    def take(self) -> None:
        """Return when the next call may go out.

        Raises:
            TayoriError: the source gives no more places; the sentence says why.

        """
        with self._gate:
            self._even.take()
            with self._came:
                if not self._came.wait_for(self._take_one, self._patience):
                    self._failure = self._failure or _silent(self._patience)
                if self._failure is not None:
                    raise type(self._failure)(self._failure.sentence)

    def hold(self, seconds: float) -> None:
        """Let no further call go out for so long: LINE said that we are too fast."""
        self._even.hold(seconds)

    def close(self) -> None:
        """Fetch no more."""
        self._fail(Unavailable("The sender has ended; no more places are taken."))

    def _take_one(self) -> bool:
        """Take a place that is still good, or see that there will be none; call for more when few are left."""
        now = self._clock()
        while self._places and self._places[0] <= now:
            self._places.popleft()
        took = bool(self._places)
        if took:
            self._places.popleft()
        if self._low:
            self._needed.notify()
        return took or self._failure is not None

    @property
    def _low(self) -> bool:
        return len(self._places) <= self._sizes.block // 2

    def _fetch(self) -> None:
        while self._wait_for_need():
            try:
                self._fetch_block()
            except TayoriError as refusal:
                self._fail(refusal)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing may go out without a place
                self._fail(Unavailable(f"The shared rate cannot be asked for ({type(error).__name__})."))

    def _fetch_block(self) -> None:
        """Put a block of places out, good from the moment they were asked for; or wait before the next question."""
        block = self._sizes.block
        wait, until = self._source.wait(block), self._clock() + self._sizes.keep
        if wait <= 0 and self._source.take(block):
            with self._came:
                self._places.extend([until] * block)
                self._came.notify()
        else:
            self._rest(wait or block / self._sizes.per_second)

    def _wait_for_need(self) -> bool:
        """Wait until few places are left; False once there is no more to do."""
        with self._needed:
            self._needed.wait_for(lambda: self._low or self._failure is not None)
            return self._failure is None

    def _rest(self, seconds: float) -> None:
        with self._needed:
            self._needed.wait_for(lambda: self._failure is not None, seconds)

    def _fail(self, failure: TayoriError) -> None:
        with self._came:
            self._failure = self._failure or failure
            self._came.notify()
            self._needed.notify()


def _silent(patience: float) -> Unavailable:
    return Unavailable(f"The shared rate gave no place for {patience:g} seconds; nothing more is sent.")
