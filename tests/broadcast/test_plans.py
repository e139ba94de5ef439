"""A plan: two sign it once, each due day becomes one broadcast that is exactly what they signed (I10, I7)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, desk, freeze, plans, signatures, standing
from tayori.broadcast.freeze import Held
from tayori.broadcast.guards import overrides
from tayori.broadcast.signatures import SUBMIT
from tayori.domain.identifiers import BroadcastId
from tayori.domain.standing import Kind, StandingState
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, NotFound, Refused, Tampered, TayoriError
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.kinds import occurrence
from tests.broadcast.builders import ME, Staff, an_approved, handler, leave, residents, staff
from tests.broadcast.kinds import DAILY, a_draft_plan, a_plan, some_news, tokyo
from tests.broadcast.rig import assert_once_each, send
from tests.support.builders import TestClock

PEOPLE = 100


@pytest.fixture
def who(office: Office) -> Staff:
    """Give two handlers, and residents to write to."""
    residents(office, PEOPLE)
    return staff(office)


def made(office: Office, plan: str) -> list[tuple[str, str]]:
    with reading(office.warehouse) as connection:
        return [(str(one.day), one.outcome) for one in rows.noted(connection, plan)]


def state_of(office: Office, plan: str) -> StandingState:
    with reading(office.warehouse) as connection:
        return rows.find(connection, plan).state


def log(office: Office) -> list[str]:
    with reading(office.warehouse) as connection:
        found = connection.exec_driver_sql("SELECT object FROM audit_entry ORDER BY seq").all()
    return [row[0] for row in found]


def the_next(office: Office, clock: TestClock, moment: str = "2026-11-03T10:00") -> BroadcastId:
    """Let a plan make its broadcast of a moment; give its id."""
    clock.moment = tokyo(moment)
    (broadcast_id,) = plans.make_due(office).made
    return broadcast_id


def test_a_due_day_becomes_one_broadcast_and_is_sent_once(
    office: Office, clock: TestClock, who: Staff, platform: RunningPlatform
) -> None:
    """Made once however often the deployment runs, it starts at its minute and reaches everybody once."""
    plan = a_plan(office, who)
    clock.moment = tokyo("2026-11-03T09:49")
    assert plans.make_due(office).made == ()
    broadcast_id = the_next(office, clock, "2026-11-03T09:51")
    assert plans.make_due(office).made == ()
    assert control.due(office) == []
    with pytest.raises(Refused, match="not due yet"):
        freeze.start(office, broadcast_id, ME)
    clock.moment = tokyo("2026-11-03T10:00")
    assert control.due(office) == [broadcast_id]
    send(office, platform, broadcast_id)
    assert_once_each(platform, PEOPLE)
    assert plans.make_due(office).made == ()
    assert made(office, plan) == [("2026-11-03", "made")]


def test_two_turns_at_once_make_one(office: Office, clock: TestClock, who: Staff) -> None:
    """The table's key, not luck: a second row for a plan's day is refused, and nothing of that turn stays."""
    plan = a_plan(office, who)
    the_next(office, clock)
    with pytest.raises(TayoriError, match="already holds"), writing(office.warehouse) as connection:
        connection.execute(
            insert(occurrence).values(
                standing_id=plan, day=date(2026, 11, 3), outcome="made", broadcast_id=None, noted_at=clock()
            )
        )


def test_what_was_missed_is_skipped_with_a_line_and_never_caught_up(
    office: Office, clock: TestClock, who: Staff
) -> None:
    """After a week of silence one looks back: each missed day has its line, and only what is due now is made."""
    plan = a_plan(office, who)
    clock.moment = tokyo("2026-11-10T10:05")
    turn = plans.make_due(office)
    assert (len(turn.made), turn.missed) == (1, 7)
    assert made(office, plan)[-2:] == [("2026-11-09", "missed"), ("2026-11-10", "made")]
    assert f"plan {plan}, 2026-11-09 missed" in log(office)
    assert plans.make_due(office) == plans.Planned()


@pytest.mark.parametrize(("late", "outcome"), [("skip", "missed"), ("send", "made")])
def test_a_late_day_goes_by_the_plans_own_policy(
    office: Office, clock: TestClock, who: Staff, late: str, outcome: str
) -> None:
    """An hour late: skipped by default; sent where the plan says so, as long as its window is open."""
    plan = a_plan(office, who, late=late)
    clock.moment = tokyo("2026-11-03T11:00")
    plans.make_due(office)
    assert made(office, plan)[-1] == ("2026-11-03", outcome)


def test_past_its_window_nothing_is_sent_whatever_the_policy(office: Office, clock: TestClock, who: Staff) -> None:
    """A plan that sends late does so only while the occurrence's window is open."""
    plan = a_plan(office, who, late="send", open_minutes=30)
    clock.moment = tokyo("2026-11-03T10:31")
    assert plans.make_due(office).made == ()
    assert ("2026-11-03", "missed") in made(office, plan)


def test_a_clock_that_is_set_back_makes_nothing_twice(office: Office, clock: TestClock, who: Staff) -> None:
    """The clock jumps back a day, then forward again: each day has one row, and one broadcast at most."""
    plan = a_plan(office, who)
    first = the_next(office, clock, "2026-11-04T10:00")
    clock.forward(days=-1)
    assert first not in plans.make_due(office).made
    clock.forward(days=1)
    assert plans.make_due(office).made == ()
    days = [day for day, _ in made(office, plan)]
    assert len(days) == len(set(days))


def test_over_the_years_end_every_day_comes_at_tokyos_hour(office: Office, clock: TestClock, who: Staff) -> None:
    """No summer time, no leap: from 30 December to 2 January one broadcast a day, at ten, 24 hours apart."""
    a_plan(office, who, {**DAILY, "from": "2026-12-30", "until": "2027-01-02"})
    begins = []
    clock.moment = tokyo("2026-12-30T09:55")
    while clock.moment < tokyo("2027-01-03T09:55"):
        for broadcast_id in plans.make_due(office).made:
            with reading(office.warehouse) as connection:
                begins.append(broadcasts.find(connection, broadcast_id).not_before)
        clock.forward(hours=1, minutes=0)
    assert begins == [tokyo("2026-12-30T10:00") + timedelta(days=at) for at in range(4)]


def test_a_plan_ends_with_its_last_day(office: Office, clock: TestClock, who: Staff) -> None:
    """The approval's end is the plan's: the day after, it has ended and makes nothing more."""
    plan = a_plan(office, who, {**DAILY, "until": "2026-11-03"})
    the_next(office, clock)
    clock.forward(days=1)
    assert plans.make_due(office) == plans.Planned(ended=1)
    assert state_of(office, plan) is StandingState.ENDED


def test_only_what_two_signed_is_made(office: Office, clock: TestClock, who: Staff) -> None:
    """A draft and a submitted plan make nothing; one hand cannot do both, and roles are the roster's."""
    plan = a_draft_plan(office, who)
    clock.moment = tokyo("2026-11-03T10:00")
    both = handler(office, "sato", "writer", "approver")
    standing.submit(office, both, plan, standing.show(office, plan, Kind.PLAN))
    with pytest.raises(Refused, match="another handler"):
        standing.approve(office, both, plan, standing.show(office, plan, Kind.PLAN))
    with pytest.raises(Refused, match="approver"):
        standing.approve(office, who.writer, plan, standing.show(office, plan, Kind.PLAN))
    assert plans.make_due(office) == plans.Planned()
    standing.approve(office, who.approver, plan, standing.show(office, plan, Kind.PLAN))
    assert len(plans.make_due(office).made) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"messages": b'[{"type":"text","text":"x"}]'},
        {"segment": '{"sex":["\\u5973\\u6027"]}'},
        {"genre": 4},
        {"approved_count": 99},
        {"not_after": tokyo("2026-11-03T23:00")},
        {"not_before": tokyo("2026-11-03T09:00")},
        {"small_audience_reason": "because"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_broadcast_that_is_not_what_its_plan_says_is_held(
    office: Office, clock: TestClock, who: Staff, change: dict[str, object]
) -> None:
    """Any part changed in the broadcast after it was made: held, nothing is sent."""
    a_plan(office, who)
    broadcast_id = the_next(office, clock)
    with writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, **change)
    with pytest.raises(Tampered, match="not what its plan says"):
        freeze.start(office, broadcast_id, ME)
    assert control.status(office, broadcast_id).state is BroadcastState.HELD


@pytest.mark.parametrize(
    "change",
    [
        {"messages": b'[{"type":"text","text":"x"}]'},
        {"genre": 4},
        {"ends_on": date(2027, 10, 1)},
        {"approved_count": 99},
        {"rule": "daily at another hour"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_plan_that_was_changed_behind_the_desk_is_paused(
    office: Office, clock: TestClock, who: Staff, change: dict[str, object]
) -> None:
    """What the two did not sign makes nothing: the plan is paused with the reason, and what was made before is held."""
    plan = a_plan(office, who)
    broadcast_id = the_next(office, clock)
    values = dict(change)
    with writing(office.warehouse) as connection:
        row = rows.find(connection, plan)
        if values.pop("rule", None):
            values["particulars"] = row.particulars.replace("10:00", "03:00")
        rows.change(connection, plan, **values)
    with pytest.raises(Tampered, match="not what was approved"):
        freeze.start(office, broadcast_id, ME)
    clock.forward(days=1)
    assert plans.make_due(office) == plans.Planned(paused=1)
    assert state_of(office, plan) is StandingState.PAUSED


def test_an_unsigned_broadcast_put_under_a_plan_is_held(office: Office, clock: TestClock, who: Staff) -> None:
    """A row that ties another broadcast to a plan gives it nothing: it is not what the plan says for that day."""
    plan = a_plan(office, who)
    broadcast_id = desk.draft(office, who.writer, some_news(office))
    with writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, state=BroadcastState.APPROVED, approved_count=PEOPLE)
        row = rows.Occurrence(plan, date(2026, 11, 2), "made", broadcast_id, clock())
        rows.note(connection, row)
    with pytest.raises(Tampered, match="not what its plan says"):
        freeze.start(office, broadcast_id, ME)


def test_what_a_plan_made_is_not_written_anew(office: Office, clock: TestClock, who: Staff) -> None:
    """It is what the plan says or nothing: altering it is refused, cancelling is let through."""
    a_plan(office, who)
    broadcast_id = the_next(office, clock)
    with pytest.raises(Refused, match="made of a plan"):
        desk.alter(office, who.writer, broadcast_id, some_news(office))
    control.cancel(office, who.approver, broadcast_id, "中止")


def drifted_day(office: Office, clock: TestClock, who: Staff) -> BroadcastId:
    """Give a day of a plan that is held because a third of the people left."""
    people = residents(office, PEOPLE // 2, seed=2)
    a_plan(office, who)
    leave(office, *people)
    broadcast_id = the_next(office, clock)
    with pytest.raises(Held, match="Approve it again"):
        freeze.start(office, broadcast_id, ME)
    return broadcast_id


def test_a_held_day_is_approved_again_with_todays_count(office: Office, clock: TestClock, who: Staff) -> None:
    """Who handed the plan in cannot; another handler can, for this day alone: the plan keeps the count of its own."""
    both = handler(office, "sato", "writer", "approver")
    broadcast_id = drifted_day(office, clock, Staff(both, who.approver))
    seen = desk.review(office, broadcast_id)
    with pytest.raises(Refused, match="another handler has to"):
        desk.approve(office, both, broadcast_id, seen)
    assert desk.approve(office, who.approver, broadcast_id, seen) == PEOPLE
    assert freeze.start(office, broadcast_id, ME) is BroadcastState.SENDING
    assert freeze.freeze(office, broadcast_id, ME).people == PEOPLE


@pytest.mark.parametrize("hand", ["nobody", "another count", "a second signature"])
def test_a_held_day_does_not_go_out_by_what_nobody_approved(
    office: Office, clock: TestClock, who: Staff, hand: str
) -> None:
    """By a count that nobody signed, by another one than was signed, or under two signatures: nothing is sent."""
    broadcast_id = drifted_day(office, clock, who)
    if hand != "nobody":
        desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        if hand == "a second signature":
            signatures.sign(connection, who.writer, row.proposal, SUBMIT, PEOPLE, clock())
        else:
            broadcasts.change(connection, broadcast_id, state=BroadcastState.APPROVED, approved_count=PEOPLE - 1)
    with pytest.raises(Tampered):
        freeze.start(office, broadcast_id, ME)


def test_who_handed_a_plan_in_overrides_no_guard_of_its_days(office: Office, clock: TestClock, who: Staff) -> None:
    """Whoever wrote a plan or handed it in is the first hand of every broadcast that it makes."""
    both = handler(office, "sato", "writer", "approver")
    plan = a_draft_plan(office, who)
    standing.submit(office, both, plan, standing.show(office, plan, Kind.PLAN))
    standing.approve(office, who.approver, plan, standing.show(office, plan, Kind.PLAN))
    broadcast_id = the_next(office, clock)
    clock.forward(hours=12)
    for one in (both, who.writer):
        with pytest.raises(Refused, match=r"another handler has to|承認"):
            overrides.override(office, one, broadcast_id, "quiet_hours", "試験")


def test_the_audience_may_drift_as_far_as_the_plan_says(office: Office, clock: TestClock) -> None:
    """20 % of the approved count is let through, more is held; an ordinary broadcast keeps its 5 %."""
    people = residents(office, PEOPLE)
    who = staff(office)
    a_plan(office, who)
    planned, ordinary = the_next(office, clock), an_approved(office, who)
    leave(office, *people[:20])
    assert freeze.start(office, planned, ME) is BroadcastState.SENDING
    with pytest.raises(Held, match="more than 5% apart"):
        freeze.start(office, ordinary, ME)
    leave(office, people[20])
    with pytest.raises(Held, match=r"100 people were approved, 79 .* more than 20% apart"):
        freeze.start(office, the_next(office, clock, "2026-11-04T10:00"), ME)


@pytest.mark.parametrize("stop", [standing.pause, standing.cancel])
def test_stopping_a_plan_calls_off_what_did_not_start(
    office: Office, clock: TestClock, who: Staff, stop: type[object]
) -> None:
    """Paused or cancelled one minute before: the broadcast that was made is called off, and none is made."""
    plan = a_plan(office, who)
    broadcast_id = the_next(office, clock, "2026-11-03T09:55")
    stop(office, who.approver, plan, "中止")  # type: ignore[call-arg]
    assert control.status(office, broadcast_id).state is BroadcastState.CANCELLED
    clock.moment = tokyo("2026-11-04T10:00")
    assert control.due(office) == []
    assert plans.make_due(office).made == ()


def test_a_plan_that_is_resumed_goes_on_with_the_next_day(office: Office, clock: TestClock, who: Staff) -> None:
    """The days of the pause are missed days, not a backlog."""
    plan = a_plan(office, who)
    standing.pause(office, who.writer, plan, "様子を見る")
    clock.moment = tokyo("2026-11-05T12:00")
    standing.resume(office, who.writer, plan)
    assert plans.make_due(office).missed == 3
    assert len(the_next(office, clock, "2026-11-06T10:00")) > 0


def test_ending_a_plan_lets_go_what_was_made(office: Office, clock: TestClock, who: Staff) -> None:
    """An end makes nothing new; a cancellation in the store alone, without the desk, lets nothing start."""
    plan = a_plan(office, who)
    first = the_next(office, clock)
    standing.end(office, who.writer, plan, "終了")
    assert freeze.start(office, first, ME) is BroadcastState.SENDING
    other = a_plan(office, who)
    second = the_next(office, clock, "2026-11-04T10:00")
    with writing(office.warehouse) as connection:
        rows.change(connection, other, state=StandingState.CANCELLED)
    with pytest.raises(Refused, match="The plan of the broadcast is cancelled"):
        freeze.start(office, second, ME)


def test_a_plan_started_before_it_was_stopped_is_taken_up_again(office: Office, clock: TestClock, who: Staff) -> None:
    """What is being sent when its plan ends is sent to its end, after a crash as well."""
    plan = a_plan(office, who)
    broadcast_id = the_next(office, clock)
    freeze.start(office, broadcast_id, ME)
    standing.cancel(office, who.approver, plan, "中止")
    assert freeze.start(office, broadcast_id, ME) is BroadcastState.SENDING


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"drift_percent": 60}, "drift_percent"),
        ({"open_minutes": 0}, "open_minutes"),
        ({"late": "flood"}, "late"),
        ({"rule": {**DAILY, "until": None}}, "until"),
    ],
)
def test_a_plan_out_of_bounds_is_refused(sqlite_office: Office, own: dict[str, object], said: str) -> None:
    """No end, a margin or window out of bounds, an unknown policy: refused by its place."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    with pytest.raises(BadInput, match=said):
        standing.draft_plan(sqlite_office, who.writer, some_news(sqlite_office), {"rule": DAILY, **own})


def test_a_plan_whose_end_has_passed_is_not_written_or_approved(sqlite_office: Office, clock: TestClock) -> None:
    """The end is looked at when it is drafted, submitted and approved."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    plan = a_draft_plan(sqlite_office, who)
    clock.forward(days=120)
    with pytest.raises(Refused, match="needs an end"):
        standing.submit(sqlite_office, who.writer, plan, standing.show(sqlite_office, plan, Kind.PLAN))
    with pytest.raises(Refused, match="needs an end"):
        a_draft_plan(sqlite_office, who)
    with pytest.raises(NotFound, match="no such template"):
        standing.show(sqlite_office, plan, Kind.TEMPLATE)
