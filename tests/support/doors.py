"""Doors and generators in processes of their own, for tests and benches."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from tayori.office import Office
from tests.support.ports import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "dummy-channel-secret"
DOOR: Final = "web.door"
FLOOR: Final = "bench.doors._floor"
START_SECONDS: Final = 60.0  # a busy machine


@contextmanager
def door(
    office: Office, module: str = DOOR, *words: str, **changes: str
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Serve a door on a free port of this machine; give the port and the process."""
    port = free_port()
    process = subprocess.Popen(_command(module, port, words), cwd=ROOT, env=_environment(office) | changes)
    try:
        _wait_for(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


def refused_start(office: Office, *words: str) -> "subprocess.CompletedProcess[str]":
    """Start a door that does not open; give what it said and its exit code."""
    return subprocess.run(
        _command(DOOR, 0, words),
        cwd=ROOT,
        env=_environment(office),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _command(module: str, port: int, words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", module, "--port", str(port), *words]


def _environment(office: Office) -> dict[str, str]:
    return {
        **os.environ,
        "TAYORI_LINE_CHANNEL_SECRET": SECRET,
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(office.inbox_public_file.absolute()),
        "TAYORI_INBOX_URL": office.settings.inbox_address,
    }


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    message = "the door did not start"
    raise RuntimeError(message)


@contextmanager
def load(
    folder: Path, port: int, seconds: float, connections: int, rate: float = 0.0, first: int = 0
) -> Iterator[dict[str, Any]]:
    """Let a generator go on beside the block, which begins once it asks; at the block's end the dict holds the counts.

    `first` is the number behind which the deliveries are counted, so that several loads name different events.
    """
    out = folder / f"load-{time.monotonic_ns()}.json"
    asked: dict[str, Any] = {"port": port, "secret": SECRET, "seconds": seconds, "connections": connections}
    asked |= {"rate": rate, "first": first}
    words = json.dumps({**asked, "out": str(out)})
    process = subprocess.Popen([sys.executable, "-m", "tests.support.load", words], cwd=ROOT, stdout=subprocess.PIPE)
    told: dict[str, Any] = {}
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it is connected now
        yield told
        process.wait(seconds + 30)
        told |= json.loads(out.read_text())
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()
            process.wait()
