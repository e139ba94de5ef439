"""A real Prefect server for tests: its own process, its own folder, telemetry off, gone at the end."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port

PATIENCE_SECONDS = 200
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
}


@dataclass(frozen=True)
class PrefectServer:
    """A running server: its folder (database and log within) and the address of its API."""

    home: Path
    api_url: str
    stop: Callable[[], None] = lambda: None

    @property
    def database(self) -> Path:
        """The server's database file."""
        return self.home / "prefect.db"

    @property
    def environment(self) -> dict[str, str]:
        """What a worker or flow in another process needs in its environment; heartbeats as by default."""
        return {**QUIET, "PREFECT_HOME": str(self.home), "PREFECT_API_URL": self.api_url}

    def holds(self, wanted: bytes) -> bool:
        """Whether any file of the server (database, write-ahead log, server log) holds these bytes."""
        return any(wanted in path.read_bytes() for path in self.home.rglob("*") if path.is_file())

    def found(self, kind: str, **chosen: object) -> list[dict[str, Any]]:
        """Ask the API for things of a kind (`flow_runs`, `artifacts`, `logs`, ...), by its own filter."""
        answer = asked("POST", f"{self.api_url}/{kind}/filter", chosen)
        answer.raise_for_status()
        things: list[dict[str, Any]] = answer.json()
        return things

    def limit(
        self, places: int = 95, decay: float = 190.0, *, name: str = "line-multicast", active: bool = True
    ) -> None:
        """Make the shared rate of multicasts anew, as `tayori up` does."""
        self.unlimit(name)
        wanted = {"name": name, "limit": places, "slot_decay_per_second": decay, "active": active}
        asked("POST", f"{self.api_url}/v2/concurrency_limits/", wanted).raise_for_status()

    def unlimit(self, name: str = "line-multicast") -> None:
        """Remove the shared rate, if it is there."""
        answer = asked("DELETE", f"{self.api_url}/v2/concurrency_limits/{name}")
        assert answer.status_code in {httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND}, answer.text

    @contextlib.contextmanager
    def here(self, *, heartbeats: bool = False) -> Iterator[None]:
        """Let flows that are called in this process report to the server. Heartbeats cost a second a run."""
        from prefect.settings import (  # noqa: PLC0415 - start-up time: two seconds for tests that need no Prefect
            PREFECT_API_URL,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            PREFECT_HOME,
            temporary_settings,
        )

        changed: dict[Any, Any] = {PREFECT_API_URL: self.api_url, PREFECT_HOME: str(self.home)}
        if not heartbeats:
            changed[PREFECT_FLOWS_HEARTBEAT_FREQUENCY] = None
        with temporary_settings(changed):
            yield
            settle()


def asked(method: str, url: str, body: object = None) -> httpx.Response:
    """Ask the API, again while it is busy, as Prefect's own client does: its SQLite is locked now and then."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = httpx.request(method, url, json=body, timeout=30)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > end:
            return answer
        time.sleep(0.2)


def settle() -> None:
    """Wait until logs and events of flows in this process reached the server."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - start-up time, as above
    from prefect.logging.handlers import APILogHandler  # noqa: PLC0415 - start-up time, as above

    APILogHandler().flush()
    EventsWorker.drain_all()


@contextlib.contextmanager
def running_server(**extra: str) -> Iterator[PrefectServer]:
    """Start a server, wait until it answers, give it, and end it by its own process."""
    home = Path(tempfile.mkdtemp(prefix="tayori-prefect-"))
    server = PrefectServer(home, f"http://127.0.0.1:{free_port()}/api")
    port = server.api_url.rsplit(":", 1)[1].removesuffix("/api")
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    surroundings = _bare_environment() | server.environment | {"PYTHONWARNINGS": "ignore"} | extra
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=surroundings, stdout=log, stderr=log, cwd=home)
    try:
        _wait_until_it_answers(server, process)
        server.limit()
        yield replace(server, stop=functools.partial(_end, process))
    finally:
        _end(process)
        shutil.rmtree(home, ignore_errors=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "TAYORI_"))}


def _wait_until_it_answers(server: PrefectServer, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{server.api_url}/health", timeout=2).status_code == httpx.codes.OK:
                return
        assert process.poll() is None, (server.home / "server.log").read_text()[-2000:]
        time.sleep(0.2)
    raise TimeoutError((server.home / "server.log").read_text()[-2000:])
