"""Whatever staff and machines do in whatever order: nothing is sent without two signatures or the emergency lane (I10).

Two machines try sequences of calls against a model that knows only who signed what: one over broadcasts, one over plans
and their days.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tayori.broadcast import control, desk, emergency, freeze, plans, standing
from tayori.domain.identifiers import BroadcastId
from tayori.domain.recurrence import TOKYO, occurrences
from tayori.domain.standing import STANDING_STEPS, Kind, StandingState, stored_plan
from tayori.domain.states import BROADCAST_STEPS, BroadcastState
from tayori.errors import TayoriError
from tayori.warehouse import broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import EVERYONE, GENRE, GENRE_NAME, TEXT, Staff, handler, residents
from tests.broadcast.kinds import DAILY, URGENT, a_draft_plan, a_template
from tests.support.builders import TestClock, an_office

QUICK = settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PICK = st.sampled_from([0, 0, 0, 1, 1, 2])
GONE = "another-worker"


class _Office(RuleBasedStateMachine):
    """What both machines share: an office of its own on SQLite, three handlers, a clock that also runs backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = TestClock()
        self.office = an_office(Path(self.folder.name) / "home", self.clock)
        residents(self.office, 12, genres=frozenset({GENRE, URGENT}))
        self.writer = handler(self.office, "suzuki", "writer")
        self.both = handler(self.office, "tanaka", "writer", "approver")
        self.duty = handler(self.office, "toban", "duty")
        self.before: dict[str, BroadcastState] = {}

    def teardown(self) -> None:
        self.office.close()
        self.folder.cleanup()

    @contextlib.contextmanager
    def may_refuse(self) -> Iterator[None]:
        """Let a call be refused: what counts is what is stored afterwards."""
        with contextlib.suppress(TayoriError):
            yield

    def states(self) -> dict[str, BroadcastState]:
        with reading(self.office.warehouse) as connection:
            every = broadcasts.in_states(connection, *BroadcastState)
            return {one: broadcasts.find(connection, one).state for one in every}

    def pick(self, at: int) -> BroadcastId:
        """Give a broadcast, the newest one by 0; there are few, so that things happen to the same one."""
        every = list(self.states())
        return BroadcastId(every[-1 - at % len(every)]) if every else BroadcastId("b-none")

    @rule(minutes=st.sampled_from([-1500, -5, 10, 29, 31, 120, 1440]))
    def the_clock_moves(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule(at=PICK)
    def a_worker_starts(self, at: int) -> None:
        with self.may_refuse():
            freeze.start(self.office, self.pick(at), GONE)

    @rule(at=PICK)
    def staff_cancels(self, at: int) -> None:
        with self.may_refuse():
            control.cancel(self.office, self.writer, self.pick(at), "x")

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        """A state that changed went along the table, in one or more steps of one call."""
        now = self.states()
        for one, after in now.items():
            before = self.before.get(one, BroadcastState.DRAFT)
            reachable, frontier = {before}, {before}
            for _ in range(3):
                frontier = {step for state in frontier for step in BROADCAST_STEPS[state]}
                reachable |= frontier
            assert after in reachable | {BroadcastState.SCHEDULED}
        self.before = now


class _Broadcasts(_Office):
    """Broadcasts of two lanes; the model keeps who submitted and approved which text, and what was tampered with."""

    def __init__(self) -> None:
        super().__init__()
        self.submitted: dict[str, str] = {}
        self.approved: set[str] = set()
        self.urgent: set[str] = set()
        self.tampered: set[str] = set()
        self.was: dict[str, BroadcastState] = {}

    @initialize()
    def a_template_is_there(self) -> None:
        a_template(self.office, Staff(self.writer, self.both))

    @rule(later=st.booleans())
    def somebody_drafts(self, later: bool) -> None:  # noqa: FBT001 - drawn by name
        now = self.office.now()
        begins = now + timedelta(hours=2) if later else now - timedelta(minutes=1)
        new = desk.written(GENRE_NAME, EVERYONE, TEXT, begins, begins + timedelta(days=30))
        with self.may_refuse():
            desk.draft(self.office, self.writer, new)

    @rule(at=PICK, by_both=st.booleans())
    def somebody_submits(self, at: int, by_both: bool) -> None:  # noqa: FBT001 - drawn by name
        who, one = (self.both if by_both else self.writer), self.pick(at)
        with self.may_refuse():
            desk.submit(self.office, who, one, desk.review(self.office, one))
            self.submitted[one] = who.handler_id

    @rule(at=PICK)
    def somebody_approves(self, at: int) -> None:
        one = self.pick(at)
        with self.may_refuse():
            desk.approve(self.office, self.both, one, desk.review(self.office, one))
            assert self.submitted.get(one) == "suzuki", "one hand did both"
            assert one not in self.tampered
            self.approved.add(one)

    @rule(later=st.booleans(), changed=st.booleans())
    def two_sign_and_a_worker_starts(self, later: bool, changed: bool) -> None:  # noqa: FBT001 - drawn by name
        """Go the whole way at once, so that its end is often tried: with a change behind the desk, or without."""
        self.somebody_drafts(later=later)
        self.somebody_submits(at=0, by_both=False)
        self.somebody_approves(at=0)
        if changed:
            self.somebody_tampers(at=0, state=BroadcastState.APPROVED)
        if later:
            self.clock.forward(hours=2)
        self.a_worker_starts(at=0)

    @rule(at=PICK)
    def somebody_alters(self, at: int) -> None:
        one, now = self.pick(at), self.office.now()
        new = desk.written(GENRE_NAME, EVERYONE, [{"type": "text", "text": "別"}], now, now + timedelta(days=30))
        with self.may_refuse():
            desk.alter(self.office, self.writer, one, new)
            self.approved.discard(one)
            self.submitted.pop(one, None)
            self.tampered.discard(one)

    @rule(minutes=st.integers(0, 40), shelter=st.sampled_from(["四谷小学校", "大久保小学校"]))
    def duty_signs(self, minutes: int, shelter: str) -> None:
        opened = f"{(self.office.now() - timedelta(minutes=minutes)).astimezone(TOKYO):%H:%M}"
        with self.may_refuse():
            one = emergency.sign_off(self.office, self.duty, "shelter-open", {"shelter": shelter, "opened": opened})
            assert minutes <= 30
            self.urgent.add(one)

    @rule(at=PICK)
    def staff_pauses(self, at: int) -> None:
        with self.may_refuse():
            control.pause(self.office, self.writer, self.pick(at), "x")

    @rule(at=PICK)
    def staff_resumes(self, at: int) -> None:
        with self.may_refuse():
            control.resume(self.office, self.writer, self.pick(at))

    @rule(at=PICK, state=st.sampled_from([BroadcastState.APPROVED, BroadcastState.SCHEDULED]))
    def somebody_tampers(self, at: int, state: BroadcastState) -> None:
        """Change a text, or claim an approval, behind the desk; what is being sent is left alone."""
        one = self.pick(at)
        if one not in self.states() or self.states()[one] in {BroadcastState.SENDING, BroadcastState.PAUSED}:
            return
        with writing(self.office.warehouse) as connection:
            if broadcasts.find(connection, one).state is BroadcastState.DRAFT:
                broadcasts.change(connection, one, state=state, approved_count=12)
                self.before[one] = state
            else:
                broadcasts.change(connection, one, messages=b'[{"type":"text","text":"!"}]')
                self.tampered.add(one)

    @invariant()
    def nothing_is_sent_without_two_hands_or_the_lane(self) -> None:
        """What came into sending in this step was approved by two, or is the duty officer's, and was not changed."""
        now = self.states()
        for one, state in now.items():
            if state is BroadcastState.SENDING and self.was.get(one) is not BroadcastState.SENDING:
                assert one in self.approved | self.urgent
                assert one not in self.tampered
        self.was = now


class _Plans(_Office):
    """A plan and its days; the model keeps whether the plan may make anything now."""

    def __init__(self) -> None:
        super().__init__()
        hands = Staff(self.writer, self.both)
        self.plan = a_draft_plan(self.office, hands, {**DAILY, "until": "2026-11-12"}, late="send")
        self.state = StandingState.DRAFT
        self.made: dict[str, str] = {}

    @initialize(signed=st.sampled_from([True, True, True, False]))
    def two_may_have_signed(self, signed: bool) -> None:  # noqa: FBT001 - drawn by name
        if signed:
            self.the_writer_submits()
            self.the_approver_approves()

    @rule(then=st.sampled_from(["nothing", "pause", "cancel", "the_deployment_runs", "the_dispatch_runs"]))
    def ten_oclock_comes(self, then: str) -> None:
        """Let the plan's hour come, and at once what matters then: a stop, a second turn, a start."""
        here = self.office.now().astimezone(TOKYO)
        due = here.replace(hour=10, minute=0, second=0)
        self.clock.moment = due if due > here else due + timedelta(days=1)
        self.the_deployment_runs()
        if then in {"pause", "cancel"}:
            self.somebody_stops(then)
        elif then != "nothing":
            getattr(self, then)()

    def does(self, after: StandingState, call: Callable[[], object]) -> None:
        """Call something that moves the plan; the model moves along the table, or the call is refused."""
        try:
            call()
        except TayoriError:
            return
        assert after in STANDING_STEPS[self.state]
        self.state = after

    @rule()
    def the_writer_submits(self) -> None:
        seen = standing.show(self.office, self.plan, Kind.PLAN)
        self.does(StandingState.SUBMITTED, lambda: standing.submit(self.office, self.writer, self.plan, seen))

    @rule()
    def the_approver_approves(self) -> None:
        seen = standing.show(self.office, self.plan, Kind.PLAN)
        self.does(StandingState.APPROVED, lambda: standing.approve(self.office, self.both, self.plan, seen))

    @rule()
    def somebody_resumes(self) -> None:
        self.does(StandingState.APPROVED, lambda: standing.resume(self.office, self.writer, self.plan))

    @rule(what=st.sampled_from(["pause", "pause", "pause", "end", "cancel"]))
    def somebody_stops(self, what: str) -> None:
        after = {"pause": StandingState.PAUSED, "end": StandingState.ENDED, "cancel": StandingState.CANCELLED}[what]
        self.does(after, lambda: getattr(standing, what)(self.office, self.writer, self.plan, "x"))

    @rule()
    def the_deployment_runs(self) -> None:
        turn = plans.make_due(self.office)
        assert len(turn.made) <= 1, "a flood"
        assert not turn.made or self.state is StandingState.APPROVED
        if turn.ended:
            self.state = StandingState.ENDED
        assert not turn.paused

    @rule()
    def the_dispatch_runs(self) -> None:
        for one in control.due(self.office):
            with self.may_refuse():
                freeze.start(self.office, one, GONE)

    @invariant()
    def the_plan_stands_where_the_model_says(self) -> None:
        """Two hands, and only the table's steps."""
        with reading(self.office.warehouse) as connection:
            assert rows.find(connection, self.plan).state is self.state

    @invariant()
    def each_day_is_one_and_the_rules_own(self) -> None:
        """A day has one row and at most one broadcast, is a day of the rule, and its broadcast never changes."""
        with reading(self.office.warehouse) as connection:
            noted = rows.noted(connection, self.plan)
            days = occurrences(stored_plan(rows.find(connection, self.plan).particulars).rule)
        assert len({one.day for one in noted}) == len(noted)
        assert {one.day for one in noted} <= set(days)
        for one in noted:
            assert self.made.setdefault(str(one.day), str(one.broadcast_id)) == str(one.broadcast_id)

    @invariant()
    def nothing_waits_under_a_plan_that_was_stopped(self) -> None:
        """Paused or cancelled, a plan has no broadcast left that could still start."""
        if self.state in {StandingState.PAUSED, StandingState.CANCELLED}:
            with reading(self.office.warehouse) as connection:
                assert rows.made_in(connection, self.plan, standing.UNSTARTED) == []


TestBroadcasts = _Broadcasts.TestCase
TestBroadcasts.settings = QUICK
TestPlans = _Plans.TestCase
TestPlans.settings = QUICK
