"""Guard `lateness`: late by more than its genre allows, a broadcast is held, dropped or sent anyway."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import control
from tayori.broadcast.freeze import Held
from tayori.broadcast.guards.age import too_late
from tayori.broadcast.guards.objection import Effect
from tayori.domain.sending_policy import Late, Lateness, sending_policy
from tayori.domain.states import BroadcastState
from tayori.errors import Refused
from tayori.office import Office
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_held, assert_starts, code_of, start
from tests.support.builders import START, TestClock

DROPPED, SENT_ANYWAY = "イベント", "ごみ・環境"
GENRES = frozenset({3, 4, 7})


@given(hours=st.floats(0.1, 500), behind=st.floats(-100, 1000), then=st.sampled_from(Late))
def test_late_is_more_than_the_genre_allows(hours: float, behind: float, then: Late) -> None:
    """Exactly the allowed delay passes; `send` never objects; `drop` and `hold` have their effect."""
    policy = Lateness(after_hours=hours, then=then)
    objection = too_late(START, START + timedelta(hours=behind), policy)
    assert (objection is not None) == (then is not Late.SEND and timedelta(hours=behind) > policy.after)
    if objection is not None:
        assert objection.effect is (Effect.DROP if then is Late.DROP else Effect.HOLD)


def late(office: Office, clock: TestClock, genre: str) -> float:
    """Let the genre's window pass by a minute; give the hours of the window."""
    hours = sending_policy().of(code_of(genre)).late.after_hours
    clock.forward(hours=hours, minutes=1)
    if office.now().hour >= 12:  # not into the quiet hours
        clock.forward(hours=11)
    return hours


def test_it_holds_what_comes_too_late(office: Office, clock: TestClock) -> None:
    """More than the genre's window behind the planned moment: held."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=0 * HOUR))
    late(office, clock, "防災・防犯")
    assert_held(office, broadcast_id, "lateness", "behind its planned moment; the genre allows 12.0 hours")


def test_it_holds_off_for_good_where_the_genre_drops(office: Office, clock: TestClock) -> None:
    """An invitation that comes too late is cancelled with the reason, and stays so."""
    residents(office, 20, genres=GENRES)
    broadcast_id = approved(office, staff(office), Plan(DROPPED, begins=0 * HOUR))
    late(office, clock, DROPPED)
    with pytest.raises(Refused, match=r"behind its planned moment.*cancelled") as told:
        start(office, broadcast_id)
    assert not isinstance(told.value, Held)
    standing = control.status(office, broadcast_id)
    assert (standing.state, standing.held_by) == (BroadcastState.CANCELLED, "lateness")
    assert "behind" in (standing.reason or "")
    with pytest.raises(Refused, match="cancelled"):
        start(office, broadcast_id)


def test_it_lets_through_what_is_true_tomorrow_too(office: Office, clock: TestClock) -> None:
    """A genre whose policy is to send is sent, as long as its window lasts."""
    residents(office, 20, genres=GENRES)
    broadcast_id = approved(office, staff(office), Plan(SENT_ANYWAY, begins=0 * HOUR))
    late(office, clock, SENT_ANYWAY)
    assert_starts(office, broadcast_id)


def test_it_lets_through_a_delay_within_the_window(office: Office, clock: TestClock) -> None:
    """Ten hours late where twelve are allowed."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=0 * HOUR))
    clock.forward(hours=10)
    assert_starts(office, broadcast_id)
