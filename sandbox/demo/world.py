"""The rehearsal's world: the sandbox platform, the webhook's door and a Prefect server, each a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.line.serve import RunningPlatform
from tayori.errors import Unavailable

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS: Final = 300  # a busy machine compiles Prefect for minutes
STOP_SECONDS: Final = 15
QUIET: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that was started: its address, and the process to stop."""

    url: str
    process: "subprocess.Popen[bytes]"


def free_port() -> int:
    """Give a port of the loopback address that is free now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextlib.contextmanager
def serving(command: list[str], health: str, port: int, log: Path, extra: Mapping[str, str]) -> Iterator[Served]:
    """Start a server, and stop it by its own process at the end. `wait_for` tells when it answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603 - our own modules, no shell
            [sys.executable, *command], env={**os.environ, **QUIET, **extra}, stdout=written, stderr=written, cwd=ROOT
        )
    try:
        yield Served(f"http://127.0.0.1:{port}{health}", process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(served: Served) -> None:
    """Return when the server answers.

    Raises:
        Unavailable: it ended, or did not answer in time; its log says why.

    """
    until = time.monotonic() + PATIENCE_SECONDS
    while served.process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(served.url, timeout=2):  # noqa: S310 - loopback
            return
        time.sleep(0.1)
    raise Unavailable("A part of the rehearsal did not start; its log in the rehearsal's folder says why.")


@contextlib.contextmanager
def prefect_server(home: Path) -> Iterator[Served]:
    """Start a Prefect server of the rehearsal's own."""
    port = free_port()
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, "/api/health", port, home / "server.log", {"PREFECT_HOME": str(home)}) as served:
        os.environ |= {**QUIET, "PREFECT_HOME": str(home), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
        yield served


@contextlib.contextmanager
def door(home: Path) -> Iterator[Served]:
    """Start the webhook's door."""
    port = free_port()
    with serving(["-m", "web.door", "--port", str(port)], "/healthz", port, home / "logs" / "door.log", {}) as served:
        yield served


def settings_environment(home: Path, running: RunningPlatform) -> dict[str, str]:
    """Give the settings of the rehearsal, as every process reads them."""
    return {
        "TAYORI_MODE": "rehearsal",
        "TAYORI_HOME": str(home),
        "TAYORI_SCAN_HOURS": "0",
        "TAYORI_LINE_API_BASE": running.base_url,
        "TAYORI_LINE_CHANNEL_SECRET": running.account.channel_secret,
        "TAYORI_LINE_ACCESS_TOKEN": running.account.access_token,
        "TAYORI_INBOX_URL": f"sqlite:///{home / 'inbox.db'}",
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(home / "keys" / "inbox.pub.json"),
    }
