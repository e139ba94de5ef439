"""The night and the scan under Prefect: they run by their steps, and Prefect never sees a person (I3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.reconcile import reconcile
from flows.retention import retention
from sandbox.line.serve import RunningPlatform, running_platform
from tayori.domain.identifiers import RunId
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import canaries
from tayori.warehouse import certificates, people, runs
from tayori.warehouse.engines import reading
from tayori.warehouse.runs import Outcome, RunRow
from tests.support.builders import a_line_id, an_office
from tests.support.people import follow, leave
from tests.support.prefect_server import PrefectServer, settle

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.filterwarnings("ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office that the worker's environment names, with people of whom some left."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    office = an_office(tmp_path / "home")
    leave(office, list(follow(office, [a_line_id(one) for one in range(1, 21)]))[:3])
    yield office
    office.close()


def last_run(office: Office, story: str) -> RunRow:
    with reading(office.warehouse) as warehouse:
        found = runs.latest(warehouse, story)
    assert found is not None
    return found


def test_the_night_files_its_certificate(ward: Office, prefect_here: PrefectServer) -> None:
    """The flow ends with the certificate's number; neither a leaver nor a mark reached Prefect."""
    assert retention(return_state=True).message == "L-2026-0001"
    settle()
    done = last_run(ward, "retention")
    assert (done.outcome, done.counts["erased"]) == (Outcome.DONE, 3)
    marks = [*canaries.markers(ward, done.run_id), *(a_line_id(one) for one in range(1, 21))]
    assert not any(prefect_here.holds(mark.encode()) for mark in marks)
    assert prefect_here.holds(b"L-2026-0001")


def test_a_residue_in_prefects_own_store_stops_the_night(
    ward: Office, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark in Prefect's folder: the flow fails with the sentence, and no certificate is there."""
    planted = prefect_here.home / "planted.txt"

    def plant_and_tell(office: Office, run_id: RunId) -> int:
        planted.write_text(canaries.markers(office, run_id)[0])
        return canaries.CANARIES

    monkeypatch.setattr(canaries, "plant", plant_and_tell)
    with pytest.raises(Refused, match="Prefect: planted"):
        retention()
    planted.unlink()
    with reading(ward.warehouse) as warehouse:
        assert certificates.every(warehouse) == []
    assert last_run(ward, "retention").outcome is Outcome.REFUSED


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningPlatform]:
    """Give a platform that the worker's environment names."""
    with running_platform(friends=50) as started:
        monkeypatch.setenv("TAYORI_LINE_API_BASE", started.base_url)
        monkeypatch.setenv("TAYORI_LINE_ACCESS_TOKEN", started.account.access_token)
        monkeypatch.setenv("TAYORI_SCAN_HOURS", "0")
        yield started


@pytest.mark.usefixtures("prefect_here")
def test_the_scan_finds_who_quit(ward: Office, platform: RunningPlatform) -> None:
    """Three scans under Prefect: seen, missed, missed again; who quit is handed to the night, and counted."""
    follow(ward, platform.control.ask("people", state="friend")["ids"])
    reconcile()
    platform.control.quit(2)
    reconcile()
    reconcile()
    assert last_run(ward, "reconcile").counts == {
        "listed": 48,
        "concerned": 50,
        "first_seen": 0,
        "missed": 2,
        "asked": 2,
        "quit": 2,
        "never_seen": 17,
    }
    with reading(ward.warehouse) as warehouse:
        assert len(people.leavers(warehouse)) == 5
