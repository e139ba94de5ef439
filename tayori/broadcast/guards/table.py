"""The guards: one row each, in the order in which they are asked. Whoever adds one adds a row, a rule and two tests."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tayori.broadcast import media, signatures
from tayori.broadcast.guards import age, audience, burst, quiet, quota, repetition, validation
from tayori.broadcast.guards.objection import Objection
from tayori.broadcast.guards.situation import Situation
from tayori.domain.sending_policy import SendingPolicy
from tayori.domain.states import FRESH
from tayori.errors import BadInput, TayoriError
from tayori.warehouse.broadcasts import BroadcastRow

Rule = Callable[[Situation], Objection | None]
AGAIN: Final = "Approve it again with today's number."
WRITE: Final = "Write it anew, submit and approve it."


class Asked(Enum):
    """When a guard is asked."""

    SUBMISSION = auto()
    START = auto()  # once, before anything was sent
    UNFROZEN = auto()  # as long as it is not settled who gets it, after a crash too
    ALWAYS = auto()  # whenever a worker takes the broadcast up


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard: its name, what it looks at (as staff read it), its rule, when it is asked.

    `instead` is what to do about it where nobody may override it; None: a second handler may.
    """

    name: str
    looks_at: str
    rule: Rule
    asked: Asked = Asked.START
    instead: str | None = None

    def is_asked_at_start(self, row: BroadcastRow) -> bool:
        """Whether a worker that takes the broadcast up now has to ask this guard."""
        if self.asked is Asked.START:
            return row.state in FRESH
        return self.asked is Asked.ALWAYS or (self.asked is Asked.UNFROZEN and not row.all_frozen)

    def may_be_overridden(self, policy: SendingPolicy) -> bool:
        """Whether design and policy let a second handler override it.

        Raises:
            BadInput: the policy names a guard that does not exist; what it forbids is not known.

        """
        strangers = policy.never_overridden - guard_names()
        if strangers:
            raise BadInput(f"sending policy: never_overridden: no guard is called {', '.join(sorted(strangers))}.")
        return self.instead is None and self.name not in policy.never_overridden


def _signed(here: Situation) -> Objection | None:
    try:
        signatures.verify(here.connection, here.row)
    except TayoriError as error:
        return Objection(error.sentence, error=type(error))
    return None


def _pictured(here: Situation) -> Objection | None:
    if here.folder is None:
        return Objection("Where the pictures are is not known; nothing was sent.")
    try:
        media.verify(here.connection, here.folder, here.row.proposal.image_hashes)
    except TayoriError as error:
        return Objection(error.sentence, error=type(error))
    return None


def _crowded(here: Situation) -> Objection | None:
    """In a disaster the duty officer is alone: what two approved beforehand is not kept back for being one of many."""
    return None if here.is_urgent else burst.too_many(here.started_lately, here.policy.burst)


GUARDS: Final = (
    Guard(
        "validation", "LINEによる書式の検査（提出時）", lambda s: validation.faulty(s.faults), Asked.SUBMISSION, WRITE
    ),
    Guard("signatures", "起案者と承認者の署名", _signed, Asked.ALWAYS, WRITE),
    Guard("pictures", "承認された画像のままか", _pictured, Asked.ALWAYS, WRITE),
    Guard("quiet_hours", "送信を控える時間帯", lambda s: quiet.too_quiet(s.policy, s.row.genre, s.now)),
    Guard("lateness", "予定からの遅れ", lambda s: age.too_late(s.row.not_before, s.now, s.figures.late)),
    Guard("window", "送信期限", lambda s: age.window_over(s.row.not_after, s.now), instead=WRITE),
    Guard("content_age", "内容の古さ", lambda s: age.too_old(s.content_at, s.now, s.figures.max_age)),
    Guard("audience_empty", "対象がいるか", lambda s: audience.nobody(s.count), Asked.UNFROZEN, WRITE),
    Guard(
        "audience_drift",
        "承認のときからの人数の動き",
        lambda s: audience.moved(s.row.approved_count, s.count, s.margin),
        Asked.UNFROZEN,
        AGAIN,
    ),
    Guard(
        "audience_small",
        "少人数とその理由",
        lambda s: audience.too_few(s.count, s.figures.smallest_audience, s.row.small_audience_reason),
        Asked.UNFROZEN,
        WRITE,
    ),
    Guard("audience_everybody", "全員になっていないか", lambda s: audience.everybody(s.segment, s.count, s.chosen)),
    Guard("burst", "短時間の多数の配信", _crowded),
    Guard("repeated_text", "同じ本文の繰り返し", repetition.same_words),
    Guard("frequency", "同じジャンルの配信の多さ", repetition.often),
    Guard("quota", "LINEの月間通数の残り", lambda s: quota.too_small(s.room, s.row.approved_count or s.count)),
)


def guard_names() -> frozenset[str]:
    """The names of all guards."""
    return frozenset(one.name for one in GUARDS)


def guard_named(name: str) -> Guard:
    """Give the guard of a name.

    Raises:
        BadInput: no guard has it.

    """
    for one in GUARDS:
        if one.name == name:
            return one
    raise BadInput(f"No guard is called {name}; the guards are {', '.join(one.name for one in GUARDS)}.")
