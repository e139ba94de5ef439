"""The agenda shows every send that is planned, once, and says where two come too close."""

from datetime import date, timedelta

import pytest

from tayori.broadcast import agenda as planned
from tayori.broadcast import desk, plans, standing
from tayori.broadcast.agenda import Collision
from tayori.domain.identifiers import BroadcastId
from tayori.domain.recurrence import occurrences
from tayori.domain.standing import Kind, stored_plan
from tayori.errors import BadInput
from tayori.office import Office
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading
from tests.broadcast.builders import TEXT, Staff, residents, staff
from tests.broadcast.kinds import DAILY, a_draft_plan, a_plan, tokyo
from tests.support.builders import TestClock

WOMEN, MEN = {"sex": "女性"}, {"sex": "男性"}
DAY = date(2026, 11, 20)


@pytest.fixture
def who(office: Office) -> Staff:
    """Give two handlers; twenty women and twenty men who asked for two genres each."""
    chosen = [(None, 1 + at % 2, None) for at in range(40)]
    residents(office, 40, genres=frozenset({1, 3, 4}), chosen=chosen)
    return staff(office)


def a_scheduled(office: Office, who: Staff, moment: str, genre: str = "子育て", segment: object = None) -> BroadcastId:
    """Give a broadcast that two handlers approved for a moment."""
    begins = tokyo(moment)
    new = desk.written(genre, segment or {"everyone": True}, TEXT, begins, begins + timedelta(hours=1))
    broadcast_id = desk.draft(office, who.writer, new)
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id


def on_the_day(office: Office, **bounds: object) -> planned.Agenda:
    return planned.agenda(office, DAY, DAY, **bounds)  # type: ignore[arg-type]


def test_one_genre_twice_within_hours_collides(office: Office, who: Staff) -> None:
    """Two of one genre 2:59 apart collide whoever gets them; at three hours they do not."""
    one = a_scheduled(office, who, "2026-11-20T10:00", segment=WOMEN)
    other = a_scheduled(office, who, "2026-11-20T12:59", segment=MEN)
    a_scheduled(office, who, "2026-11-20T15:59")
    assert on_the_day(office).collisions == (Collision(DAY, "genre", (one, other)),)


def test_two_genres_collide_where_somebody_gets_both(office: Office, who: Staff) -> None:
    """Audiences are held against each other as they are today; women's and men's news never meet."""
    one = a_scheduled(office, who, "2026-11-20T10:00", "子育て", WOMEN)
    other = a_scheduled(office, who, "2026-11-20T10:30", "防災・防犯", WOMEN)
    a_scheduled(office, who, "2026-11-20T11:00", "イベント", MEN)
    assert on_the_day(office).collisions == (Collision(DAY, "audience", (one, other)),)


def test_too_many_on_one_day_collide(office: Office, who: Staff) -> None:
    """More than the bound on a day of Tokyo's: the day is named with all of them; within it, nothing is."""
    many = tuple(a_scheduled(office, who, f"2026-11-20T{hour:02}:00") for hour in (6, 12, 18, 23))
    assert on_the_day(office).collisions == (Collision(DAY, "day", many),)
    assert on_the_day(office, most_a_day=4).collisions == ()


def test_a_plans_day_is_shown_once_before_and_after_it_is_made(office: Office, clock: TestClock, who: Staff) -> None:
    """A day to come is the plan's, a day that was made is the broadcast's; a stopped plan shows none."""
    plan = a_plan(office, who, {**DAILY, "from": "2026-11-19", "until": "2026-11-22"})
    assert [(one.of, one.state) for one in on_the_day(office).entries] == [(plan, "approved")]
    clock.moment = tokyo("2026-11-20T09:55")
    (made,) = plans.make_due(office).made
    assert [(one.of, one.state) for one in on_the_day(office).entries] == [(made, "scheduled")]
    week = planned.agenda(office, DAY, DAY + timedelta(days=6))
    assert [one.at.day for one in week.entries] == [20, 21, 22]
    standing.pause(office, who.writer, plan, "x")
    assert planned.agenda(office, DAY, DAY + timedelta(days=6)).entries == ()
    assert standing.show(office, plan, Kind.PLAN).state == "paused"


def test_days_are_tokyos_and_bounded(sqlite_office: Office) -> None:
    """What begins at 00:30 in Tokyo is of that day; days that run backwards or over a year are refused."""
    residents(sqlite_office, 20, genres=frozenset({1}))
    a_scheduled(sqlite_office, staff(sqlite_office), "2026-11-20T00:30")
    assert len(on_the_day(sqlite_office).entries) == 1
    assert planned.agenda(sqlite_office, DAY - timedelta(days=1), DAY - timedelta(days=1)).entries == ()
    for last in (DAY - timedelta(days=1), DAY + timedelta(days=401)):
        with pytest.raises(BadInput, match="days"):
            planned.agenda(sqlite_office, DAY, last)


def test_the_wards_closing_days_stand_in_what_is_approved(office: Office, who: Staff) -> None:
    """They are read when the plan is drafted: both hands see the days themselves, which no later file changes."""
    days = office.settings.home / "closing_days.yaml"
    days.write_text("2026-11-10: {reason: 庁舎停電, authority: 8総総第12号}\n", "utf-8")
    plan = a_draft_plan(office, who, {**DAILY, "except": {"closing_days": True}})
    days.unlink()
    with reading(office.warehouse) as connection:
        sent = occurrences(stored_plan(rows.find(connection, plan).particulars).rule)
    assert [day for day in (date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 11)) if day not in sent] == [
        date(2026, 11, 10)
    ]
