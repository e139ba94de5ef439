"""What goes wrong on demand: a small table of rules, first match wins.

`accepted` decides the hard cases: the platform does its work first, then the answer is lost.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sandbox.line.refusals import LineRefusal, bad_request, month_exceeded, rate_exceeded, server_error


class FaultKind(StrEnum):
    """What happens to a request that a rule hits."""

    ERROR = "error"  # answers `status` (500 unless told otherwise)
    HANG = "hang"  # answers nothing for `seconds`, then drops the connection
    RESET = "reset"  # resets the connection
    TORN = "torn"  # answers headers and half of the body, then resets the connection
    SLOW = "slow"  # waits `seconds`, then serves; `accepted`: serves at once, and is late with the answer only
    RATE_LIMIT = "rate_limit"  # 429, too fast
    MONTHLY_LIMIT = "monthly_limit"  # 429, quota: also while the month still holds messages, as LINE may


@dataclass(slots=True)
class Fault:
    """One rule: passes over `skip` requests to `endpoint`, then hits `times` of them (None: all).

    `share` below 1.0 hits by chance, drawn from the table's seeded generator.
    """

    endpoint: str
    kind: FaultKind
    times: int | None = 1
    skip: int = 0
    share: float = 1.0
    accepted: bool = False
    status: int = 500
    seconds: float = 30.0

    @classmethod
    def read(cls, rule: Mapping[str, Any]) -> "Fault":
        """A rule as the control API takes it; 400 for an unknown word."""
        known = {one.name for one in fields(cls)}
        if not {"endpoint", "kind"} <= rule.keys() <= known or rule["kind"] not in list(FaultKind):
            raise bad_request(f"A fault has endpoint, kind ({', '.join(FaultKind)}) and: {', '.join(known)}")
        return cls(**{**rule, "kind": FaultKind(rule["kind"])})

    def refusal(self) -> LineRefusal | None:
        """What to answer instead of serving; None when the fault is one of time or connection."""
        match self.kind:
            case FaultKind.ERROR:
                return server_error(self.status)
            case FaultKind.RATE_LIMIT:
                return rate_exceeded()
            case FaultKind.MONTHLY_LIMIT:
                return month_exceeded()
            case _:
                return None


class FaultTable:
    """The rules in force, and how often each kind has hit."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Fault] = []
        self.hits: dict[str, int] = {}
        self.begin(seed)

    def begin(self, seed: int) -> None:
        """Draw from now on as this seed does: the n-th draw is the same again, whoever asks."""
        self._rng = random.Random(seed)

    def draw(self, endpoint: str) -> Fault | None:
        """The fault that this request meets, if any."""
        for rule in self.rules:
            if rule.endpoint in {endpoint, "*"} and self._hits(rule):
                self.hits[rule.kind.value] = self.hits.get(rule.kind.value, 0) + 1
                return rule
        return None

    def _hits(self, rule: Fault) -> bool:
        if rule.times == 0:
            return False
        if rule.skip > 0:
            rule.skip -= 1
            return False
        if self._rng.random() >= rule.share:
            return False
        if rule.times is not None:
            rule.times -= 1
        return True
