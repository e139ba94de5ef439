"""The states of broadcasts, batches and cases: each machine is one table of allowed steps."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tayori.errors import Refused


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    HELD = "held"
    SENT = "sent"
    CANCELLED = "cancelled"
    NEEDS_DECISION = "needs_decision"


class BatchState(StrEnum):
    """Where one batch of a broadcast stands."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDECIDED = "undecided"


class CaseState(StrEnum):
    """Where a letter's case stands (thin: the desk's own states come with the desk)."""

    RECEIVED = "received"
    ANSWERED = "answered"
    CIRCULATED = "circulated"  # 供覧
    NO_ANSWER_NEEDED = "no_answer_needed"  # 回答不要
    NOT_OURS = "not_ours"  # 所管外


B = BroadcastState
BROADCAST_STEPS: Final[Mapping[BroadcastState, frozenset[BroadcastState]]] = {
    B.DRAFT: frozenset({B.SUBMITTED, B.CANCELLED}),
    B.SUBMITTED: frozenset({B.APPROVED, B.DRAFT, B.CANCELLED}),
    B.APPROVED: frozenset({B.DRAFT, B.SCHEDULED, B.SENDING, B.HELD, B.CANCELLED}),
    B.SCHEDULED: frozenset({B.DRAFT, B.SENDING, B.HELD, B.CANCELLED}),
    B.SENDING: frozenset({B.SENT, B.PAUSED, B.HELD, B.NEEDS_DECISION, B.CANCELLED}),
    B.PAUSED: frozenset({B.SENDING, B.CANCELLED}),
    B.HELD: frozenset({B.DRAFT, B.APPROVED, B.CANCELLED}),
    B.NEEDS_DECISION: frozenset({B.SENT, B.SENDING}),
    B.SENT: frozenset(),
    B.CANCELLED: frozenset(),
}
T = BatchState
BATCH_STEPS: Final[Mapping[BatchState, frozenset[BatchState]]] = {
    T.PLANNED: frozenset({T.SENDING}),
    # back to planned where LINE surely took nothing (never called, or only 429), under a new key
    T.SENDING: frozenset({T.ACCEPTED, T.REFUSED, T.UNKNOWN, T.PLANNED}),
    T.UNKNOWN: frozenset({T.ACCEPTED, T.REFUSED, T.UNDECIDED}),
    T.ACCEPTED: frozenset(),
    T.REFUSED: frozenset(),
    T.UNDECIDED: frozenset(),
}
C = CaseState
CASE_STEPS: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    C.RECEIVED: frozenset({C.ANSWERED, C.CIRCULATED, C.NO_ANSWER_NEEDED, C.NOT_OURS}),
    C.ANSWERED: frozenset(),
    C.CIRCULATED: frozenset(),
    C.NO_ANSWER_NEEDED: frozenset(),
    C.NOT_OURS: frozenset(),
}
DONE: Final = frozenset({C.ANSWERED, C.CIRCULATED, C.NO_ANSWER_NEEDED, C.NOT_OURS})


def step(before: BroadcastState, after: BroadcastState) -> BroadcastState:
    """Allow a broadcast to go from one state to the next, or refuse with the steps that are open."""
    if after not in BROADCAST_STEPS[before]:
        allowed = "、".join(sorted(BROADCAST_STEPS[before])) or "none, it has ended"
        raise Refused(f"The broadcast is {before} and cannot become {after}. Possible next: {allowed}.")
    return after


def batch_sources(after: BatchState) -> frozenset[BatchState]:
    """The states from which a batch may go to this one: what a bulk write may overwrite, and nothing else."""
    return frozenset(before for before, following in BATCH_STEPS.items() if after in following)


def case_step(before: CaseState, after: CaseState) -> CaseState:
    """Allow a case to go from one state to the next, or refuse with the steps that are open."""
    if after not in CASE_STEPS[before]:
        allowed = "、".join(sorted(CASE_STEPS[before])) or "none, it is done"
        raise Refused(f"The case is {before} and cannot become {after}. Possible next: {allowed}.")
    return after
