"""Guard `frequency`: enough of one genre is enough, by today's settings and without any counter."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast.guards import overrides
from tayori.broadcast.guards.repetition import too_often
from tayori.domain.sending_policy import Frequency, sending_policy
from tayori.office import Office
from tests.broadcast.builders import GENRE, Staff, residents, staff
from tests.broadcast.guards.rig import MEN, WOMEN, Plan, approved, assert_held, assert_starts, code_of, started
from tests.support.builders import TestClock

POLICY = sending_policy().of(GENRE).frequency
assert POLICY is not None
SENDS, DAYS = POLICY.sends, POLICY.days
HALVES = [(None, 1, None)] * 50 + [(None, 2, None)] * 50


@given(met=st.integers(0, 1000), count=st.integers(1, 1000), share=st.floats(0, 1))
def test_often_is_more_than_the_share(met: int, count: int, share: float) -> None:
    """Exactly the share passes."""
    assert (too_often(met, count, Frequency(sends=8, days=30, share=share)) is not None) == (met > share * count)


def send_often(office: Office, clock: TestClock, who: Staff, plan: Plan, times: int = SENDS) -> None:
    """Send a few times, a day apart."""
    for _ in range(times):
        started(office, who, plan)
        clock.forward(days=1)


def test_it_holds_one_more_than_enough(office: Office, clock: TestClock) -> None:
    """The policy's number went to everybody: the next one is held, unless a second handler lets it pass."""
    residents(office, 100)
    who = staff(office)
    send_often(office, clock, who, Plan())
    broadcast_id = approved(office, who)
    assert_held(office, broadcast_id, "frequency", f"For 100 of 100 people this would be more than {SENDS} sends")
    overrides.override(office, who.approver, broadcast_id, "frequency", "台風の進路が変わった")
    assert_starts(office, broadcast_id)


def test_it_holds_where_segments_add_up(office: Office, clock: TestClock) -> None:
    """Some to everybody, some to women: for the women it is enough, and they are half of today's audience."""
    residents(office, 100, chosen=HALVES)
    who = staff(office)
    send_often(office, clock, who, Plan(), SENDS - 2)
    send_often(office, clock, who, Plan(segment=WOMEN), 2)
    assert_held(office, approved(office, who), "frequency", "For 50 of 100 people")


def test_it_lets_through_segments_that_do_not_overlap(office: Office, clock: TestClock) -> None:
    """As many went out, but half of them to each half: nobody had enough."""
    residents(office, 100, chosen=HALVES)
    who = staff(office)
    for segment in (WOMEN, MEN):
        send_often(office, clock, who, Plan(segment=segment), SENDS // 2)
    assert_starts(office, approved(office, who))


def test_it_lets_through_another_genre(office: Office, clock: TestClock) -> None:
    """The cap is a genre's own."""
    residents(office, 100, genres=frozenset({3, 4}))
    who = staff(office)
    send_often(office, clock, who, Plan())
    assert_starts(office, approved(office, who, Plan(genre="イベント")))


def test_it_lets_through_when_the_days_are_over(office: Office, clock: TestClock) -> None:
    """The first of them lies further back than the days that count."""
    residents(office, 100)
    who = staff(office)
    send_often(office, clock, who, Plan())
    clock.moment += timedelta(days=DAYS - SENDS, seconds=1)
    assert_starts(office, approved(office, who))


def test_it_lets_through_every_emergency(sqlite_office: Office, clock: TestClock) -> None:
    """緊急 has no cap (ward's policy)."""
    residents(sqlite_office, 20, genres=frozenset({code_of("緊急")}))
    who = staff(sqlite_office)
    plan = Plan(genre="緊急", begins=timedelta(0))
    send_often(sqlite_office, clock, who, plan, SENDS + 1)
    assert_starts(sqlite_office, approved(sqlite_office, who, plan))
