"""Posts webhook deliveries: several connections at a time, each kept open, the answers counted.

Plain threads and the standard library: it costs a tenth of a general HTTP client, on a machine that the door shares.
"""

import ssl
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.line.webhooks import Delivery, Policy, Target

ANSWER_SECONDS: Final = 2.0
"""LINE waits no longer for an answer."""
_TAKEN: Final = range(200, 300)


@dataclass
class Answers:
    """How the deliveries were answered: by status (`0`: not at all), and the slowest."""

    statuses: Counter[int] = field(default_factory=Counter)
    events: int = 0
    slowest_seconds: float = 0.0

    def count(self, status: int, events: int, seconds: float) -> None:
        """Book one attempt."""
        self.statuses[status] += 1
        self.events += events
        self.slowest_seconds = max(self.slowest_seconds, seconds)

    def as_counts(self) -> dict[str, Any]:
        """The counts by name, for JSON."""
        return {
            "deliveries": self.statuses.total(),
            "events": self.events,
            "statuses": {str(status): number for status, number in sorted(self.statuses.items())},
            "slowest_seconds": round(self.slowest_seconds, 3),
        }


def deliver(deliveries: Sequence[Delivery], target: Target, policy: Policy) -> Answers:
    """Post every delivery; returns when all were answered, or given up."""
    queue = _Queue(deliveries)
    with ThreadPoolExecutor(policy.concurrency) as pool:
        return _merged(pool.map(lambda _: _work(queue, target, policy), range(policy.concurrency)))


def _work(queue: "_Queue", target: Target, policy: Policy) -> Answers:
    answers, connection = Answers(), _connection(target.url)
    try:
        while (delivery := queue.take()) is not None:
            for attempt in range(policy.attempts):
                if _post(connection, target, delivery.marked() if attempt else delivery, answers):
                    break
    finally:
        connection.close()
    return answers


def _post(connection: HTTPConnection, target: Target, delivery: Delivery, answers: Answers) -> bool:
    """One attempt; whether it was answered 2xx."""
    body, started = target.body(delivery.events), time.monotonic()
    try:
        connection.request("POST", urlsplit(target.url).path or "/", body, target.headers(body))
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, HTTPException):
        connection.close()
        status = 0
    answers.count(status, len(delivery.events), time.monotonic() - started)
    return status in _TAKEN


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=ANSWER_SECONDS, context=_trust())
    return HTTPConnection(host, parts.port, timeout=ANSWER_SECONDS)


@cache
def _trust() -> ssl.SSLContext:
    """What this machine trusts, read once."""
    return ssl.create_default_context()


class _Queue:
    """Hands out deliveries in order; late ones wait their time and come between."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        self._lock = Lock()
        self._coming = iter(deliveries)
        self._late: list[tuple[float, int, Delivery]] = []
        self._order = count()

    def take(self) -> Delivery | None:
        """The next delivery, when its time has come; None when there are no more."""
        with self._lock:
            due, delivery = self._next(time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        return delivery

    def _next(self, now: float) -> tuple[float, Delivery | None]:
        if self._late and self._late[0][0] <= now:
            return now, heappop(self._late)[2]
        for delivery in self._coming:
            if delivery.after == 0:
                return now, delivery
            heappush(self._late, (now + delivery.after, next(self._order), delivery))
        if not self._late:
            return now, None
        due, _, delivery = heappop(self._late)
        return due, delivery


def _merged(parts: Iterable[Answers]) -> Answers:
    whole = Answers()
    for part in parts:
        whole.statuses += part.statuses
        whole.events += part.events
        whole.slowest_seconds = max(whole.slowest_seconds, part.slowest_seconds)
    return whole
