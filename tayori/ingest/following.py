"""Who follows and who left, by the time of events: whatever order they arrive in, the latest one wins."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

NEVER: Final = -1
OLDER: Final = "older_than_what_is_known"
NOT_FOLLOWING: Final = "not_following"
FORGOTTEN: Final = "follow_older_than_our_memory"
UNCERTAIN: Final = "follow_older_than_tombstones"


class Step(NamedTuple):
    """One event of following or leaving: whose, which, when (ms)."""

    line_user_id: str
    follows: bool
    at_ms: int


@dataclass(slots=True)
class Standing:
    """How one person stands to the account; what changes it is kept beside what was there."""

    number: int | None = None
    following: bool = False
    last_ms: int = NEVER
    left_ms: int | None = None
    detached: int | None = None
    fresh: bool = False
    seen: bool = False
    waiting_ms: int | None = None

    def follow(self, at_ms: int, memory: "Memory") -> str | None:
        """Take in a follow; None if it counts, else why not. Who comes back is a new person, with nothing set.

        Before `memory.since_ms` nobody remembers whether they left afterwards: such a follow brings no one back (L14).
        Between that and `memory.certain_ms` it counts only when LINE shows a profile; until then it waits.
        """
        if at_ms <= self.last_ms:
            return OLDER
        if at_ms < memory.since_ms:
            return FORGOTTEN
        if not self.following and at_ms < memory.certain_ms:
            self.waiting_ms = max(at_ms, self.waiting_ms or at_ms)
            return UNCERTAIN
        if not self.following:
            self.detached, self.number, self.fresh = self.detached or self.number, None, True
        self.following, self.last_ms, self.seen = True, at_ms, True
        return None

    def unfollow(self, at_ms: int) -> str | None:
        """Take in an unfollow; None if it counts, else why not. Of two events at the same moment leaving wins."""
        if at_ms < self.last_ms:
            return OLDER
        followed, self.following, self.last_ms, self.left_ms = self.following, False, at_ms, at_ms
        return None if followed else NOT_FOLLOWING


class Memory(NamedTuple):
    """How far back it is known who left (ms of event time): from `since_ms` on perhaps, from `certain_ms` on surely."""

    since_ms: int = NEVER
    certain_ms: int = NEVER


@dataclass(slots=True)
class Changes:
    """What the steps of a block change, person by person, and how the steps ended."""

    joined: list[tuple[str, int]] = field(default_factory=list)
    joined_and_left: list[tuple[str, int]] = field(default_factory=list)
    touched: list[tuple[int, int]] = field(default_factory=list)
    left: list[tuple[int, int]] = field(default_factory=list)
    detached: list[int] = field(default_factory=list)
    leaves: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    applied: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def persons(self) -> int:
        """How many persons' records change."""
        return len(self.joined) + len(self.joined_and_left) + len(self.touched) + len(self.left) + len(self.detached)


def follow_up(steps: Iterable[Step], known: Mapping[str, Standing], memory: Memory = Memory()) -> Changes:  # noqa: B008 - immutable
    """Take in steps one after the other and give what they change. `known` holds those with a record or a mark."""
    standings: dict[str, Standing] = dict(known)
    changes = Changes()
    before = {line_id: standing.following for line_id, standing in known.items()}
    for line_id, follows, at_ms in steps:
        standing = standings.get(line_id)
        if standing is None:
            standing = standings[line_id] = Standing()
        refusal = standing.follow(at_ms, memory) if follows else standing.unfollow(at_ms)
        if refusal is None:
            changes.applied += 1
        else:
            changes.ignored[refusal] += 1
    for line_id, standing in standings.items():
        _note(changes, line_id, standing, followed=before.get(line_id, False))
    return changes


def _note(changes: Changes, line_id: str, standing: Standing, *, followed: bool) -> None:
    if standing.left_ms is not None:
        changes.leaves[line_id] = standing.left_ms
    if standing.waiting_ms is not None and standing.waiting_ms > standing.last_ms:
        changes.waiting[line_id] = standing.waiting_ms
    if standing.detached is not None:
        changes.detached.append(standing.detached)
        if followed and standing.left_ms is not None:
            changes.left.append((standing.detached, standing.left_ms))
    if standing.fresh:
        joined = changes.joined if standing.following else changes.joined_and_left
        joined.append((line_id, standing.last_ms))
    elif standing.number is not None and standing.following and standing.seen:
        changes.touched.append((standing.number, standing.last_ms))
    elif standing.number is not None and followed and not standing.following:
        changes.left.append((standing.number, standing.last_ms))
