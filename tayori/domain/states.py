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
    SCHEDULED = "scheduled"  # approved, its window begins later
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
    """Where a letter's case stands at the opinion desk."""

    RECEIVED = "received"  # 受付
    ASSIGNED = "assigned"  # 主管課へ回付
    DRAFTED = "drafted"  # 起案
    IN_DECISION = "in_decision"  # 決裁中
    DECIDED = "decided"  # 決裁済み、発送前
    ANSWERED = "answered"  # 回答
    CLOSED = "closed"  # 回答の後、完結
    CIRCULATED = "circulated"  # 供覧
    NO_ANSWER_NEEDED = "no_answer_needed"  # 回答不要
    ANONYMOUS = "anonymous"  # 匿名
    NOT_OURS = "not_ours"  # 所管外
    WITHDRAWN = "withdrawn"  # 取下げ


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
FRESH: Final = frozenset({B.APPROVED, B.SCHEDULED})
"""Approved, and not started yet: every guard is asked."""

T = BatchState
BATCH_STEPS: Final[Mapping[BatchState, frozenset[BatchState]]] = {
    T.PLANNED: frozenset({T.SENDING}),
    # back to planned where LINE surely took nothing (never called, 429, or 400 of a recipient), under a new key
    T.SENDING: frozenset({T.ACCEPTED, T.REFUSED, T.UNKNOWN, T.PLANNED}),
    T.UNKNOWN: frozenset({T.ACCEPTED, T.REFUSED, T.UNDECIDED, T.PLANNED}),
    T.ACCEPTED: frozenset(),
    T.REFUSED: frozenset(),
    T.UNDECIDED: frozenset(),
}
C = CaseState
WITHOUT_ANSWER: Final = frozenset({C.CIRCULATED, C.NO_ANSWER_NEEDED, C.ANONYMOUS, C.NOT_OURS, C.WITHDRAWN})
"""Ends without an answer of ours, open to every case that nobody is deciding on."""
CASE_STEPS: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    # answered at once: by telephone or at the counter, without 決裁
    C.RECEIVED: frozenset({C.ASSIGNED, C.ANSWERED}) | WITHOUT_ANSWER,
    C.ASSIGNED: frozenset({C.RECEIVED, C.DRAFTED, C.ANSWERED}) | WITHOUT_ANSWER,
    C.DRAFTED: frozenset({C.ASSIGNED, C.IN_DECISION}) | WITHOUT_ANSWER,
    C.IN_DECISION: frozenset({C.DRAFTED, C.DECIDED, C.WITHDRAWN}),
    C.DECIDED: frozenset({C.DRAFTED, C.ANSWERED, C.NOT_OURS, C.WITHDRAWN}),
    C.ANSWERED: frozenset({C.CLOSED}),
    C.CLOSED: frozenset(),
    **dict.fromkeys(sorted(WITHOUT_ANSWER), frozenset()),
}
DONE: Final = WITHOUT_ANSWER | {C.ANSWERED, C.CLOSED}
ANALYSED: Final = DONE - {C.WITHDRAWN}
"""What goes to analysis (O3): whoever withdrew a letter did not want it heard."""
OPEN_CASES: Final = frozenset(CASE_STEPS) - DONE
CASE_TERMS: Final[Mapping[CaseState, str]] = {
    C.RECEIVED: "受付",
    C.ASSIGNED: "回付",
    C.DRAFTED: "起案",
    C.IN_DECISION: "決裁中",
    C.DECIDED: "決裁済み",
    C.ANSWERED: "回答",
    C.CLOSED: "完結",
    C.CIRCULATED: "供覧",
    C.NO_ANSWER_NEEDED: "回答不要",
    C.ANONYMOUS: "匿名",
    C.NOT_OURS: "所管外",
    C.WITHDRAWN: "取下げ",
}


def step(before: BroadcastState, after: BroadcastState) -> BroadcastState:
    """Allow a broadcast to go from one state to the next, or refuse with the steps that are open."""
    if after not in BROADCAST_STEPS[before]:
        allowed = "、".join(sorted(BROADCAST_STEPS[before])) or "none, it has ended"
        raise Refused(f"The broadcast is {before} and cannot become {after}. Possible next: {allowed}.")
    return after


def batch_sources(after: BatchState) -> frozenset[BatchState]:
    """The states from which a batch may go to this one: what a bulk write may overwrite, and nothing else."""
    return frozenset(before for before, following in BATCH_STEPS.items() if after in following)


def case_sources(after: CaseState) -> frozenset[CaseState]:
    """The states from which a case may go to this one: what a bulk write may overwrite, and nothing else."""
    return frozenset(before for before, following in CASE_STEPS.items() if after in following)


def case_step(before: CaseState, after: CaseState) -> CaseState:
    """Allow a case to go from one state to the next, or refuse with the steps that are open."""
    if after not in CASE_STEPS[before]:
        allowed = "、".join(sorted(CASE_STEPS[before])) or "none, it is done"
        raise Refused(f"The case is {before} and cannot become {after}. Possible next: {allowed}.")
    return after
