"""How much LINE allows: requests per endpoint (token buckets) and recipients per month (quota)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.line.clock import TOKYO
from sandbox.line.refusals import month_exceeded

SECOND: Final = 1.0
MINUTE: Final = 60.0
HOUR: Final = 3600.0


@dataclass(frozen=True)
class Rate:
    """`count` requests per `seconds`; the bucket holds as many."""

    count: int
    seconds: float


ORDINARY: Final = Rate(2000, SECOND)
RATES: Final[dict[str, Rate]] = {
    "multicast": Rate(200, SECOND),
    "richmenu.create": Rate(100, HOUR),
    "richmenu.delete": Rate(100, HOUR),
    "richmenu.alias.delete": Rate(100, HOUR),
    "richmenu.list": Rate(10, SECOND),
    "insight": Rate(60, HOUR),
    "insight.unit": Rate(60, HOUR),
    "webhook.endpoint": Rate(1000, MINUTE),
}
"""Endpoints whose rate is not `ORDINARY`."""


class TokenBucket:
    """A bucket that starts full, refills evenly, and gives one token a request."""

    def __init__(self, rate: Rate) -> None:
        self._capacity = float(rate.count)
        self._per_second = rate.count / rate.seconds
        self._tokens = self._capacity
        self._filled_at = 0.0

    def take(self, now: float) -> bool:
        """Take one token at `now` (seconds); False when there is none."""
        gained = max(0.0, now - self._filled_at) * self._per_second
        self._tokens = min(self._capacity, self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class RateLimits:
    """One bucket per endpoint. A factor widens all of them (benches of what is not the sender)."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._buckets: dict[str, TokenBucket] = {}

    def allows(self, endpoint: str, now: float) -> bool:
        """Whether a request to this endpoint passes now."""
        bucket = self._buckets.get(endpoint)
        if bucket is None:
            rate = RATES.get(endpoint, ORDINARY)
            bucket = self._buckets[endpoint] = TokenBucket(Rate(int(rate.count * self._factor), rate.seconds))
        return bucket.take(now)


@dataclass
class Quota:
    """The month's messages (Tokyo's calendar): recipients that a message reached; replies are free.

    `limit` None is the municipal plan: nothing is counted against anything.
    """

    limit: int | None = None
    _used: dict[tuple[int, int], int] = field(default_factory=dict)

    def used(self, now: datetime) -> int:
        """How many messages went out in the month of `now`."""
        return self._used.get(_month(now), 0)

    def demand(self, recipients: int, now: datetime) -> None:
        """Refuse the whole request when the month does not hold so many more (429)."""
        if self.limit is not None and self.used(now) + recipients > self.limit:
            raise month_exceeded()

    def spend(self, recipients: int, now: datetime) -> None:
        """Count messages that went out."""
        month = _month(now)
        self._used[month] = self._used.get(month, 0) + recipients


def _month(now: datetime) -> tuple[int, int]:
    here = now.astimezone(TOKYO)
    return here.year, here.month
