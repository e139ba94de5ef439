"""`tayori up` runs everything, scheduled runs really appear, a worker really runs one, and it stops cleanly."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psutil
import pytest
import yaml

from tayori.office import open_office
from tayori.warehouse.engines import reading
from tests.support.builders import some_settings
from tests.support.ports import free_port
from tests.support.prefect_server import asked
from web.opinion.settings import OpinionSettings

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 200
RESIDENTS = 30
TOKYO = ZoneInfo("Asia/Tokyo")
HOURS = {"retention": {2}, "reconcile": {1, 13}, "opinion-analysis": {5}, "ingest-opinions": {6}}


@dataclass
class Running:
    """A house that runs: its process, its folder, its addresses."""

    process: "subprocess.Popen[str]"
    home: Path
    api: str
    door: str
    line: str
    opinion: int

    def ask(self, path: str, **body: object) -> Any:  # noqa: ANN401 - any JSON
        """Ask Prefect's API."""
        answer = asked("POST", f"{self.api}/{path}", body)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start everything on free ports; end it by its own signal."""
    home = tmp_path_factory.mktemp("up")
    ports = [free_port() for _ in range(5)]
    words = ["--prefect-port", str(ports[0]), "--door-port", str(ports[1]), "--line-port", str(ports[2])]
    words += ["--resident-port", str(ports[3]), "--opinion-port", str(ports[4])]
    words += ["--residents", str(RESIDENTS)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TAYORI_", "PREFECT_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.app", "up", *words],
        env=environment | {"TAYORI_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    api, door, line = (f"http://127.0.0.1:{port}" for port in ports[:3])
    try:
        assert process.stdout is not None
        told = list(takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
        assert process.poll() is None, "".join(told)
        yield Running(process, home, f"{api}/api", door, line, ports[4])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(120)
        assert process.stdout is not None
        process.stdout.close()


def _until(found: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is looked for
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(1)
    raise TimeoutError


def _yearly(cron: str) -> bool:
    """Whether it comes once a year: Prefect plans a hundred days ahead."""
    return cron.split()[3].isdigit()


def test_every_scheduled_deployment_gets_its_runs_at_tokyos_hours(house: Running) -> None:
    """The scheduler works (a silent trap of the resolver): runs stand in the future, at the hours of the plan."""
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    soon = {one["name"] for one in plan if any(not _yearly(entry["cron"]) for entry in one.get("schedules", ()))}
    names = {one["id"]: one["name"] for one in house.ask("deployments/filter")}
    assert set(names.values()) == {one["name"] for one in plan}

    def runs() -> dict[str, set[int]]:
        hours: dict[str, set[int]] = {}
        for run in house.ask("flow_runs/filter", limit=200):
            if run["auto_scheduled"]:
                at = datetime.fromisoformat(run["next_scheduled_start_time"] or run["expected_start_time"])
                hours.setdefault(names[run["deployment_id"]], set()).add(at.astimezone(TOKYO).hour)
        return hours if set(hours) >= soon else {}

    hours = _until(runs)
    assert {name: hours[name] for name in HOURS} == HOURS


def test_the_shared_rate_is_there(house: Running) -> None:
    """Without the limit no broadcast goes out, so it is made before the worker starts: 95 % of LINE's 200 a second."""
    limit = httpx.get(f"{house.api}/v2/concurrency_limits/line-multicast", timeout=30).json()
    assert (limit["active"], limit["limit"], limit["slot_decay_per_second"]) == (True, 95, 190.0)


def test_the_worker_runs_what_staff_start(house: Running) -> None:
    """A run that is asked for is picked up by the worker, loads its dotted entrypoint and comes to its end."""
    (watch,) = house.ask("deployments/filter", deployments={"name": {"any_": ["watch"]}})
    run = house.ask(f"deployments/{watch['id']}/create_flow_run")

    def ended() -> Any:  # noqa: ANN401 - a state of Prefect's
        (found,) = house.ask("flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        return found["state"] if found["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None

    assert _until(ended)["type"] == "COMPLETED"


def test_the_door_answers_and_holds_no_key(house: Running) -> None:
    """The door refuses what is not signed; its environment names pictures and addresses, no vault, key or token."""
    assert httpx.post(f"{house.door}/webhook/line", content=b"{}", timeout=10).status_code in {400, 401, 403}
    (door,) = [one for one in psutil.Process(house.process.pid).children() if "web.door" in one.cmdline()]
    own = {name for name in door.environ() if name.startswith(("TAYORI_", "PREFECT_"))}
    assert own == {
        "TAYORI_LINE_CHANNEL_SECRET",
        "TAYORI_INBOX_PUBLIC_KEY_FILE",
        "TAYORI_INBOX_URL",
        "TAYORI_MEDIA_FOLDER",
    }


def test_the_opinion_screen_is_a_process_of_its_own(house: Running) -> None:
    """It serves the form, holds no channel secret, and shows what it refused beside its own port."""
    at = f"http://127.0.0.1:{house.opinion}"
    assert httpx.get(f"{at}/opinion/", timeout=10).status_code == 200
    assert httpx.get(f"{house.door}/opinion/", timeout=10).status_code == 404
    assert httpx.get(f"{at}/nowhere", timeout=10).status_code == 404
    figures = httpx.get(f"http://127.0.0.1:{house.opinion + 1000}/metrics", timeout=10).text
    assert 'tayori_pages_refused_total{reason="not_here"} 1.0' in figures
    (screen,) = [one for one in psutil.Process(house.process.pid).children() if "web.opinion" in one.cmdline()]
    own = {name for name in screen.environ() if name.startswith(("TAYORI_", "PREFECT_"))}
    assert own == {f"TAYORI_{name.upper()}" for name in OpinionSettings.model_fields}


def test_residents_come_by_the_door_and_get_what_they_chose(house: Running) -> None:
    """`--residents N` leaves N people with a genre that a broadcast can reach, by webhook and settings alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TAYORI_", "PREFECT_"))}

    def chosen() -> int:
        words = [sys.executable, "-m", "cli.app", "ingest", "events"]
        subprocess.run(words, env=environment | {"TAYORI_HOME": str(house.home)}, cwd=ROOT, check=True)
        with open_office(some_settings(house.home)) as office, reading(office.warehouse) as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM reception_settings").scalar_one())

    assert _until(lambda: chosen() == RESIDENTS)


def test_another_shell_is_told_what_it_needs(house: Running) -> None:
    """The file for other shells names the sandbox and the API, and only its owner may read it."""
    path = house.home / "rehearsal.env"
    told = dict(re.findall(r"export (\w+)='(.*)'", path.read_text()))
    assert path.stat().st_mode & 0o777 == 0o600
    assert (told["TAYORI_LINE_API_BASE"], told["PREFECT_API_URL"]) == (house.line, house.api)


def test_it_ends_with_all_its_children(house: Running) -> None:
    """On SIGTERM every child ends, nothing is left running, and the exit code is 0."""
    family = psutil.Process(house.process.pid).children(recursive=True)
    assert len(family) >= 4
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(PATIENCE_SECONDS) == 0
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
    assert alive == []
