"""What became of what came in: received = applied + ignored + duplicate + quarantined, always."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """Counts of one kind of submission. Reasons and rules are words of ours, never values."""

    received: int = 0
    applied: int = 0
    duplicate: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        """Add other counts to these."""
        self.received += other.received
        self.applied += other.applied
        self.duplicate += other.duplicate
        self.ignored.update(other.ignored)
        self.quarantined.update(other.quarantined)

    def tallied(self, kind: str = "") -> dict[tuple[str, str], int]:
        """Give the counts by outcome and reason, as the warehouse tallies them; `kind` is put before each reason."""
        outcomes = {("applied", kind): self.applied, ("duplicate", kind): self.duplicate}
        before = f"{kind}:" if kind else ""
        outcomes |= {("ignored", before + reason): count for reason, count in self.ignored.items()}
        outcomes |= {("quarantined", before + rule): count for rule, count in self.quarantined.items()}
        return {key: count for key, count in outcomes.items() if count}

    def plain(self) -> dict[str, Any]:
        """Give the counts for a table or JSON: sums, and reasons by name."""
        return {
            "received": self.received,
            "applied": self.applied,
            "ignored": self.ignored.total(),
            "duplicate": self.duplicate,
            "quarantined": self.quarantined.total(),
            "reasons": dict(sorted(self.ignored.items())),
            "rules": dict(sorted(self.quarantined.items())),
        }
