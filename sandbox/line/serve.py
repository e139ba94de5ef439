"""Runs the platform as a real process (or thread) on a loopback port, and stops it again."""

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.line.asgi import TRANSPORT
from sandbox.line.client import ControlClient
from sandbox.line.clock import JumpingClock
from sandbox.line.control import Control
from sandbox.line.http import LineApp
from sandbox.line.platform import Account

_ROOT: Final = Path(__file__).resolve().parents[2]
_STOP_SECONDS: Final = 5.0
_LOOPBACK: Final = "127.0.0.1"


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol that lets the app reset a connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self  # type: ignore[typeddict-unknown-key]

    def abort(self) -> None:
        """Drop the connection with a reset (RST), as a broken line does, unless the caller was quicker."""
        if self.transport.is_closing():
            return
        reset_at_close = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_at_close)
        self.transport.abort()


@dataclass(frozen=True)
class RunningPlatform:
    """A platform that answers at `base_url`; `control` speaks to its sandbox door."""

    base_url: str
    account: Account
    control: ControlClient
    pid: int


def make_app(account: Account, clock: JumpingClock | None = None) -> LineApp:
    """The app with its control door."""
    clock = clock or JumpingClock()
    app = LineApp(account, clock)
    app.control = Control(app, clock)
    return app


def listen(port: int = 0) -> socket.socket:
    """A listening loopback socket; port 0 takes a free one."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_LOOPBACK, port))
    listener.listen(1024)
    return listener


def server_for(app: LineApp) -> uvicorn.Server:
    """The server, tuned to cost little."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=_Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextmanager
def running_platform(
    *, friends: int = 0, account: Account | None = None, webhook: str | None = None, port: int = 0
) -> Iterator[RunningPlatform]:
    """A platform in a process of its own, ready when the block begins, gone when it ends."""
    account = account or Account()
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "sandbox.line", *_arguments(account, friends, webhook, port)],
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "SANDBOX_ACCOUNT": json.dumps(vars(account))},
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("The sandbox platform did not start; its error output says why.")
        url = json.loads(line)["url"]
        yield RunningPlatform(url, account, ControlClient(url), process.pid)
    finally:
        _end(process)


def _arguments(account: Account, friends: int, webhook: str | None, port: int) -> list[str]:
    given = ["--port", str(port), "--friends", str(friends), "--seed", str(account.seed)]
    return given + (["--webhook", webhook] if webhook else [])


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


@contextmanager
def platform_in_thread(app: LineApp) -> Iterator[RunningPlatform]:
    """The given app on a thread of this process: tests can look into it while it serves."""
    listener, server = listen(), server_for(app)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    url = f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
    thread.start()
    try:
        control = ControlClient(url)
        control.wait_until_ready()
        yield RunningPlatform(url, app.platform.account, control, os.getpid())
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listener.close()
