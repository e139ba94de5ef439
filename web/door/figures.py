"""What the webhook's door counts: deliveries by what became of them, never by whom they are from."""

from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.8)
DELIVERIES: Final = (1, 2, 5, 10, 20, 50, 100, 256)


class Outcome(StrEnum):
    """What became of a delivery. Only `KEPT`, `UNPARSED` and `EMPTY` are answered 200."""

    KEPT = "kept"
    UNPARSED = "unparsed"  # kept whole, sealed, for the quarantine
    EMPTY = "empty"  # LINE's ping: nothing to keep
    UNSIGNED = "unsigned"
    TOO_LARGE = "too_large"
    SLOW_BODY = "slow_body"
    BUSY = "busy"
    NOT_KEPT = "not_kept"  # the inbox or the key could not be reached in time; LINE delivers again


class Figures:
    """The counts of one door since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        told = Counter("tayori_door_deliveries", "Webhook deliveries by outcome", ["outcome"], registry=self.registry)
        self._deliveries = {outcome: told.labels(outcome) for outcome in Outcome}
        self.events = Counter("tayori_door_events", "Events in the deliveries that were kept", registry=self.registry)
        self.answered = Histogram(
            "tayori_door_answer_seconds", "From the headers to the answer", buckets=SECONDS, registry=self.registry
        )
        self.committed = Histogram(
            "tayori_door_commit_deliveries", "Deliveries in one commit", buckets=DELIVERIES, registry=self.registry
        )
        self.held = Gauge("tayori_door_held_bytes", "Bytes of bodies in memory just now", registry=self.registry)

    def count(self, outcome: Outcome) -> None:
        """Count one delivery."""
        self._deliveries[outcome].inc()
