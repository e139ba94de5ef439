"""The broadcast under Prefect: it acts on what our tables hold as approved, and Prefect never sees a person (I3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.broadcast import BroadcastOrder, broadcast
from sandbox.approver import let_through
from sandbox.line.serve import RunningPlatform
from tasks.broadcast import accounted
from tayori.broadcast import control
from tayori.domain.states import BroadcastState
from tayori.errors import Refused, Unavailable
from tayori.office import Office, open_office
from tayori.settings import Settings
from tayori.warehouse import runs
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import a_submitted, an_approved, residents, staff
from tests.broadcast.rig import assert_once_each
from tests.support.builders import an_office
from tests.support.prefect_server import PrefectServer, settle

PEOPLE = 1_200


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: RunningPlatform) -> Iterator[Office]:
    """Give an office that the worker's environment names, with the sandbox as LINE; its clock runs."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAYORI_LINE_API_BASE", platform.base_url)
    monkeypatch.setenv("TAYORI_LINE_ACCESS_TOKEN", platform.account.access_token)
    an_office(tmp_path / "home").close()
    with open_office(Settings()) as office:
        yield office


@pytest.mark.prefect
def test_the_flow_sends_an_approved_broadcast(
    ward: Office, platform: RunningPlatform, prefect_here: PrefectServer
) -> None:
    """Approved, it is sent once to everybody; Prefect holds counts, no LINE id, and no text of the message."""
    people = residents(ward, PEOPLE)
    who = staff(ward)
    broadcast_id = an_approved(ward, who)
    let_through(ward, who.approver, broadcast_id)
    assert broadcast(BroadcastOrder(broadcast_id=broadcast_id), return_state=True).message == "送信済み"
    settle()
    assert_once_each(platform, PEOPLE)
    with reading(ward.warehouse) as connection:
        run = runs.latest(connection, "broadcast")
    assert run is not None
    assert (run.outcome, run.counts["audience"], run.counts["accepted"]) == ("done", PEOPLE, PEOPLE)
    assert prefect_here.holds(broadcast_id.encode())
    assert not any(prefect_here.holds(one.line_user_id.encode()) for one in people[:: PEOPLE // 12])


@pytest.mark.prefect
def test_the_flow_refuses_what_two_people_did_not_approve(ward: Office, prefect_here: PrefectServer) -> None:
    """A form can start a broadcast, never approve it."""
    residents(ward, 20)
    broadcast_id = a_submitted(ward, staff(ward))
    with pytest.raises(Refused, match="only what two handlers approved"):
        broadcast(BroadcastOrder(broadcast_id=broadcast_id))
    assert prefect_here.api_url
    assert control.status(ward, broadcast_id).state is BroadcastState.SUBMITTED


@pytest.mark.parametrize(
    ("error", "outcome"), [(Refused("held"), "refused"), (Unavailable("away"), "failed"), (KeyError("x"), "failed")]
)
def test_a_run_that_breaks_off_is_written_down(ward: Office, error: Exception, outcome: str) -> None:
    """Whatever step fails after the start, the last one too, the run's row says how it ended; the error goes on."""
    with writing(ward.warehouse) as connection:
        run_id = runs.begin(connection, "broadcast", ward.now(), ward.rng)
    with pytest.raises(type(error)), accounted(run_id):
        raise error
    with reading(ward.warehouse) as connection:
        run = runs.find(connection, run_id)
    assert run is not None
    assert (run.outcome, run.ended_at is not None) == (outcome, True)


@pytest.mark.parametrize("written", ["", "b-1", "b-zzzzzzzzzzzzzzzz", "U" + "0" * 32])
def test_the_form_takes_an_opaque_id_and_nothing_else(written: str) -> None:
    """A LINE id, or anything that is no broadcast's number, does not get past the form."""
    with pytest.raises(ValidationError):
        BroadcastOrder(broadcast_id=written)
    assert set(BroadcastOrder.model_json_schema()["properties"]) == {"broadcast_id"}
