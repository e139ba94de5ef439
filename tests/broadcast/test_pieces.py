"""The pieces under the sender: the limiter, LINE's answers, the approved bytes, the helper that opens ids."""

import json
import os
import queue
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import lease
from tayori.broadcast.opener import HelperOpener, Opened
from tayori.domain.batches import only, pack, unpack
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.states import BATCH_STEPS, BatchState, batch_sources
from tayori.errors import Refused
from tayori.line.answers import Verdict, read_answer
from tayori.line.client import content_of
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.engines import writing
from tests.broadcast.builders import leave, residents


class Hand:
    """A clock in hand: sleeping moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@given(rate=st.floats(1, 500), burst=st.floats(0, 50), pauses=st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_the_limiter_never_lets_more_pass_than_the_rate_and_its_burst(
    rate: float, burst: float, pauses: list[float]
) -> None:
    """In no span of time do more calls pass than rate times span, plus the burst, plus the one at its start."""
    hand = Hand()
    limiter = Limiter(rate, burst=burst, clock=hand, sleep=hand.sleep)
    moments = []
    for pause in pauses:
        hand.now += pause
        limiter.take()
        moments.append(hand.now)
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            assert last - first <= rate * (moments[last] - moments[first]) + burst + 1e-6


def test_a_hold_stops_every_call_for_its_time() -> None:
    """After LINE said "too fast", nothing passes before the wait is over."""
    hand = Hand()
    limiter = Limiter(100, clock=hand, sleep=hand.sleep)
    limiter.hold(3)
    limiter.take()
    assert hand.now == pytest.approx(3)


def bad_places(*places: str) -> str:
    return json.dumps({"message": "The request body has errors", "details": [{"property": one} for one in places]})


ACCEPTED_BEFORE = {"x-line-accepted-request-id": "r-1"}
MONTH = '{"message":"You have reached your monthly limit."}'
FAST = '{"message":"The API rate limit has been exceeded. Try again later."}'


@pytest.mark.parametrize(
    ("status", "headers", "body", "verdict"),
    [
        (200, {}, "{}", Verdict.ACCEPTED),
        (409, ACCEPTED_BEFORE, '{"message":"The retry key is already accepted"}', Verdict.ACCEPTED),
        (409, {}, '{"message":"conflict"}', Verdict.UNCERTAIN),
        (429, {}, FAST, Verdict.TOO_FAST),
        (429, {}, MONTH, Verdict.QUOTA_SPENT),
        (400, {}, '{"message":"bad"}', Verdict.REFUSED),
        (400, {}, bad_places("to[3]", "to[499]"), Verdict.RECIPIENTS_REFUSED),
        (400, {}, bad_places("to"), Verdict.RECIPIENTS_REFUSED),
        (400, {}, '{"message":"The property, \'to\', in the request body is invalid"}', Verdict.RECIPIENTS_REFUSED),
        (400, {}, bad_places("to[3]", "messages[0].text"), Verdict.REFUSED),
        (400, {}, bad_places("tone"), Verdict.REFUSED),
        (413, {}, None, Verdict.REFUSED),
        (401, {}, None, Verdict.NOT_LET_IN),
        (403, {}, "not json", Verdict.NOT_LET_IN),
        (500, {}, None, Verdict.UNCERTAIN),
        (503, {}, "[]", Verdict.UNCERTAIN),
        (408, {}, None, Verdict.UNCERTAIN),
        (302, {}, None, Verdict.UNCERTAIN),
    ],
)
def test_an_answer_is_told_by_status_header_and_message(
    status: int, headers: dict[str, str], body: str | None, verdict: Verdict
) -> None:
    """The three things together decide; only an uncertain answer leaves open whether residents got it."""
    assert read_answer(status, headers, body).verdict is verdict


def test_the_recipients_that_line_names_are_known_by_their_places() -> None:
    """Only their places in `to` are kept, each once and in order; what LINE says of them is not."""
    answer = read_answer(400, {}, bad_places("to[7]", "to[2]", "to[7]"))
    assert (answer.named, answer.places) == ((2, 7), ("to[7]", "to[2]", "to[7]"))
    assert read_answer(400, {}, bad_places("to")).named == ()


def test_messages_that_the_sdk_would_change_are_refused() -> None:
    """What goes out is what was approved: a field that the SDK would drop stops the broadcast."""
    assert content_of('[{"type":"text","text":"防災"}]'.encode(), "r1").messages[0]["text"] == "防災"
    with pytest.raises(Refused, match="as they were approved"):
        content_of(b'[{"type":"text","text":"x","unheardOf":1}]', "r1")


NUMBERS = st.sets(st.integers(1, 60)).map(sorted)


@given(members=NUMBERS, present=NUMBERS)
def test_who_is_not_present_is_dropped_and_nobody_comes_in(members: list[int], present: list[int]) -> None:
    """Dropping keeps the order and adds nobody."""
    kept = unpack(only(pack(np.array(members, np.int64)), np.array(present, np.int64)))
    assert kept.tolist() == [number for number in members if number in present]


def test_bulk_writes_follow_the_state_machine() -> None:
    """A settled batch can be overwritten by no state at all."""
    for state in BatchState:
        assert batch_sources(state) == {before for before in BatchState if state in BATCH_STEPS[before]}
    assert not BATCH_STEPS[BatchState.ACCEPTED]


def test_a_worker_on_this_machine_is_known_to_live_or_to_be_gone() -> None:
    """The lease of a dead process can be taken at once; one from elsewhere only by its silence."""
    mine = lease.worker_name()
    assert not lease.is_gone(mine)
    assert lease.is_gone(mine.replace(f".{os.getpid()}.", ".999999999."))
    assert not lease.is_gone("elsewhere-1.1.1")


def test_the_helper_opens_a_list_as_it_was_frozen(office: Office) -> None:
    """Ids come in the order of the list, leavers included; a list with an erased person gives none; it ends at once."""
    people = residents(office, 40)
    leave(office, people[3])
    listed = FrozenBatch(1, "k", pack(np.array([one.number for one in people[:20]])))
    broken = FrozenBatch(2, "k", pack(np.array([people[30].number, 9_999])))
    with writing(office.warehouse) as connection:
        evidence = Evidence("test", Purpose.DELIVERY)
        recorded = audit.record(connection, evidence, Action.OPEN, "lists", count=22, now=office.now())
    came: queue.SimpleQueue[Opened | Exception] = queue.SimpleQueue()
    helper = HelperOpener(office.settings, came.put)
    try:
        helper.ask([listed, broken], recorded)
        assert came.get(timeout=60) == Opened(1, [one.line_user_id for one in people[:20]])
        assert came.get(timeout=60) == Opened(2, None)
    finally:
        helper.close()
    assert not _lives(helper.pid)


def test_the_helper_ends_with_its_sender(sqlite_office: Office) -> None:
    """A helper whose sender was killed sees its end of the pipe close, and is gone."""
    told, tell = os.pipe()
    if (sender := os.fork()) == 0:
        helper = HelperOpener(sqlite_office.settings, lambda _: None)
        os.write(tell, str(helper.pid).encode())
        signal.pause()
    helper_pid = int(os.read(told, 20))
    os.kill(sender, signal.SIGKILL)
    os.waitpid(sender, 0)
    until = time.monotonic() + 60
    while _lives(helper_pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(helper_pid)


def _lives(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z"
