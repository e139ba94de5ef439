"""Approval: a second person approves exactly this content for exactly these people in exactly this window (I10)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tayori.domain.canonical import canonical_bytes
from tayori.domain.identifiers import BroadcastId

SMALLEST_AUDIENCE: Final = 10
DEFAULT_DRIFT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that an approval binds. A change of any part is another proposal and voids the signatures."""

    broadcast_id: BroadcastId
    genre: int
    segment: str
    content_hash: str
    image_hashes: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    small_audience_reason: str | None = None
    content_at: datetime | None = None

    def statement(self, role: str, approved_count: int) -> bytes:
        """The bytes that a handler signs in a role ("submit", "approve"); the count they saw stands beside."""
        return canonical_bytes(
            {
                "role": role,
                "broadcast": self.broadcast_id,
                "genre": self.genre,
                "segment": self.segment,
                "content_sha256": self.content_hash,
                "image_sha256": list(self.image_hashes),
                "not_before": self.not_before.astimezone(UTC).isoformat(),
                "not_after": self.not_after.astimezone(UTC).isoformat(),
                "approved_count": approved_count,
                "small_audience_reason": self.small_audience_reason,
            }
            | ({} if self.content_at is None else {"content_at": self.content_at.astimezone(UTC).isoformat()})
        )

    @staticmethod
    def count_in(statement: bytes) -> int:
        """The count that a signed statement names."""
        return int(json.loads(statement)["approved_count"])


def drifted(approved: int, frozen: int, margin: float = DEFAULT_DRIFT) -> bool:
    """Whether the audience moved by more than the margin since it was approved."""
    return abs(frozen - approved) > margin * approved
