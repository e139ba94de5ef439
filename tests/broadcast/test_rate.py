"""The rate through Prefect's global concurrency limit: it must exist, all share it, and its end is no loss (L1)."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.broadcast import BroadcastOrder, broadcast
from sandbox.approver import let_through
from sandbox.line.ids import IdSpace
from sandbox.line.serve import RunningPlatform
from tasks.rate import LIMIT, pacer_here, provide, refuse_without_limit, shared_pacer
from tayori.broadcast import control, freeze
from tayori.broadcast.send import Sending
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused, Unavailable
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter, Pacer
from tayori.office import Office, open_office
from tayori.settings import Settings
from tests.broadcast.builders import ME, QUICK, an_approved, residents, staff
from tests.broadcast.rig import assert_once_each, outcome, send
from tests.support.builders import an_office
from tests.support.prefect_server import PrefectServer, running_server

pytestmark = pytest.mark.prefect
PEOPLE = 5_300
CALLS = 350  # of each process: together they empty the platform's bucket, were they not held back
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def limited(prefect_here: PrefectServer) -> Iterator[PrefectServer]:
    """Give the server with its limit, and put the limit right again afterwards."""
    yield prefect_here
    prefect_here.limit()


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: RunningPlatform) -> Iterator[Office]:
    """Give an office that the worker's environment names, with the sandbox as LINE; its clock runs."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAYORI_LINE_API_BASE", platform.base_url)
    monkeypatch.setenv("TAYORI_LINE_ACCESS_TOKEN", platform.account.access_token)
    an_office(tmp_path / "home").close()
    with open_office(Settings()) as office:
        yield office


def test_two_processes_together_never_exceed_the_limit(
    ward: Office, platform: RunningPlatform, limited: PrefectServer
) -> None:
    """Both send as fast as they get places; the platform, with LINE's own bucket, never says 429."""
    platform.control.ask("reset", rate_factor=1.0)
    platform.control.friends(1)
    settings = ward.settings
    assert settings.line_access_token is not None
    environment = limited.environment | {
        "PYTHONPATH": str(ROOT),
        "TAYORI_HOME": str(settings.home),
        "TAYORI_LINE_API_BASE": platform.base_url,
        "TAYORI_LINE_ACCESS_TOKEN": settings.line_access_token.get_secret_value(),
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.broadcast.rate_worker", str(CALLS), IdSpace(1).id_of(0)]
    workers = [subprocess.Popen(command, env=environment, cwd=ROOT) for _ in range(2)]
    assert [worker.wait(240) for worker in workers] == [0, 0]
    assert platform.control.stats()["endpoints"]["multicast"]["answers"] == {"200": 2 * CALLS}


def test_without_the_limit_nothing_is_sent(ward: Office, platform: RunningPlatform, limited: PrefectServer) -> None:
    """Prefect passes over a missing limit; we refuse before anything is begun, and say what to create."""
    residents(ward, PEOPLE)
    who = staff(ward)
    broadcast_id = an_approved(ward, who)
    let_through(ward, who.approver, broadcast_id)  # at whatever hour this is run
    limited.unlimit()
    with pytest.raises(Refused, match=r"does not exist; .* prefect gcl create line-multicast --limit 95 --slot-decay"):
        broadcast(BroadcastOrder(broadcast_id=broadcast_id))
    assert control.status(ward, broadcast_id).state is BroadcastState.APPROVED
    assert outcome(platform, PEOPLE)["reached"] == 0
    provide(ward.settings.send_share)
    assert broadcast(BroadcastOrder(broadcast_id=broadcast_id), return_state=True).message == "送信済み"
    assert_once_each(platform, PEOPLE)


@pytest.mark.parametrize(
    ("places", "decay", "active", "why"),
    [
        (95, 190.0, False, "switched off"),
        (95, 0.0, True, "decays by 0 a second"),
        (95, 201.0, True, "decays by 201 a second"),
        (101, 190.0, True, "holds 101 places"),
        (10, 190.0, True, "holds 10 places"),
    ],
)
def test_a_limit_that_would_not_hold_the_rate_is_refused(
    limited: PrefectServer, places: int, decay: float, *, active: bool, why: str
) -> None:
    """Switched off, without decay, or larger than LINE's own: what would not keep us below LINE's rate is no limit."""
    limited.limit(places, decay, active=active)
    with pytest.raises(Refused, match=why):
        refuse_without_limit(Settings())


def test_a_limit_that_goes_while_we_send_pauses_and_loses_nobody(
    ward: Office, platform: RunningPlatform, limited: PrefectServer
) -> None:
    """What is under way is settled, the rest is given back with the reason; resumed, everybody has it once."""
    limited.limit(1, 2.0)
    with shared_pacer(ward.settings) as pacer:
        _sent_until_it_pauses(ward, platform, pacer, limited.unlimit, LIMIT)


@pytest.mark.slow
def test_a_server_that_goes_while_we_send_pauses_and_loses_nobody(ward: Office, platform: RunningPlatform) -> None:
    """Without Prefect nobody knows what the others send: it fails closed, and a later run goes on."""
    with running_server() as server:
        server.limit(1, 2.0)
        with server.here(), shared_pacer(ward.settings, patience=10.0) as pacer:
            _sent_until_it_pauses(ward, platform, pacer, server.stop, "nothing more is sent")


def _sent_until_it_pauses(
    ward: Office, platform: RunningPlatform, pacer: Pacer, interrupt: Callable[[], None], reason: str
) -> None:
    residents(ward, PEOPLE)
    who = staff(ward)
    broadcast_id = an_approved(ward, who)
    let_through(ward, who.approver, broadcast_id)
    freeze.start(ward, broadcast_id, ME)
    freeze.freeze(ward, broadcast_id, ME)
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(ward, broadcast_id, ME, line, limiter=pacer, pace=QUICK) as run:
        run.advance(2)
        interrupt()
        assert run.advance(10_000).ended is BroadcastState.PAUSED
    standing = control.status(ward, broadcast_id)
    assert reason in (standing.reason or "")
    assert set(standing.batches) == {BatchState.ACCEPTED, BatchState.PLANNED}
    assert standing.people(BatchState.ACCEPTED) == outcome(platform, PEOPLE)["reached"] < PEOPLE
    control.resume(ward, who.approver, broadcast_id)
    assert send(ward, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_the_command_shares_the_rate_where_prefect_is_named(limited: PrefectServer) -> None:
    """With a Prefect API named, a missing limit stops the command too; with none, the rate is this process's own."""
    limited.unlimit()
    with pytest.raises(Refused, match="does not exist"), pacer_here(Settings()):
        pass


def test_the_command_keeps_a_rate_of_its_own_without_prefect() -> None:
    """One process sends, and nobody shares."""
    with pacer_here(Settings()) as pacer:
        assert isinstance(pacer, Limiter)


def test_a_prefect_that_is_named_and_gone_is_a_refusal() -> None:
    """Others may be sending by it: the command does not fall back."""
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(Unavailable, match="Prefect cannot be asked"),
        pacer_here(Settings()),
    ):
        pass


def test_a_limit_that_somebody_narrowed_stays_narrow(limited: PrefectServer) -> None:
    """`tayori up` creates the limit where there is none, and widens none that is there."""
    limited.limit(10, 20.0)
    provide(0.95)
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(LIMIT).slot_decay_per_second == 20.0
    limited.unlimit()
    provide(0.95)
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(LIMIT).slot_decay_per_second == 190.0
