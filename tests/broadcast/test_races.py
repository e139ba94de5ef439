"""Two at once: senders, dispatches, the desk, the eraser. Whoever comes second is told so, nothing is done twice."""

import threading
import time
from contextlib import ExitStack, suppress
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import Connection, event, text, update

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, emergency, freeze, lease, plans
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, RunId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import erase
from tayori.warehouse import batches, broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import Contended, persistently, reading, writing
from tayori.warehouse.schema.broadcasts import batch
from tests.broadcast.builders import (
    ME,
    Staff,
    a_submitted,
    an_approved,
    handler,
    leave,
    residents,
    staff,
)
from tests.broadcast.kinds import URGENT, a_plan, a_template
from tests.broadcast.rig import assert_once_each, send
from tests.broadcast.together import (
    PATIENCE,
    Gate,
    a_run,
    at_once,
    frozen,
    in_a_thread,
    one_after_the_other_at_the_log,
    refusals,
    state_of,
    wait_for_waiting,
    wait_until,
)
from tests.support.builders import TestClock

PEOPLE = 2_600
NIGHT = Evidence("flow:retention", Purpose.ERASURE)
OTHER = "elsewhere.1.1"  # a worker of another machine


def with_one_unknown(office: Office, who: Staff, clock: TestClock) -> BroadcastId:
    """Give a broadcast that needs a decision on its one batch."""
    broadcast_id = an_approved(office, who)
    frozen(office, broadcast_id)
    with writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, state=BroadcastState.NEEDS_DECISION, worker=None)
        began = {"state": BatchState.UNKNOWN, "first_attempt_at": clock.moment}
        connection.execute(update(batch).where(batch.c.broadcast_id == broadcast_id).values(began))
    return broadcast_id


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_eraser_and_a_sender_never_wait_for_each_other(office: Office, platform: RunningPlatform) -> None:
    """The eraser has the log's line and wants lists; a sender that has lists must not want the line then."""
    everybody = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    frozen(office, broadcast_id)
    leave(office, everybody[3], everybody[1_700])
    with a_run(office, platform, broadcast_id) as run:
        erased, progress = one_after_the_other_at_the_log(
            office,
            [lambda: erase.erase_leavers(office, RunId("r-1"), b"k" * 32), lambda: run.advance(10_000)],
        )
    assert refusals([erased, progress]) == []
    assert state_of(office, broadcast_id) is BroadcastState.SENT


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_nobody_is_erased_while_their_number_is_on_its_way_into_a_list(office: Office) -> None:
    """Who is erased during the freeze is in none of its lists: it waits for the eraser, or the eraser for it."""
    everybody = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    leave(office, everybody[3])
    with writing(office.warehouse) as connection:  # the choice is still there when the freeze looks at it
        connection.execute(
            text("INSERT INTO genre_choice (genre, person_no) VALUES (3, :no) ON CONFLICT DO NOTHING"),
            {"no": everybody[3].number},
        )
    erased, done = one_after_the_other_at_the_log(
        office,
        [
            lambda: erase.erase_leavers(office, RunId("r-1"), b"k" * 32),
            lambda: freeze.freeze(office, broadcast_id, ME),
        ],
    )
    assert refusals([erased, done]) == []
    with reading(office.warehouse) as connection:
        assert batches.frontier(connection, broadcast_id)[2] == PEOPLE - 1


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("first", ["the night", "the desk"])
def test_the_night_and_the_desk_decide_without_waiting_for_each_other(
    office: Office, clock: TestClock, first: str
) -> None:
    """72 hours are over while a handler decides: one of the two closes it, both come to their end."""
    residents(office, 60)
    who = staff(office)
    broadcast_id = with_one_unknown(office, who, clock)
    clock.forward(hours=73)
    both = {
        "the night": lambda: control.close_overdue(office, NIGHT),
        "the desk": lambda: control.decide(office, who.approver, broadcast_id),
    }
    found = one_after_the_other_at_the_log(office, [both[first]]) + at_once(*both.values())
    assert all("nothing to decide" in sentence for sentence in refusals(found))
    assert state_of(office, broadcast_id) is BroadcastState.SENT


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("after", [BroadcastState.SENDING, BroadcastState.SENT])
def test_the_night_leaves_what_somebody_took_up_or_decided_meanwhile(
    office: Office, clock: TestClock, after: BroadcastState
) -> None:
    """What the night saw open and finds sending, or decided, once it has it to itself, is not the night's to close."""
    residents(office, 60)
    broadcast_id = with_one_unknown(office, staff(office), clock)
    clock.forward(hours=73)
    with ExitStack() as running, writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, state=after, state_reason="meanwhile")
        found = running.enter_context(in_a_thread(lambda: control.close_overdue(office, NIGHT)))
        wait_for_waiting(office, 1)
    assert refusals(found) == []
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
    assert (row.state, row.state_reason) == (after, "meanwhile")


def test_many_workers_start_one_broadcast(office: Office) -> None:
    """However many come at the same moment, one gets it, the others are told; there is one line of the start."""
    residents(office, 60)
    broadcast_id = an_approved(office)
    workers = [f"machine-{at}.1.1" for at in range(6)]
    found = at_once(*(lambda worker=worker: freeze.start(office, broadcast_id, worker) for worker in workers))
    assert found.count(BroadcastState.SENDING) == 1
    assert all("Another worker" in sentence for sentence in refusals(found))
    with reading(office.warehouse) as connection:
        said = f"broadcast {broadcast_id}: approved > sending"
        lines = connection.execute(text("SELECT count(*) FROM audit_entry WHERE object = :said"), {"said": said})
        assert lines.scalar_one() == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_restless_desk_against_a_sender(office: Office, platform: RunningPlatform, seed: int) -> None:
    """Paused and resumed at any moment, by two handlers at once, taken up by whoever comes: everybody gets it once."""
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "slow", "seconds": 0.02, "times": None}])
    rng = Random(seed)  # noqa: S311 - replayable on purpose
    waits = [rng.uniform(0.0, 0.06) for _ in range(8)]

    def desk() -> None:
        for wait in waits:
            time.sleep(wait)
            for act in (paused, resumed):
                try:
                    act()
                except Refused:
                    continue
                time.sleep(rng.uniform(0.0, 0.02))

    def paused() -> None:
        control.pause(office, who.writer, broadcast_id, "試験")

    def resumed() -> None:
        control.resume(office, who.approver, broadcast_id)

    def sender() -> None:
        while state_of(office, broadcast_id) is not BroadcastState.SENT:
            try:
                send(office, platform, broadcast_id, chunk=1_000)
            except Refused:
                with suppress(Refused):
                    resumed()

    assert refusals(at_once(sender, desk, desk)) == []
    assert_once_each(platform, PEOPLE)


def test_resumed_before_the_pause_took_effect_it_goes_on(
    office: Office, clock: TestClock, platform: RunningPlatform
) -> None:
    """A sender that was settling for a pause finds it taken back: it goes on, and nobody has to resume it again."""
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    frozen(office, broadcast_id)
    gate = Gate()
    with a_run(office, platform, broadcast_id, limiter=gate) as run, in_a_thread(lambda: run.advance(10_000)) as ended:
        wait_until(lambda: BatchState.ACCEPTED in control.status(office, broadcast_id).batches)
        control.pause(office, who.writer, broadcast_id, "試験")
        seen = clock.forward(seconds=1)
        wait_until(lambda: heartbeat_of(office, broadcast_id) == seen)  # the sender knows of the pause
        control.resume(office, who.writer, broadcast_id)
        gate.open()
        wait_until(lambda: bool(ended))
    assert refusals(ended) == []
    assert state_of(office, broadcast_id) is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def heartbeat_of(office: Office, broadcast_id: BroadcastId) -> datetime | None:
    with reading(office.warehouse) as connection:
        return broadcasts.find(connection, broadcast_id).heartbeat_at


def test_an_old_worker_writes_nothing_any_more(office: Office, clock: TestClock, platform: RunningPlatform) -> None:
    """Taken over after a minute of silence: whatever the first one still wants to write is refused, its end too."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    frozen(office, broadcast_id, OTHER)
    with a_run(office, platform, broadcast_id, OTHER) as old:
        old.advance(1)
        clock.forward(seconds=61)
        freeze.start(office, broadcast_id, ME)
        before = rows_of(office, broadcast_id)
        for work in (lambda: old.advance(10_000), lambda: freeze.freeze(office, broadcast_id, OTHER)):
            with pytest.raises(Refused, match="took this broadcast over"):
                work()
    assert rows_of(office, broadcast_id) == before
    send(office, platform, broadcast_id)
    assert_once_each(platform, PEOPLE)


def rows_of(office: Office, broadcast_id: BroadcastId) -> list[tuple[object, ...]]:
    with reading(office.warehouse) as connection:
        mine = batch.select().where(batch.c.broadcast_id == broadcast_id).order_by(batch.c.ordinal)
        found = [tuple(row) for row in connection.execute(mine)]
        row = broadcasts.find(connection, broadcast_id)
    return [*found, (row.state, row.worker)]


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_who_stands_still_in_a_transaction_loses_it(office: Office) -> None:
    """A machine that stops while it holds a broadcast's row holds it for a minute, as the lease, and not for ever."""
    residents(office, 60)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    with writing(office.warehouse) as connection:
        lease.beat(connection, broadcast_id, ME, office.now())
        span = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert span == "1min"
    with reading(office.warehouse) as connection:  # and nobody else is hurried
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "0"


def test_two_dispatches_make_a_plans_day_once(office: Office, clock: TestClock) -> None:
    """The planner runs twice at the same moment: one broadcast of the day."""
    residents(office, 60)
    plan = a_plan(office, staff(office))
    clock.forward(days=1)
    found = at_once(*[lambda: plans.make_due(office)] * 4)
    assert refusals(found) == []
    with reading(office.warehouse) as connection:
        days = len(rows.noted_days(connection, plan))
    assert sum(len(one.made) for one in found if isinstance(one, plans.Planned)) == days == 1


def test_two_officers_sign_the_same_at_once(office: Office) -> None:
    """The very same emergency, signed by two on duty at the same moment, goes out once."""
    residents(office, 60, genres=frozenset({URGENT}))
    template = a_template(office, staff(office))
    officers = [handler(office, name, "duty") for name in ("toban", "fukutoban")]
    said = {"shelter": "四谷小学校", "opened": "09:45"}
    found = at_once(*(lambda one=one: emergency.sign_off(office, one, template, said) for one in officers))
    assert sum(isinstance(one, str) for one in found) == 1
    assert all("same was signed" in sentence for sentence in refusals(found))


@pytest.mark.parametrize("office", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_deadlock_is_met_again_and_does_not_end_the_work(office: Office) -> None:
    """Two programs that lock two broadcasts crosswise: the server ends one transaction, and that one is tried again."""
    residents(office, 60)
    who = staff(office)
    one, two = a_submitted(office, who), a_submitted(office, who)
    meet, turns = threading.Barrier(2), []

    def crosswise(first: BroadcastId, second: BroadcastId) -> None:
        def work() -> None:
            turns.append(first)
            with writing(office.warehouse) as connection:
                broadcasts.find(connection, first, lock=True)
                if len(turns) <= 2:  # the first time both have one and want the other
                    meet.wait(PATIENCE)
                broadcasts.find(connection, second, lock=True)

        persistently(work)

    found = at_once(lambda: crosswise(one, two), lambda: crosswise(two, one))
    assert refusals(found) == []
    assert len(turns) == 3


def test_a_busy_store_is_told_from_a_lost_one() -> None:
    """Only what stood in the way is tried again, as often as was said, and then it is told."""
    tries = []

    def hindered() -> None:
        tries.append(1)
        raise Contended("in the way")

    with pytest.raises(Contended):
        persistently(hindered)
    assert len(tries) == 3


@pytest.mark.parametrize("turn", range(3))
def test_of_several_with_the_same_words_started_at_once_one_goes_out(office: Office, turn: int) -> None:
    """What is counted before the start is counted anew where another start came between: each sees those before it."""
    residents(office, 60 + turn)
    who = staff(office)
    ids = [an_approved(office, who) for _ in range(4)]
    found = at_once(*(lambda one=one: freeze.start(office, one, ME) for one in ids))
    assert found.count(BroadcastState.SENDING) == 1
    assert all("repeated_text" in sentence for sentence in refusals(found))
    assert sorted(state_of(office, one) for one in ids) == [BroadcastState.HELD] * 3 + [BroadcastState.SENDING]


def test_nobody_waits_while_a_start_counts_people(office: Office) -> None:
    """The people are counted before the start's transaction: it holds its locks for as long as a few rows take."""
    residents(office, 60)
    who = staff(office)
    freeze.start(office, an_approved(office, who), ME)
    again = an_approved(office, who)
    counted: list[bool] = []

    def asked(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "genre_choice" in statement:
            counted.append(connection.get_execution_options().get("tayori_writes", False))

    event.listen(office.warehouse, "before_cursor_execute", asked)
    with pytest.raises(Refused, match="same text"):
        freeze.start(office, again, ME)
    event.remove(office.warehouse, "before_cursor_execute", asked)
    assert counted
    assert not any(counted)
