"""Standing approvals: what two handlers approve once for many sends, until a day that they name (I10).

A plan sends the same message again by a rule; a template of the emergency lane is filled in by the duty officer.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from tayori.domain.canonical import canonical_bytes
from tayori.domain.recurrence import Rule, plain_rule, read_rule
from tayori.errors import BadInput, Refused

LONGEST_APPROVAL: Final = timedelta(days=366)
OPEN_MINUTES: Final = 120
DRIFT_PERCENT: Final = 20
MOST_DRIFT_PERCENT: Final = 50
LONGEST_WINDOW: Final = 24 * 60


class Kind(StrEnum):
    """What a standing approval is for."""

    PLAN = "plan"
    TEMPLATE = "template"


class StandingState(StrEnum):
    """Where a standing approval stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PAUSED = "paused"
    ENDED = "ended"
    CANCELLED = "cancelled"


S = StandingState
STANDING_STEPS: Final[Mapping[StandingState, frozenset[StandingState]]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.CANCELLED}),
    S.SUBMITTED: frozenset({S.APPROVED, S.CANCELLED}),
    S.APPROVED: frozenset({S.PAUSED, S.ENDED, S.CANCELLED}),
    S.PAUSED: frozenset({S.APPROVED, S.ENDED, S.CANCELLED}),
    S.ENDED: frozenset(),
    S.CANCELLED: frozenset(),
}
COVERS: Final = frozenset({S.APPROVED, S.ENDED})
"""States in which what was made of a standing approval may start; an end lets it go, a cancellation does not."""


class Late(StrEnum):
    """What becomes of an occurrence that is made late, because the system was down."""

    SKIP = "skip"
    SEND = "send"  # while its own window is open


def standing_step(before: StandingState, after: StandingState) -> StandingState:
    """Allow a standing approval to go from one state to the next, or refuse with the steps that are open."""
    if after not in STANDING_STEPS[before]:
        allowed = "、".join(sorted(STANDING_STEPS[before])) or "none, it has ended"
        raise Refused(f"It is {before} and cannot become {after}. Possible next: {allowed}.")
    return after


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that the two signatures bind. `particulars` is the canonical JSON of a plan's or template's own."""

    standing_id: str
    kind: Kind
    genre: int
    segment: str
    content_hash: str
    particulars: str
    ends_on: date
    small_audience_reason: str | None = None

    def statement(self, role: str, approved_count: int) -> bytes:
        """The bytes that a handler signs in a role ("submit", "approve"); the count they saw stands beside."""
        return canonical_bytes(
            {
                "form": "tayori standing approval 1",
                "role": role,
                "standing": self.standing_id,
                "kind": self.kind.value,
                "genre": self.genre,
                "segment": self.segment,
                "content_sha256": self.content_hash,
                "particulars": self.particulars,
                "ends_on": self.ends_on.isoformat(),
                "approved_count": approved_count,
                "small_audience_reason": self.small_audience_reason,
            }
        )


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """A plan's own: when, how long each window is open, how far the audience may drift, and what if it is late."""

    rule: Rule
    open_minutes: int = OPEN_MINUTES
    drift_percent: int = DRIFT_PERCENT
    late: Late = Late.SKIP

    def window(self, day: date) -> tuple[datetime, datetime]:
        """The window of the occurrence of a day."""
        begins = self.rule.moment(day)
        return begins, begins + timedelta(minutes=self.open_minutes)

    @property
    def margin(self) -> float:
        """How far an audience may be from the approved count, as a share."""
        return self.drift_percent / 100


def read_plan(written: Mapping[str, object], closed: Collection[date] = ()) -> PlanTerms:
    """Read a plan's own, as written or as stored; `closed` are the ward's closing days, as `read_rule` takes them.

    Raises:
        BadInput: the rule cannot be read, or the window, the margin or the late policy is out of bounds.

    """
    if unknown := set(written) - {"rule", "open_minutes", "drift_percent", "late"}:
        raise BadInput(
            f"A plan has no {', '.join(sorted(map(str, unknown)))}; it has rule, open_minutes, drift_percent, late."
        )
    late = written.get("late", Late.SKIP.value)
    if late not in list(Late):
        raise BadInput(f"late: write {' or '.join(Late)}.")
    return PlanTerms(
        rule=read_rule(written.get("rule"), closed),
        open_minutes=_within(written.get("open_minutes", OPEN_MINUTES), "open_minutes", 5, LONGEST_WINDOW),
        drift_percent=_within(written.get("drift_percent", DRIFT_PERCENT), "drift_percent", 1, MOST_DRIFT_PERCENT),
        late=Late(str(late)),
    )


def plan_particulars(terms: PlanTerms) -> str:
    """Give a plan's own as the text that is signed and stored."""
    said = {
        "rule": plain_rule(terms.rule),
        "open_minutes": terms.open_minutes,
        "drift_percent": terms.drift_percent,
        "late": terms.late.value,
    }
    return canonical_bytes(said).decode("utf-8")


def stored_plan(particulars: str) -> PlanTerms:
    """Read a plan's own back from what is stored."""
    return read_plan(json.loads(particulars))


def _within(written: object, place: str, least: int, most: int) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or not least <= written <= most:
        raise BadInput(f"{place}: a number from {least} to {most}.")
    return written
