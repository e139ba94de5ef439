"""Killed anywhere, by SIGKILL, and started again: by the platform's ledger nobody is missed and nobody is doubled."""

import os
import signal
import time
import traceback
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, ending, freeze
from tayori.broadcast.courier import Courier
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.office import Office
from tayori.warehouse import batches
from tests.broadcast.builders import an_approved, residents
from tests.broadcast.rig import assert_once_each, send

PEOPLE = 5_300
POINTS: dict[str, tuple[object, str, int]] = {
    "before the first list is stored": (batches, "freeze", 1),
    "between two chunks of the freeze": (freeze, "_freeze_chunk", 3),
    "claimed, not asked yet": (Sending, "_hand_out", 2),
    "before a claim is committed": (batches, "begin_attempts", 2),
    "in the middle of the calls": (Courier, "deliver", 5),
    "asked, outcomes not written": (batches, "settle", 3),
    "written, not committed": (batches, "add_calls", 3),
    "before the end is written": (ending, "end", 1),
}


def in_a_process(work: Callable[[], Any]) -> int:
    """Do the work in a child of this process; give the child's number."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001 - the child must not return into pytest
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended_by(child: int) -> int:
    """Wait for a child; give the signal that ended it, 0 for a quiet end, -1 for an error."""
    status = os.waitpid(child, 0)[1]
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -min(1, os.WEXITSTATUS(status))


def send_anew(office: Office, platform: RunningPlatform, broadcast_id: BroadcastId) -> None:
    """Send with stores of its own, as a worker's process does."""
    rng = Random(os.getpid())  # noqa: S311 - keys of dummy batches
    send(Office(office.settings, office.clock, rng), platform, broadcast_id, chunk=2_000)


def kill_at(owner: object, name: str, times: int) -> None:
    """Let this process kill itself when it enters a function for the n-th time."""
    original, left = getattr(owner, name), [times]

    def entered(*args: object, **kwargs: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, name, entered)


def assert_sent(office: Office, platform: RunningPlatform, broadcast_id: BroadcastId) -> None:
    standing = control.status(office, broadcast_id)
    assert standing.state is BroadcastState.SENT
    assert set(standing.batches) == {BatchState.ACCEPTED}
    assert standing.frozen == PEOPLE
    assert_once_each(platform, PEOPLE)


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_killed_at_a_named_point(office: Office, platform: RunningPlatform, point: str) -> None:
    """Wherever between the first freeze write and the last state write: the next worker completes it exactly."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)

    def work() -> None:
        kill_at(*POINTS[point])
        send_anew(office, platform, broadcast_id)

    assert ended_by(in_a_process(work)) == signal.SIGKILL
    assert ended_by(in_a_process(lambda: send_anew(office, platform, broadcast_id))) == 0
    assert_sent(office, platform, broadcast_id)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_again_and_again_at_random(office: Office, platform: RunningPlatform, seed: int) -> None:
    """Killed at random moments, with answers lost after accepting, 5xx and 429 on the way, until a run gets through."""
    rng = Random(seed)  # noqa: S311 - replayable on purpose
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    faults: list[dict[str, object]] = [
        {"kind": "reset", "accepted": True, "share": 0.1, "times": 6},
        {"kind": "error", "share": 0.1, "times": 6},
        {"kind": "rate_limit", "share": 0.1, "times": 4},
        {"kind": "slow", "seconds": 0.3, "times": None},
    ]
    platform.control.ask("faults", rules=[{"endpoint": "multicast", **fault} for fault in faults])
    kills = 0
    for _ in range(4):
        child = in_a_process(lambda: send_anew(office, platform, broadcast_id))
        time.sleep(rng.uniform(0.05, 0.5))
        os.kill(child, signal.SIGKILL)
        kills += ended_by(child) == signal.SIGKILL
    if control.status(office, broadcast_id).state is not BroadcastState.SENT:
        assert ended_by(in_a_process(lambda: send_anew(office, platform, broadcast_id))) == 0
    assert kills
    assert_sent(office, platform, broadcast_id)


def test_two_workers_at_once_send_it_once(office: Office, platform: RunningPlatform) -> None:
    """Two workers take up the same broadcast at the same moment: one sends, the other is refused."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)

    def work() -> None:
        try:
            send_anew(office, platform, broadcast_id)
        except Refused:
            return

    children = [in_a_process(work), in_a_process(work)]
    assert [ended_by(child) for child in children] == [0, 0]
    assert_sent(office, platform, broadcast_id)
