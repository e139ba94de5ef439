"""Who follows and who left: whatever the order of arrival, the latest event by its own time wins."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tayori.ingest.following import NEVER, OLDER, Changes, Standing, Step, follow_up
from tests.support.builders import a_line_id

PEOPLE: list[str] = [a_line_id(number) for number in range(3)]
STEPS = st.lists(
    st.builds(Step, st.sampled_from(PEOPLE), st.booleans(), st.integers(1, 6)),
    max_size=12,
)
STARTS = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.builds(
        lambda following, last_ms: (following, last_ms),
        st.booleans(),
        st.integers(1, 6),
    ),
)


def known(starts: dict[str, tuple[bool, int]]) -> dict[str, Standing]:
    return {
        line_id: Standing(number=PEOPLE.index(line_id) + 1, following=following, last_ms=last_ms)
        for line_id, (following, last_ms) in starts.items()
    }


def naive(starts: dict[str, tuple[bool, int]], steps: Sequence[Step]) -> tuple[dict[str, tuple[bool, int]], int]:
    """Give the end of the story, told one event after the other in the plainest way, and how many counted."""
    state, applied = dict(starts), 0
    for line_id, follows, at_ms in steps:
        following, last_ms = state.get(line_id, (False, NEVER))
        if at_ms > last_ms or (at_ms == last_ms and not follows):
            state[line_id] = (follows, at_ms)
            applied += follows or following
    return state, applied


def end(starts: dict[str, tuple[bool, int]], changes: Changes) -> dict[str, bool]:
    """Give who follows after the changes were written, by the rows that would stand in the warehouse."""
    following = {PEOPLE.index(line_id) + 1: state for line_id, (state, _) in starts.items()}
    for number, _ in changes.left:
        following[number] = False
    detached = set(changes.detached)
    ends = {line_id: following[PEOPLE.index(line_id) + 1] for line_id in starts}
    ends |= {PEOPLE[number - 1]: False for number in detached}
    ends |= {line_id: True for line_id, _ in changes.joined}
    return ends | {line_id: False for line_id, _ in changes.joined_and_left}


@given(STARTS, STEPS)
def test_a_block_ends_as_its_events_one_by_one(starts: dict[str, tuple[bool, int]], steps: list[Step]) -> None:
    """Taking in a block at once ends like the plainest story told event by event, and counts the same."""
    changes = follow_up(steps, known(starts))
    state, applied = naive(starts, steps)
    ends = end(starts, changes)
    assert {line_id for line_id, follows in ends.items() if follows} == {
        line_id for line_id, (follows, _) in state.items() if follows
    }
    assert changes.applied == applied
    assert changes.applied + changes.ignored.total() == len(steps)


@given(STARTS, STEPS)
def test_who_left_and_came_back_is_a_new_person(starts: dict[str, tuple[bool, int]], steps: list[Step]) -> None:
    """Nobody's old number follows again after a leave: it is detached, has left, and waits for its erasure."""
    changes = follow_up(steps, known(starts))
    left = {number for number, _ in changes.left} | {
        PEOPLE.index(line_id) + 1 for line_id, (following, _) in starts.items() if not following
    }
    assert set(changes.detached) <= left
    assert not {number for number, _ in changes.touched} & left


def test_the_order_of_arrival_does_not_matter() -> None:
    """Every order of the same follow, leave and return ends the same."""
    steps = [Step(PEOPLE[0], follows=at_ms in (1, 3), at_ms=at_ms) for at_ms in (1, 2, 3, 4)]
    for order in permutations(steps):
        changes = follow_up(order, {})
        assert changes.joined == []
        assert changes.leaves == {PEOPLE[0]: 4}


def test_a_late_follow_older_than_the_leave_brings_nobody_back() -> None:
    """A follow that is older than a remembered leave is ignored, though nobody with this id is known any more."""
    changes = follow_up([Step(PEOPLE[0], follows=True, at_ms=5)], {PEOPLE[0]: Standing(last_ms=6)})
    assert (changes.applied, changes.ignored[OLDER], changes.persons) == (0, 1, 0)


def test_of_follow_and_leave_at_the_same_moment_leaving_wins() -> None:
    """Two contrary events with one time end in not following, in either order."""
    pair = [Step(PEOPLE[0], follows=True, at_ms=5), Step(PEOPLE[0], follows=False, at_ms=5)]
    assert follow_up(pair, {}).joined == []
    assert follow_up(pair[::-1], {}).joined == []
