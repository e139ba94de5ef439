"""What tests share: an office on each kind of store, a clock that stands still, one private PostgreSQL cluster."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tayori.office import Office
from tests.support.builders import TestClock
from tests.support.copied import copied_office
from tests.support.postgres import Cluster, binaries, running_cluster
from tests.support.prefect_server import PrefectServer, running_server

MUST_RUN = frozenset(os.environ.get("MUST_RUN", "").split(",")) - {""}  # markers that may not be skipped here
NO_PROGRAM = "the reference files are not on this machine"
hypothesis.settings.register_profile("same-each-time", derandomize=True)
if MUST_RUN:  # where a change has to pass, examples are the same each time; elsewhere they are drawn anew
    hypothesis.settings.load_profile("same-each-time")
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - not a name that somebody could take
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = str(MEMORY)  # every commit is made durable as in operation; there that costs nothing
    tempfile.tempdir = None
STORES = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where MUST_RUN names its marker: there a missing program is a fault, not an excuse.

    Reference files are no program: a clone without them is whole.
    """
    report = yield
    named = sorted(MUST_RUN & {marker.name for marker in item.iter_markers()})
    if report.skipped and named and NO_PROGRAM not in str(report.longrepr) and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but MUST_RUN names {', '.join(named)}: {report.longrepr}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist has no types
    """Spread the tests over the workers of `make test`."""
    from tests.support.order import LongestFirst  # noqa: PLC0415 - start-up time: only where there are workers

    return LongestFirst(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TAYORI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Give a private PostgreSQL cluster; skip where its programs are not installed."""
    if binaries() is None:
        pytest.skip("PostgreSQL's server programs are not installed")
    with running_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[PrefectServer]:
    """Give a real Prefect server in a process and a folder of its own."""
    with running_server() as started:
        yield started


@pytest.fixture
def prefect_here(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """Let flows that the test calls report to the real server, without heartbeats."""
    with prefect_server.here():
        yield prefect_server


@pytest.fixture
def clock() -> TestClock:
    """Give a clock that moves only when told to."""
    return TestClock()


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: TestClock) -> Iterator[Office]:
    """Give an office, once on SQLite and once on PostgreSQL."""
    on = request.getfixturevalue("cluster") if request.param == "postgres" else None
    with copied_office(tmp_path / "home", clock, on) as opened:
        yield opened


@pytest.fixture
def sqlite_office(tmp_path: Path, clock: TestClock) -> Iterator[Office]:
    """Give an office on SQLite alone, for rules that do not depend on the store."""
    with copied_office(tmp_path / "home", clock) as opened:
        yield opened
