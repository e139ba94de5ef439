"""The ledger of batches against LINE's rules, in any order of runs, answers, crashes, leavers and clocks.

Never doubled, never missed, never altered under a key. LINE is the sandbox's platform as a plain object; what it does
to the next calls is drawn beforehand. A crash is a power cut: from then on the process writes nothing.
"""

import atexit
import itertools
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from enum import StrEnum, auto
from pathlib import Path
from random import Random
from typing import cast

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, select

from sandbox.line.ids import IdSpace
from sandbox.line.platform import Account, Platform
from sandbox.line.refusals import LineRefusal, month_exceeded, rate_exceeded, server_error
from sandbox.line.wire import Request
from tayori.broadcast import control, freeze
from tayori.broadcast.courier import Pace
from tayori.broadcast.send import Sending
from tayori.domain.batches import RETRY_WITHIN
from tayori.domain.identifiers import LineUserId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import TayoriError, Unavailable
from tayori.line.answers import NO_ANSWER, Answer, read_answer
from tayori.line.client import Content, LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office, utc_now
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.broadcasts import batch
from tests.broadcast.builders import ME, Someone, leave
from tests.support.kills.wards import Store, Wards
from tests.support.kills.worker import at_any_hour

PEOPLE, IN_A_BATCH = 20, 3
PACE = Pace(
    block=2, ahead=4, threads=1, tries=2, first_wait=0.0, longest_wait=0.0, too_fast_wait=0.0, passes=1, pass_wait=0.0
)
LONGEST = timedelta(hours=20)  # the window is 24 h


class Fate(StrEnum):
    """What happens to one call."""

    SERVED = auto()
    LOST = auto()  # served, and the answer never came
    UNSERVED = auto()  # nothing came back, LINE never took it
    BROKEN = auto()  # 500, not served
    BROKEN_LATE = auto()  # 500 after it was served
    TOO_FAST = auto()
    QUOTA = auto()
    LOCKED_OUT = auto()
    DIES_BEFORE = auto()  # the sender dies before the call leaves it
    DIES_AFTER = auto()  # the sender dies before it hears the answer


REFUSALS = {
    Fate.BROKEN: server_error(),
    Fate.BROKEN_LATE: server_error(),
    Fate.TOO_FAST: rate_exceeded(),
    Fate.QUOTA: month_exceeded(),
    Fate.LOCKED_OUT: LineRefusal(401, "Authentication failed."),
}
TAKEN = {Fate.SERVED, Fate.LOST, Fate.BROKEN_LATE, Fate.DIES_AFTER}


class PowerCutError(Unavailable):
    """The sender's machine is off."""


class Line:
    """LINE without a network: the sandbox's rules, its ledger, and a fate for each of the next calls."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.fates: deque[Fate] = deque()
        self.refused: set[str] = set()
        self._requests = itertools.count(1)

    def multicast(self, to: Sequence[str], content: Content, retry_key: str) -> Answer:
        """Serve one call, or do to it what is its fate."""
        fate = self.fates.popleft() if self.fates else Fate.SERVED
        answer = self._served(to, content, retry_key) if fate in TAKEN else NO_ANSWER
        if fate in {Fate.DIES_BEFORE, Fate.DIES_AFTER}:
            raise PowerCutError("The machine is off.")
        if fate in REFUSALS:
            return _answer(REFUSALS[fate])
        return answer if fate is Fate.SERVED else NO_ANSWER

    def quota(self) -> int:
        """What the month may carry: as much as it has carried, so that a spent quota is one."""
        return 1

    def consumption(self) -> int:
        """What the month has carried."""
        return 1

    def _served(self, to: Sequence[str], content: Content, retry_key: str) -> Answer:
        body = orjson.dumps({"to": list(to), "messages": content.messages})
        headers = {"x-line-retry-key": retry_key}
        try:
            self.platform.multicast(Request(f"r{next(self._requests)}", "POST", "", headers=headers, body=body))
        except LineRefusal as refusal:
            if refusal.details:
                named = {int(one.property[3:-1]) for one in refusal.details}
                self.refused |= {one for at, one in enumerate(to) if at in named}
            return _answer(refusal)
        return read_answer(200, {}, "{}")


def _answer(refusal: LineRefusal) -> Answer:
    return read_answer(refusal.status, dict(refusal.headers), orjson.dumps(refusal.body()).decode())


FATES = st.lists(st.sampled_from(list(Fate)), max_size=7)
WHO = st.integers(0, PEOPLE - 1)


class BatchLedger(RuleBasedStateMachine):
    """One broadcast from its approval to its end."""

    _folder = tempfile.TemporaryDirectory(prefix="tayori-ledger-")
    _wards = Wards(Path(_folder.name))
    atexit.register(_folder.cleanup)

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.ahead = timedelta()
        self.ward = self._stack.enter_context(self._wards.copy(Store.SQLITE, PEOPLE))
        self.platform = Platform(Account(), lambda: utc_now() + self.ahead)
        self.platform.befriend(PEOPLE)
        self.line = Line(self.platform)
        self.ids = IdSpace(self.platform.account.seed).ids(0, PEOPLE)
        self.left: set[int] = set()
        self.spared: set[int] = set()
        self.runs = itertools.count(1)

    def office(self, life: int | None = None) -> Office:
        """Give an office whose machine goes off after so many begins and ends of transactions."""
        rng = Random(next(self.runs))  # noqa: S311 - replayable on purpose
        office = Office(self.ward.settings, lambda: utc_now() + self.ahead, rng)
        steps = itertools.count()

        def step(_connection: object) -> None:
            if life is not None and next(steps) >= life:
                raise PowerCutError("The machine is off.")

        for name in ("begin", "commit"):
            event.listen(office.warehouse, name, step)
        return office

    @initialize(fates=FATES)
    def begin(self, fates: list[Fate]) -> None:
        """Every broadcast begins with a run."""
        self.run(fates=fates, life=None)

    @rule(fates=FATES, life=st.none() | st.integers(0, 24))
    def run(self, fates: list[Fate], life: int | None) -> None:
        """Let a worker send, until it is through or its machine goes off."""
        if self.ward.standing.state is BroadcastState.PAUSED:
            self.ward.resume()
        self.line.fates = deque(fates)
        office, line = self.office(life), cast("LineClient", self.line)
        try:
            freeze.start(office, self.ward.broadcast_id, ME)
            freeze.freeze(office, self.ward.broadcast_id, ME, chunk=IN_A_BATCH)
            fast, ward = Limiter(1e9), self.ward
            sending = Sending(office, ward.broadcast_id, ME, line, limiter=fast, pace=PACE, interrupted=at_any_hour)
            with sending as run:
                run.advance(1_000)
        except TayoriError:
            pass  # a power cut, or nothing to do: what it left is what the next one finds
        finally:
            office.close()

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        """Somebody blocks the account; who was never tried for gets nothing any more."""
        number = who + 1
        if who in self.left or len(self.left) > 0:  # more than 5 % of the audience would hold the broadcast
            return
        office = self.office()
        leave(office, Someone(number, LineUserId(self.ids[who])))
        self.left.add(who)
        if self._never_tried(office, number):
            self.spared.add(who)
        office.close()

    @rule(who=WHO)
    def refuse(self, who: int) -> None:
        """LINE refuses this id from now on, by a 400 that names it."""
        self.platform.refused_ids.add(self.ids[who])

    @precondition(lambda self: self.ahead < LONGEST)
    @rule(hours=st.sampled_from([1, 5, 11, 13]))
    def later(self, hours: int) -> None:
        """Time goes by, here and at LINE."""
        self.ahead = min(LONGEST, self.ahead + timedelta(hours=hours))

    @precondition(lambda self: self.ward.standing.state is BroadcastState.SENDING)
    @rule()
    def pause(self) -> None:
        """The desk pauses it between two runs."""
        self.ward.pause()

    @invariant()
    def nobody_twice_and_no_key_for_two_requests(self) -> None:
        """What LINE's ledger says, at every moment."""
        copies = [sum(self.platform.ledger.received(one).values()) for one in self.ids]
        assert max(copies) <= 1, copies
        assert self.platform.keys.altered == 0
        assert not any(copies[who] for who in self.spared)

    def teardown(self) -> None:
        """Complete it, and count: nobody is missing whom we do not know to be open."""
        try:
            for _ in range(3):
                self.run(fates=[], life=None)
            self.nobody_twice_and_no_key_for_two_requests()
            self._assert_complete()
        finally:
            self._stack.close()

    def _assert_complete(self) -> None:
        excused = self.left | {at for at, one in enumerate(self.ids) if one in self.line.refused}
        missing = [
            at for at, one in enumerate(self.ids) if at not in excused and not self.platform.ledger.received(one)
        ]
        standing = control.status(office := self.office(), self.ward.broadcast_id)
        office.close()
        open_people = standing.people(BatchState.UNKNOWN)
        assert len(missing) <= open_people, (missing, standing.counts)
        assert not standing.people(BatchState.PLANNED, BatchState.SENDING), standing.counts
        assert self.ahead >= RETRY_WITHIN or not open_people, standing.counts

    def _never_tried(self, office: Office, number: int) -> bool:
        mine = select(batch.c.state).where(batch.c.first_no <= number, batch.c.last_no >= number)
        with reading(office.warehouse) as connection:
            found = connection.execute(mine).scalars().all()
            frozen = connection.execute(select(batch.c.state)).first() is not None
        return found == [BatchState.PLANNED] or not frozen


BatchLedger.TestCase.settings = settings(
    max_examples=40, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBatchLedger = pytest.mark.slow(BatchLedger.TestCase)
