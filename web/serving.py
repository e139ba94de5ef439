"""How a door is served: the same server, limits and silence for each of them. TLS ends at the proxy before it."""

import argparse
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from tayori.errors import TayoriError


def config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """Give the server's configuration: no access log, since addresses and paths are nobody's business."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=500,
        timeout_graceful_shutdown=3,
    )


def serve(title: str, port: int, from_environment: Callable[[], FastAPI]) -> int:
    """Serve a door until it is stopped; give the exit code. What keeps it shut is said in one sentence."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    given = parser.parse_args()
    try:
        app = from_environment()
    except TayoriError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_code
    uvicorn.Server(config(app, given.host, given.port)).run()
    return 0
