"""Guard `content_age`: stale content is not news (the 舟形町 accident: alarms of eighteen months before)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import desk
from tayori.broadcast.guards.age import too_old
from tayori.domain.sending_policy import sending_policy
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import GENRE, GENRE_NAME, TEXT, residents, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_held, assert_starts, start, written
from tests.support.builders import START, TestClock

LONGEST = sending_policy().of(GENRE).max_age


@given(age=st.timedeltas(timedelta(days=-1), timedelta(days=900)), longest=st.timedeltas(timedelta(1), timedelta(400)))
def test_old_is_more_than_the_genre_allows(age: timedelta, longest: timedelta) -> None:
    """Exactly the longest age passes, anything beyond does not."""
    assert (too_old(START - age, START, longest) is not None) == (age > longest)


def test_it_holds_content_older_than_its_genre_allows(office: Office) -> None:
    """The content's own time counts, however fresh the draft and the signatures are."""
    residents(office, 20)
    stale = office.now() - LONGEST - timedelta(seconds=1)
    broadcast_id = approved(office, staff(office), Plan(content_at=stale))
    assert_held(office, broadcast_id, "content_age", "The content is of 2026-10-26 09:59, 7 days old")


def test_it_holds_a_draft_that_lay_too_long(sqlite_office: Office, clock: TestClock) -> None:
    """Without a time of its own, content is as old as its writing."""
    residents(sqlite_office, 20)
    plan = Plan(begins=LONGEST, lasts=24 * HOUR)
    broadcast_id = approved(sqlite_office, staff(sqlite_office), plan)
    clock.forward(hours=LONGEST / HOUR + 1)
    assert_held(sqlite_office, broadcast_id, "content_age", "days old")


def test_it_lets_through_content_of_the_longest_age(office: Office) -> None:
    """Exactly as old as allowed."""
    residents(office, 20)
    assert_starts(office, approved(office, staff(office), Plan(content_at=office.now() - LONGEST)))


def test_writing_it_anew_makes_it_new(sqlite_office: Office) -> None:
    """Altered without a time of its own, the content is of now."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, written(sqlite_office, Plan(content_at=START - 2 * LONGEST)))
    desk.alter(sqlite_office, who.writer, broadcast_id, written(sqlite_office, Plan()))
    with reading(sqlite_office.warehouse) as connection:
        assert broadcasts.find(connection, broadcast_id).content_at == sqlite_office.now()


def test_the_contents_time_is_signed(sqlite_office: Office) -> None:
    """Made fresh behind the desk, it is no longer what was approved."""
    residents(sqlite_office, 20)
    broadcast_id = approved(sqlite_office, staff(sqlite_office), Plan(content_at=START - 2 * LONGEST))
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, content_at=sqlite_office.now())
    with pytest.raises(Tampered, match="not what was approved"):
        start(sqlite_office, broadcast_id)


def test_content_from_the_future_is_refused(sqlite_office: Office) -> None:
    """It would never be old; nor is a time without its zone understood."""
    who = staff(sqlite_office)
    with pytest.raises(Refused, match="future"):
        desk.draft(sqlite_office, who.writer, written(sqlite_office, Plan(content_at=START + HOUR)))
    naive = START.replace(tzinfo=None)
    with pytest.raises(BadInput, match="time zone"):
        desk.written(GENRE_NAME, {"everyone": True}, TEXT, START, START + HOUR, content_at=naive)
