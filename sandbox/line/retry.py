"""Retry keys: what makes a repeated request harmless for 24 hours, and only for 24 hours."""

import re
from dataclasses import dataclass
from typing import Final

from sandbox.line.refusals import KEY_ACCEPTED, LineRefusal, bad_request

REMEMBERED_SECONDS: Final = 24 * 3600.0
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(slots=True)
class _Attempt:
    first_at: float
    accepted_as: str | None = None
    fingerprint: int = 0


class RetryKeys:
    """The keys seen in the last 24 hours, counted from the first request that carried each."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}
        self.repeated = 0
        self.altered = 0

    def admit(self, key: str, fingerprint: int, now: float) -> None:
        """Let a request with this key pass, or answer 409 when it was accepted before.

        `fingerprint` is a hash of the request; `altered` counts keys that came back with another one,
        which LINE forbids and a sender must never do.
        """
        if not _UUID.fullmatch(key):
            raise bad_request("Invalid retry key")
        self._forget(now)
        attempt = self._attempts.setdefault(key, _Attempt(now, fingerprint=fingerprint))
        self.altered += attempt.fingerprint != fingerprint
        if attempt.accepted_as is not None:
            self.repeated += 1
            raise LineRefusal(409, KEY_ACCEPTED, headers=[("x-line-accepted-request-id", attempt.accepted_as)])

    def accepted(self, key: str, request_id: str) -> None:
        """Remember that the request with this key went out."""
        self._attempts[key].accepted_as = request_id

    def _forget(self, now: float) -> None:
        """Drop keys older than 24 h; they stand in the order of their first request."""
        while self._attempts:
            oldest = next(iter(self._attempts))
            if now - self._attempts[oldest].first_at < REMEMBERED_SECONDS:
                return
            del self._attempts[oldest]

    def __len__(self) -> int:
        return len(self._attempts)
