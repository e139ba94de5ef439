"""An app served on a free port by a thread of this process, as the doors are served, until a block ends."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from web.serving import config

HOST = "127.0.0.1"
STOP_SECONDS = 10


@contextlib.contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """Give a socket that listens on a free port, and its address: an app may have to know it before it is made."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(128)
        yield listener, f"http://{HOST}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def serving(app: FastAPI, listener: socket.socket, proxy: str = "") -> Iterator[None]:
    """Serve an app as the doors are served, on a thread of this process; it ends whatever becomes of the block."""
    server = uvicorn.Server(config(app, HOST, listener.getsockname()[1], proxy=proxy))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
