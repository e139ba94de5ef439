"""Run the residents' pages: `python -m web.resident --port 8083`. TLS ends at the proxy before them."""

import argparse
import sys

import uvicorn
from fastapi import FastAPI

from tayori.errors import TayoriError
from web.resident.app import from_environment


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


def main() -> int:
    """Serve until stopped; give the exit code."""
    parser = argparse.ArgumentParser(description="The residents' pages")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8083)
    given = parser.parse_args()
    try:
        app = from_environment()
    except TayoriError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_code
    uvicorn.Server(config(app, given.host, given.port)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
