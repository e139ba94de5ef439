"""Guard `repeated_text`: the same words do not come twice to the same people, by today's settings alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import control
from tayori.broadcast.guards import overrides
from tayori.broadcast.guards.repetition import too_alike
from tayori.domain.messages import message_bytes
from tayori.domain.sending_policy import Repetition, sending_policy
from tayori.domain.wording import wording
from tayori.office import Office
from tayori.warehouse import people
from tayori.warehouse.engines import writing
from tayori.warehouse.people import Chosen
from tests.broadcast.builders import GENRE, residents, staff
from tests.broadcast.guards.rig import MEN, WOMEN, Plan, approved, assert_held, assert_starts, started
from tests.support.builders import TestClock

DAYS = sending_policy().of(GENRE).repeated_text.days
SAID = "明日9時から、区役所前の広場で防災訓練を行います。"
HALVES = [(None, 1, None)] * 50 + [(None, 2, None)] * 50


@given(again=st.integers(0, 1000), count=st.integers(1, 1000), share=st.floats(0, 1))
def test_alike_is_more_than_the_share(again: int, count: int, share: float) -> None:
    """Exactly the share passes."""
    assert (too_alike(again, count, Repetition(days=30, share=share), "") is not None) == (again > share * count)


@pytest.mark.parametrize("text", ["防災 訓練\n9時", "防災訓練９時", "防災訓練9時 ", "防災\u3000訓練9時"], ids=repr)
def test_spacing_and_width_do_not_make_words_new(text: str) -> None:
    """What reads the same is the same."""
    assert wording(message_bytes(({"type": "text", "text": text},))) == wording(
        message_bytes(({"type": "text", "text": "防災訓練9時"},))
    )


def test_it_holds_the_same_text_to_the_same_people(office: Office) -> None:
    """Again within the days, in other lines: held; a second handler may let it pass."""
    residents(office, 100)
    who = staff(office)
    started(office, who, Plan(text=SAID))
    broadcast_id = approved(office, who, Plan(text=f" {SAID}\n"))
    assert_held(office, broadcast_id, "repeated_text", "100 of 100 people would get it again")
    overrides.override(office, who.approver, broadcast_id, "repeated_text", "雨のため日を改めて知らせる")
    assert_starts(office, broadcast_id)


def test_it_holds_the_same_text_in_another_genre(office: Office) -> None:
    """Half of today's audience chose the other genre too, and would read it again."""
    residents(office, 50, genres=frozenset({3, 4}))
    residents(office, 50, seed=2)
    who = staff(office)
    started(office, who, Plan(genre="イベント", text=SAID))
    assert_held(office, approved(office, who, Plan(text=SAID)), "repeated_text", "50 of 100 people")


def test_it_holds_by_todays_settings(office: Office) -> None:
    """The text went to women; who says today that they are women counts, whoever got it then: no history is asked."""
    listed = residents(office, 100, chosen=HALVES)
    who = staff(office)
    started(office, who, Plan(segment=WOMEN, text=SAID))
    now_women = [one.number for one in listed[50:70]]
    with writing(office.warehouse) as connection:
        chosen = [Chosen(number, "2026-11", office.now(), sex=1, genres=frozenset({GENRE})) for number in now_women]
        people.put_settings(connection, chosen)
    plan = Plan(text=SAID)
    assert_held(office, approved(office, who, plan), "repeated_text", "70 of 100 people")


def test_it_lets_through_other_people(office: Office) -> None:
    """The same text to those whom the first one left out."""
    residents(office, 100, chosen=HALVES)
    who = staff(office)
    started(office, who, Plan(segment=WOMEN, text=SAID))
    assert_starts(office, approved(office, who, Plan(segment=MEN, text=SAID)))


def test_it_lets_through_another_text(office: Office) -> None:
    """Other words to the same people."""
    residents(office, 100)
    who = staff(office)
    started(office, who, Plan(text=SAID))
    assert_starts(office, approved(office, who, Plan(text=f"訂正: {SAID}")))


def test_it_lets_through_last_years_text(office: Office, clock: TestClock) -> None:
    """After the policy's days the text may be used again."""
    residents(office, 100)
    who = staff(office)
    started(office, who, Plan(text=SAID))
    clock.moment += timedelta(days=DAYS, seconds=1)
    assert_starts(office, approved(office, who, Plan(text=SAID)))


def test_it_lets_through_what_never_went_out(office: Office) -> None:
    """A broadcast that was cancelled before anything was tried was read by nobody."""
    residents(office, 100)
    who = staff(office)
    control.cancel(office, who.writer, started(office, who, Plan(text=SAID)), "日程変更")
    assert_starts(office, approved(office, who, Plan(text=SAID)))
