"""Several at once, each in a thread with connections of its own; and the order in which they come to a lock."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from sqlalchemy import text

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import freeze
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import TayoriError
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import ME, QUICK
from tests.broadcast.rig import TIMEOUTS

PATIENCE: Final = 60.0


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do several things at the same moment, each in its own thread; give what came of each: a value or an error."""
    found: list[object] = [None] * len(works)
    start = threading.Barrier(len(works))

    def do(at: int) -> None:
        start.wait()
        try:
            found[at] = works[at]()
        except TayoriError as error:
            found[at] = error

    threads = [threading.Thread(target=do, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return found


@contextmanager
def in_a_thread(work: Callable[[], object]) -> Iterator[list[object]]:
    """Do something beside; give the list into which its end is put."""
    ended: list[object] = []

    def do() -> None:
        try:
            ended.append(work())
        except TayoriError as error:
            ended.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    yield ended
    thread.join(PATIENCE)
    assert not thread.is_alive(), "somebody waits for ever"


def one_after_the_other_at_the_log(office: Office, works: Sequence[Callable[[], object]]) -> list[object]:
    """Hold the access log's line until each of these stands in its queue, in this order; then let all of them go."""
    with ExitStack() as running, writing(office.warehouse) as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(7411)"))
        ended = []
        for at, work in enumerate(works, 1):
            ended.append(running.enter_context(in_a_thread(work)))
            wait_for_waiting(office, at)
    return [one[0] for one in ended]


def wait_for_waiting(office: Office, count: int) -> None:
    """Wait until so many transactions of this database wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with reading(office.warehouse) as connection:
            if connection.execute(waiting).scalar_one() >= count:
                return
        time.sleep(0.01)
    raise AssertionError(f"there are no {count} who wait")


def a_run(
    office: Office,
    platform: RunningPlatform,
    broadcast_id: BroadcastId,
    worker: str = ME,
    limiter: Limiter | None = None,
) -> Sending:
    line = LineClient(platform.base_url, platform.account.access_token, timeouts=TIMEOUTS)
    return Sending(office, broadcast_id, worker, line, limiter=limiter or Limiter(100_000.0), pace=QUICK)


def frozen(office: Office, broadcast_id: BroadcastId, worker: str = ME) -> None:
    freeze.start(office, broadcast_id, worker)
    freeze.freeze(office, broadcast_id, worker)


def state_of(office: Office, broadcast_id: BroadcastId) -> BroadcastState:
    with reading(office.warehouse) as connection:
        return broadcasts.find(connection, broadcast_id).state


def refusals(found: Sequence[object]) -> list[str]:
    return [one.sentence for one in found if isinstance(one, TayoriError)]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


class Gate(Limiter):
    """A rate that lets one call pass and keeps all others until it is opened."""

    def __init__(self) -> None:
        super().__init__(100_000.0)
        self._opened = threading.Event()
        self._first = threading.Lock()

    def take(self) -> None:
        """Return for the first call at once, for the others when the gate is open."""
        if not self._first.acquire(blocking=False):
            assert self._opened.wait(PATIENCE)

    def open(self) -> None:
        """Let everybody pass."""
        self._opened.set()
