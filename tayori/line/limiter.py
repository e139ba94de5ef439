"""The rate at which we ask LINE: a token bucket below LINE's own, so that we never learn its limit by 429."""

import threading
import time
from collections.abc import Callable
from typing import Final

MULTICASTS_A_SECOND: Final = 200  # LINE's limit per channel (Messaging API reference, "Rate limits")
BURST_SECONDS: Final = 0.1


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
