"""What goes out by itself, under Prefect: plans become broadcasts, due ones are sent, and only counts are told."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows.dispatch import dispatch
from flows.plan import plan as plan_flow
from sandbox.approver import let_through
from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, emergency, freeze
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import Refused
from tayori.office import TOKYO, Office, open_office
from tayori.settings import Settings
from tayori.warehouse import broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import GENRE, an_approved, handler, leave, residents, staff
from tests.broadcast.kinds import URGENT, a_plan, a_template
from tests.broadcast.rig import assert_once_each
from tests.support.builders import TestClock, an_office
from tests.support.prefect_server import PrefectServer, settle

PEOPLE = 700


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: RunningPlatform) -> Iterator[Office]:
    """Give an office that the worker's environment names, with the sandbox as LINE; its clock runs."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAYORI_LINE_API_BASE", platform.base_url)
    monkeypatch.setenv("TAYORI_LINE_ACCESS_TOKEN", platform.account.access_token)
    an_office(tmp_path / "home").close()
    with open_office(Settings()) as office:
        yield office


def scheduled(office: Office, broadcast_id: BroadcastId) -> BroadcastId:
    """Let an approved broadcast wait for its moment, which has come."""
    with writing(office.warehouse) as connection:
        broadcasts.move(connection, broadcasts.find(connection, broadcast_id), BroadcastState.SCHEDULED)
    return broadcast_id


@pytest.mark.prefect
def test_a_plan_of_this_minute_is_made_and_dispatched_once(
    ward: Office, platform: RunningPlatform, prefect_here: PrefectServer
) -> None:
    """The two deployments, run one after the other and again: one broadcast, everybody once, nobody at Prefect."""
    people, who = residents(ward, PEOPLE), staff(ward)
    now = ward.now().astimezone(TOKYO)
    days = {"from": now.date().isoformat(), "until": now.date().isoformat(), "repeat": "daily"}
    approved = a_plan(ward, who, {"at": f"{now:%H:%M}", **days})
    with writing(ward.warehouse) as connection:
        rows.change(connection, approved, approved_at=now - timedelta(hours=1))
    assert [plan_flow(return_state=True).message for _ in range(2)] == ["作成 1 件", "作成 0 件"]
    with reading(ward.warehouse) as connection:
        (made,) = broadcasts.in_states(connection, BroadcastState.SCHEDULED)
    let_through(ward, who.approver, made)  # at whatever hour this is run
    assert control.due(ward) == [made]
    assert [dispatch(return_state=True).message for _ in range(2)] == ["発送 1 件", "発送 0 件"]
    assert_once_each(platform, PEOPLE)
    settle()
    assert not any(prefect_here.holds(one.line_user_id.encode()) for one in people[:: PEOPLE // 7])
    assert prefect_here.found("artifacts", artifacts={"key": {"any_": ["agenda"]}}, limit=1)


@pytest.mark.prefect
def test_one_that_is_held_does_not_keep_the_others(
    ward: Office, platform: RunningPlatform, prefect_here: PrefectServer
) -> None:
    """Drifted, the first is held and the run says so; the emergency beside it reaches everybody once."""
    everybody = residents(ward, PEOPLE, genres=frozenset({URGENT, GENRE}))
    who = staff(ward)
    drifted = scheduled(ward, an_approved(ward, who))
    let_through(ward, who.approver, drifted)
    left = everybody[-PEOPLE // 10 :]
    leave(ward, *left)
    template = a_template(ward, who, ends_on=ward.today())
    opened = f"{ward.now().astimezone(TOKYO):%H:%M}"
    duty = handler(ward, "toban", "duty")
    urgent = emergency.sign_off(ward, duty, template, {"shelter": "四谷小学校", "opened": opened})
    with pytest.raises(Refused, match="1 of 2 due broadcasts"):
        dispatch()
    assert prefect_here.api_url
    assert control.status(ward, drifted).state is BroadcastState.HELD
    assert control.status(ward, urgent).state is BroadcastState.SENT
    assert_once_each(platform, PEOPLE - len(left))
    assert dispatch(return_state=True).message == "発送 0 件"


def test_what_waits_for_somebody_is_not_started_by_itself(sqlite_office: Office) -> None:
    """Approved for now, a broadcast waits for a person to start it; only what was approved for a moment goes alone."""
    residents(sqlite_office, 20)
    assert an_approved(sqlite_office)
    assert control.due(sqlite_office) == []


def test_an_emergency_is_due_before_everything_else(sqlite_office: Office) -> None:
    """Before what came due earlier, and before a send that was left in the middle."""
    residents(sqlite_office, 20, genres=frozenset({URGENT, GENRE}))
    who = staff(sqlite_office)
    left = an_approved(sqlite_office, who)
    freeze.start(sqlite_office, left, "elsewhere.1.1")
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.change(connection, left, worker=None)
    waiting = scheduled(sqlite_office, an_approved(sqlite_office, who, hours=0.2))
    duty = handler(sqlite_office, "toban", "duty")
    said = {"shelter": "四谷小学校", "opened": "09:45"}
    urgent = emergency.sign_off(sqlite_office, duty, a_template(sqlite_office, who), said)
    assert control.due(sqlite_office) == [urgent, left, waiting]


def test_while_two_are_being_sent_an_emergency_alone_is_due(sqlite_office: Office, clock: TestClock) -> None:
    """Two long sends leave a run for the emergency lane; an ordinary one is due again when their workers are gone."""
    years = (1950, 1970, 1990)
    born = [(year, None, None) for year in years for _ in range(20)]
    residents(sqlite_office, len(born), genres=frozenset({URGENT, GENRE}), chosen=born)
    who = staff(sqlite_office)
    one, other, third = (
        an_approved(sqlite_office, who, segment={"birth_year": {"from": year, "to": year}}, reason="少人数", hours=1)
        for year in years
    )
    freeze.start(sqlite_office, one, "elsewhere.1.1")
    freeze.start(sqlite_office, other, "elsewhere.2.2")
    waiting = scheduled(sqlite_office, third)
    clock.forward(seconds=30)
    assert control.due(sqlite_office) == []
    duty = handler(sqlite_office, "toban", "duty")
    said = {"shelter": "四谷小学校", "opened": "09:45"}
    urgent = emergency.sign_off(sqlite_office, duty, a_template(sqlite_office, who), said)
    assert control.due(sqlite_office) == [urgent]
    clock.forward(seconds=61)
    assert set(control.due(sqlite_office)) == {urgent, one, other, waiting}


def test_what_another_run_sends_or_sent_is_no_failure(sqlite_office: Office, clock: TestClock) -> None:
    """Two runs may look at the same moment: whoever comes second has nothing to report; a stopped one is reported."""
    residents(sqlite_office, 20)
    broadcast_id = an_approved(sqlite_office)
    assert not control.is_done_by_another(sqlite_office, broadcast_id)
    freeze.start(sqlite_office, broadcast_id, "elsewhere.1.1")
    assert control.is_done_by_another(sqlite_office, broadcast_id)
    clock.forward(seconds=61)
    assert not control.is_done_by_another(sqlite_office, broadcast_id)


@pytest.mark.prefect
def test_what_comes_due_during_a_run_is_sent_by_it(
    ward: Office, platform: RunningPlatform, prefect_here: PrefectServer
) -> None:
    """An emergency signed while a run sends goes out in the same run: it looks again after each broadcast."""
    residents(ward, PEOPLE, genres=frozenset({URGENT, GENRE}))
    who = staff(ward)
    first = scheduled(ward, an_approved(ward, who))
    let_through(ward, who.approver, first)
    template, duty = a_template(ward, who, ends_on=ward.today()), handler(ward, "toban", "duty")
    opened = f"{ward.now().astimezone(TOKYO):%H:%M}"
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "slow", "seconds": 2.0, "times": 1}])

    def sign() -> None:
        while control.status(ward, first).state is not BroadcastState.SENDING:
            time.sleep(0.02)
        emergency.sign_off(ward, duty, template, {"shelter": "四谷小学校", "opened": opened})

    beside = threading.Thread(target=sign)
    beside.start()
    assert dispatch(return_state=True).message == "発送 2 件"
    beside.join()
    assert prefect_here.api_url
