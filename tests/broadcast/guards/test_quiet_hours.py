"""Guard `quiet_hours`: nothing starts at night; what waits keeps its approval."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import control
from tayori.broadcast.freeze import Held
from tayori.broadcast.guards import judging, overrides
from tayori.broadcast.guards.situation import Situation
from tayori.domain.sending_policy import WARD_TIME, QuietHours, SendingPolicy, quiet_until, sending_policy
from tayori.domain.states import BroadcastState
from tayori.errors import Refused, Tampered
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import GENRE, residents, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_starts, code_of, start
from tests.support.builders import TestClock

EMERGENCY = "緊急"
CLOCKS = st.times().map(lambda at: at.replace(microsecond=0, fold=0))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def with_quiet(begins: time, ends: time) -> SendingPolicy:
    quiet = QuietHours.model_construct(begins=begins, ends=ends)
    figures = sending_policy().every_genre.model_copy(update={"quiet_hours": quiet})
    return sending_policy().model_copy(update={"every_genre": figures, "genres": {}})


@given(begins=CLOCKS, ends=CLOCKS, moment=MOMENTS)
def test_quiet_hours_are_a_span_of_each_day(begins: time, ends: time, moment: datetime) -> None:
    """A moment is quiet iff its time of day lies in the span, over midnight too; the end comes within a day."""
    if begins == ends:
        return
    here = moment.astimezone(WARD_TIME).time()
    within = begins <= here < ends if begins < ends else here >= begins or here < ends
    until = quiet_until(with_quiet(begins, ends), GENRE, moment)
    assert (until is not None) == within
    if until is not None:
        assert moment < until <= moment + timedelta(days=1)
        assert until.timetz().replace(tzinfo=None) == ends
        assert quiet_until(with_quiet(begins, ends), GENRE, until) is None


def test_it_holds_nothing_but_lets_wait(office: Office, clock: TestClock) -> None:
    """At 22:00 it is refused, not held: still scheduled, in nobody's hands, and told when it is due."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=12 * HOUR))
    clock.forward(hours=12)
    with pytest.raises(Refused, match="not due until 08:00") as told:
        start(office, broadcast_id)
    assert not isinstance(told.value, Held)
    assert control.status(office, broadcast_id).state is BroadcastState.SCHEDULED
    with reading(office.warehouse) as connection:
        assert broadcasts.find(connection, broadcast_id).worker is None


def test_it_lets_through_in_the_morning(office: Office, clock: TestClock) -> None:
    """The one that waited starts at eight, without a new signature."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=12 * HOUR))
    clock.forward(hours=21, minutes=59)
    with pytest.raises(Refused, match="08:00"):
        start(office, broadcast_id)
    clock.forward(minutes=1)
    assert_starts(office, broadcast_id)


def test_it_lets_through_an_emergency_at_night(sqlite_office: Office, clock: TestClock) -> None:
    """Who chose 緊急 wants to be woken (ward's policy)."""
    clock.forward(hours=15, minutes=12)
    residents(sqlite_office, 20, genres=frozenset({code_of(EMERGENCY)}))
    assert_starts(sqlite_office, approved(sqlite_office, staff(sqlite_office), Plan(genre=EMERGENCY, begins=0 * HOUR)))


def test_it_lets_through_what_a_second_handler_overrode(office: Office, clock: TestClock) -> None:
    """Overridden, it starts at night, and a sender under way does not rest; without, it rests until eight."""
    clock.forward(hours=12)
    residents(office, 20)
    who = staff(office)
    broadcast_id, other = (approved(office, who, Plan(begins=0 * HOUR)) for _ in range(2))
    overrides.override(office, who.approver, broadcast_id, "quiet_hours", "避難所の開設")
    assert_starts(office, broadcast_id)
    with reading(office.warehouse) as connection:
        rests = [
            judging.rests_until(Situation(connection, broadcasts.find(connection, one), office.now()))
            for one in (broadcast_id, other)
        ]
    assert rests[0] is None
    assert rests[1] == datetime(2026, 11, 3, 8, tzinfo=WARD_TIME)


def test_it_lets_through_a_scheduled_one_that_was_overridden(sqlite_office: Office, clock: TestClock) -> None:
    """Scheduled for the night: the second handler's override opens it as it opens an approved one."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = approved(sqlite_office, who, Plan(begins=12 * HOUR))
    clock.forward(hours=12)
    assert control.due(sqlite_office) == []
    with pytest.raises(Refused, match="not due until 08:00"):
        start(sqlite_office, broadcast_id)
    overrides.override(sqlite_office, who.approver, broadcast_id, "quiet_hours", "避難所の開設")
    assert control.due(sqlite_office) == [broadcast_id]
    assert_starts(sqlite_office, broadcast_id)


def test_a_forged_override_keeps_no_other_broadcast(sqlite_office: Office, clock: TestClock) -> None:
    """One that was tampered with is told at its own start; whatever else is due at that moment still goes out."""
    residents(sqlite_office, 20)
    broadcast_id = approved(sqlite_office, (who := staff(sqlite_office)), Plan(begins=12 * HOUR))
    clock.forward(hours=12)
    overrides.override(sqlite_office, who.approver, broadcast_id, "quiet_hours", "避難所の開設")
    with writing(sqlite_office.warehouse) as connection:
        connection.exec_driver_sql("UPDATE guard_override SET reason = 'x'")
    assert control.due(sqlite_office) == [broadcast_id]
    with pytest.raises(Tampered):
        start(sqlite_office, broadcast_id)
    assert control.due(sqlite_office) == []
