"""Doors and generators in processes of their own, for the parts of this set to share."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from tayori.office import Office

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "dummy-channel-secret"  # noqa: S105 - signs nothing but the bench's own deliveries
DOOR: Final = "web.door"
FLOOR: Final = "bench.doors._floor"
START_SECONDS: Final = 20.0


@contextmanager
def door(office: Office, module: str = DOOR) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Serve a door on a free port of this machine; give the port and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "TAYORI_LINE_CHANNEL_SECRET": SECRET,
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(office.inbox_public_file.absolute()),
        "TAYORI_INBOX_URL": office.settings.inbox_address,
    }
    command = [sys.executable, "-m", module, "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings})
    try:
        _wait_for(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


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
def load(folder: Path, port: int, seconds: float, connections: int, rate: float = 0.0) -> Iterator[dict[str, Any]]:
    """Let a generator go on beside the block; at the block's end what came of it stands in the given dict."""
    out = folder / f"load-{time.monotonic_ns()}.json"
    asked = {"port": port, "secret": SECRET, "seconds": seconds, "connections": connections, "rate": rate}
    words = json.dumps({**asked, "out": str(out)})
    process = subprocess.Popen([sys.executable, "-m", "bench.doors._load", words], cwd=ROOT)
    told: dict[str, Any] = {}
    try:
        yield told
        process.wait(seconds + 30)
        told |= json.loads(out.read_text())
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
