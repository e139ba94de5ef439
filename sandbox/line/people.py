"""Who is a friend of the account, who blocked it, and who left LINE without a word.

One byte per person. Dummy people are slots 0, 1, 2, ... and their ids are computed (`ids.IdSpace`); people with an
id of their own (canaries, ids of fixtures) sit in a dictionary and have slots from `NAMED_BASE` up.
"""

import random
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from sandbox.line.ids import FOREIGN, IdSpace, LineUserId, PackedIds, Slots, as_text, pack

NAMED_BASE: Final = 1 << 31
_GROWTH: Final = 1.5


class State(IntEnum):
    """How a person stands to the account. Only `FRIEND` and `UNLISTED` receive messages."""

    STRANGER = 0
    FRIEND = 1
    UNLISTED = 2  # a friend who did not consent to their profile being read: absent from follower lists
    BLOCKED = 3
    GONE = 4  # the LINE account was deleted: no event tells, messages vanish, the profile is not found


RECEIVES: Final = (State.FRIEND, State.UNLISTED)
_RECEIVES: Final = np.array([state in RECEIVES for state in range(256)])

States = npt.NDArray[np.uint8]


class People:
    """Everybody whom the platform knows, by slot."""

    def __init__(self, seed: int) -> None:
        self.space = IdSpace(seed)
        self.dummies = 0
        self.ever_followed = 0
        self._dummy_states: States = np.zeros(1024, np.uint8)
        self._named: dict[str, int] = {}
        self._named_ids: list[LineUserId] = []
        self._named_states: States = np.zeros(16, np.uint8)

    def add_dummies(self, count: int) -> range:
        """Create `count` new friends; their slots."""
        first, self.dummies = self.dummies, self.dummies + count
        self._dummy_states = _roomy(self._dummy_states, self.dummies)
        self._dummy_states[first : self.dummies] = State.FRIEND
        self.ever_followed += count
        return range(first, self.dummies)

    def add_named(self, ids: Sequence[str]) -> Slots:
        """Create friends with these ids (or befriend them again); their slots."""
        for one in ids:
            if one not in self._named and self.space.index_of(one) == FOREIGN:
                self._named[one] = NAMED_BASE + len(self._named_ids)
                self._named_ids.append(LineUserId(one))
        self._named_states = _roomy(self._named_states, len(self._named_ids))
        slots = self.slots_of(ids)
        self.put(slots[self.states(slots) == State.STRANGER], State.FRIEND)
        return slots

    def slots_of(self, ids: Sequence[str]) -> Slots:
        """The slots of these ids; `FOREIGN` for ids that nobody here has."""
        packed = pack(ids)
        if packed is None:
            return np.array([self.slot_of(one) for one in ids], np.int64)
        return self.slots_of_packed(packed)

    def slots_of_packed(self, packed: PackedIds) -> Slots:
        """The slots of packed ids."""
        slots = self.space.decode(packed)
        slots[slots >= self.dummies] = FOREIGN
        strangers = np.flatnonzero(slots == FOREIGN) if self._named else slots[:0]
        for at, one in zip(strangers, as_text(packed[strangers]), strict=True):
            slots[at] = self._named.get(one, FOREIGN)
        return slots

    def slot_of(self, line_user_id: str) -> int:
        """The slot of one id, or `FOREIGN`."""
        index = self.space.index_of(line_user_id)
        return index if 0 <= index < self.dummies else self._named.get(line_user_id, FOREIGN)

    def ids_of(self, slots: Slots) -> list[LineUserId]:
        """The ids of these slots, in order."""
        dummies = iter(as_text(self.space.encode(slots[slots < NAMED_BASE])))
        return [next(dummies) if slot < NAMED_BASE else self._named_ids[slot - NAMED_BASE] for slot in slots.tolist()]

    def states(self, slots: Slots) -> States:
        """How each of these slots stands to the account; `STRANGER` for `FOREIGN`."""
        if len(slots) == 0 or (slots.min() >= 0 and slots.max() < NAMED_BASE):
            return self._dummy_states[slots]  # the way of nearly every request: one look-up
        states = np.zeros(len(slots), np.uint8)
        named = slots >= NAMED_BASE
        dummy = (slots >= 0) & ~named
        states[dummy] = self._dummy_states[slots[dummy]]
        states[named] = self._named_states[slots[named] - NAMED_BASE]
        return states

    def reachable(self, slots: Slots) -> npt.NDArray[np.bool_]:
        """Which of these slots would see a message sent now."""
        return _RECEIVES[self.states(slots)]

    def put(self, slots: Slots, state: State) -> None:
        """Move people to a state. New friendships count towards `ever_followed`."""
        slots = slots[slots >= 0]
        if state in RECEIVES:
            self.ever_followed += int((self.states(slots) == State.STRANGER).sum())
        named = slots >= NAMED_BASE
        self._dummy_states[slots[~named]] = state
        self._named_states[slots[named] - NAMED_BASE] = state

    def slots_in(self, *states: State) -> Slots:
        """Everybody in one of these states, dummy people first."""
        wanted = np.isin(np.arange(256), states)
        dummy = np.flatnonzero(wanted[self._dummy_states[: self.dummies]])
        named = np.flatnonzero(wanted[self._named_states[: len(self._named_ids)]]) + NAMED_BASE
        return np.concatenate((dummy, named)).astype(np.int64)

    def draw(self, count: int, seed: int, *states: State) -> Slots:
        """`count` people in these states, drawn by a seed; fewer when there are not so many."""
        candidates = self.slots_in(*states)
        drawn = random.Random(seed).sample(range(len(candidates)), min(count, len(candidates)))
        return candidates[np.sort(np.array(drawn, np.int64))]

    def window(self, position: int, length: int) -> tuple[Slots, int | None]:
        """The listed friends among the next `length` people after `position`, and where to go on.

        Positions count dummy people, then named ones; None when everybody was looked at.
        """
        stop = min(position + length, self.total)
        slots = np.arange(position, stop, dtype=np.int64)
        slots[slots >= self.dummies] += NAMED_BASE - self.dummies
        return slots[self.states(slots) == State.FRIEND], stop if stop < self.total else None

    @property
    def total(self) -> int:
        """How many people exist in any state."""
        return self.dummies + len(self._named_ids)

    def census(self) -> dict[State, int]:
        """How many people are in each state."""
        known = (self._dummy_states[: self.dummies], self._named_states[: len(self._named_ids)])
        return {state: sum(int(np.count_nonzero(some == state)) for some in known) for state in State}


def _roomy(states: States, needed: int) -> States:
    if needed <= len(states):
        return states
    grown = np.zeros(max(needed, int(len(states) * _GROWTH)), np.uint8)
    grown[: len(states)] = states
    return grown
