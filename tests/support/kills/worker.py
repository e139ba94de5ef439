"""A sender in a process of its own: forked, killed, stopped and woken by the trial that started it."""

import logging
import os
import selectors
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import freeze
from tayori.broadcast.courier import Pace
from tayori.broadcast.lease import worker_name
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import Clock
from tayori.domain.states import BroadcastState
from tayori.errors import Refused
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter, share_of_line
from tayori.office import open_office, utc_now
from tests.support.kills.points import Point, arm
from tests.support.kills.wards import Ward
from tests.support.prefect_server import PrefectServer

TIMEOUTS: Final = (2.0, 0.5)
PATIENCE: Final = 200.0  # seconds: a busy machine is no reason to fail, a sender that hangs is
BEGAN: Final = b"B"
_WAITS: Final[dict[str, Any]] = {
    "helper_from": 1_000_000,
    "first_wait": 0.02,
    "longest_wait": 0.2,
    "too_fast_wait": 0.05,
    "pass_wait": 0.05,
}
WIDE: Final = replace(Pace(), **_WAITS)
"""As in operation, but for the waits: all of a small broadcast is claimed at once."""
NARROW: Final = replace(WIDE, block=4, ahead=12, threads=5)
"""Many small claims: many more moments between two transactions."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one sender goes about it."""

    pace: Pace = NARROW
    chunk: int = 10_000
    share: float | None = 1.0  # of LINE's rate; None: as fast as it goes
    ahead: timedelta = timedelta()  # how far its clock is ahead
    patient: bool = False  # comes back until it gets the broadcast, or the broadcast has ended
    seed: str = ""
    prefect: PrefectServer | None = None  # send as a flow run that reports to this server

    @property
    def clock(self) -> Clock:
        """The sender's clock."""
        return lambda: utc_now() + self.ahead

    @property
    def limiter(self) -> Limiter:
        """The sender's own limit."""
        return Limiter(1e6) if self.share is None else share_of_line(self.share)


class Worker:
    """A running sender."""

    def __init__(self, ward: Ward, platform: RunningPlatform, manner: Manner, at: tuple[Point, int] | None) -> None:
        self._pipe, told = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _live(lambda: _work(ward, platform, manner, at, lambda: os.write(told, BEGAN)))
        os.close(told)
        self._ended: int | None = None

    def fileno(self) -> int:
        """Give the pipe that it tells by."""
        return self._pipe

    def has_begun(self, within: float = PATIENCE) -> bool:
        """Wait until it took the broadcast in hand; False when it ended, or did not within these seconds."""
        return first_of([self], within) is self

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Let it stand still: it lives, holds what it holds, and does not know."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._ended is None:
            os.kill(self.pid, number)

    def was_killed(self, within: float = PATIENCE) -> bool:
        """Wait for its end; whether it was killed. A sender that failed, or hangs, fails the trial."""
        until = time.monotonic() + within
        while self._ended is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self._ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
                os.close(self._pipe)
            elif time.monotonic() > until:
                self.kill()
                raise AssertionError(f"A sender did not end within {within:.0f} s.")
            else:
                time.sleep(0.002)
        assert self._ended in {0, signal.SIGKILL}, "a sender failed; its own words are in the error output"
        return self._ended == signal.SIGKILL


def first_of(workers: Sequence[Worker], within: float = PATIENCE) -> Worker | None:
    """Give the first of some workers that took the broadcast in hand; None when none of them does."""
    waiting = selectors.DefaultSelector()
    for one in workers:
        waiting.register(one.fileno(), selectors.EVENT_READ, one)
    until = time.monotonic() + within
    while waiting.get_map() and (left := until - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            if os.read(key.fd, 1) == BEGAN:
                found: Worker = key.data
                return found
            waiting.unregister(key.fd)
    return None


def _live(work: Callable[[], None]) -> None:
    """Be the child: never return into the parent's code."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _work(
    ward: Ward, platform: RunningPlatform, manner: Manner, at: tuple[Point, int] | None, tell: Callable[[], object]
) -> None:
    original = freeze.freeze

    def told(*args: Any, **kwargs: Any) -> object:  # noqa: ANN401 - handed on
        tell()
        return original(*args, **kwargs)

    freeze.freeze = told  # type: ignore[assignment]
    if at is not None:
        arm(*at, ward)
    if manner.prefect is not None:
        _flow(ward, platform, manner.prefect)
    else:
        _send(ward, platform, manner)


def at_any_hour(*_: object) -> None:
    """No quiet hours: senders are killed at night, too."""


def _send(ward: Ward, platform: RunningPlatform, manner: Manner) -> None:
    """Do what the flow does, without Prefect."""
    me, line = worker_name(), LineClient(platform.base_url, platform.account.access_token, timeouts=TIMEOUTS)
    with open_office(ward.settings, manner.clock, Random(manner.seed)) as office:  # noqa: S311 - replayable on purpose
        while True:
            try:
                freeze.start(office, ward.broadcast_id, me)
                freeze.freeze(office, ward.broadcast_id, me, chunk=manner.chunk)
                sending = Sending(
                    office,
                    ward.broadcast_id,
                    me,
                    line,
                    limiter=manner.limiter,
                    pace=manner.pace,
                    interrupted=at_any_hour,
                )
                with sending as run:
                    run.advance(1_000_000)
            except Refused:
                if not manner.patient or ward.standing.state not in {BroadcastState.SENDING, BroadcastState.APPROVED}:
                    return
                time.sleep(0.01)
            else:
                return


def _flow(ward: Ward, platform: RunningPlatform, server: PrefectServer) -> None:
    """Run the flow as a worker's process does: everything from the environment."""
    from flows.broadcast import BroadcastOrder, broadcast  # noqa: PLC0415 - start-up time: only where Prefect is meant

    settings = ward.settings
    os.environ |= {
        "TAYORI_HOME": str(settings.home),
        "TAYORI_DATABASE_URL": settings.database_url,
        "TAYORI_VAULT_URL": settings.vault_url,
        "TAYORI_LINE_API_BASE": platform.base_url,
        "TAYORI_LINE_ACCESS_TOKEN": platform.account.access_token,
    }
    logging.disable(logging.INFO)  # hundreds of runs: the terminal is for what went wrong
    with server.here():
        broadcast(BroadcastOrder(broadcast_id=ward.broadcast_id))
