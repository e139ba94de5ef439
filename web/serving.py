"""How a door is served: the same server, limits and silence for each of them. TLS ends at the proxy before it (L8)."""

import argparse
import ipaddress
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from tayori.errors import BadInput, TayoriError
from tayori.warehouse.addresses import LOOPBACK
from web import metrics

MOST_AT_ONCE: Final = 500  # requests and open connections; beyond it the server itself answers 503


def config(app: FastAPI, host: str, port: int, tls: tuple[Path, Path] | None = None, proxy: str = "") -> uvicorn.Config:
    """Give the server's configuration: no access log, since addresses and paths are nobody's business.

    `tls` names certificate and key, for a proxy that stands on another machine, and `proxy` its address: who asks is
    what it says in X-Forwarded-For. Otherwise all residents would share the limits of one address, the proxy's.
    """
    certificate, key = tls or (None, None)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=[proxy],
        ws="none",
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=75,  # longer than the proxy keeps its connections, so that it never asks a closed one
        timeout_graceful_shutdown=3,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )


def serve(title: str, port: int, from_environment: Callable[[], FastAPI]) -> int:
    """Serve a door until it is stopped; give the exit code. What keeps it shut is said in one sentence."""
    given = _words(title, port)
    try:
        tls = _tls(given)
        app = from_environment()
        if given.metrics_port:
            metrics.show(getattr(app.state, "registry", None), given.metrics_port)
    except TayoriError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_code
    uvicorn.Server(config(app, given.host, given.port, tls, given.proxy)).run()
    return 0


def _words(title: str, port: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--metrics-port", type=int, default=0, help="figures for Prometheus, on this machine; 0: none")
    parser.add_argument("--tls-certificate", type=Path, help="for a proxy on another machine")
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--proxy", default="", help="address of that proxy, which says who asks")
    return parser.parse_args()


def _tls(given: argparse.Namespace) -> tuple[Path, Path] | None:
    """Give certificate and key.

    Raises:
        BadInput: one is missing or no file; or the door would be served in the open to other machines (L8).

    """
    files = [path for path in (given.tls_certificate, given.tls_key) if path is not None]
    if len(files) == 2 and all(path.is_file() for path in files):  # noqa: PLR2004 - certificate and key
        _require_proxy(given)
        return files[0], files[1]
    if files:
        raise BadInput("--tls-certificate and --tls-key each name a file that is there; nothing was opened.")
    if given.host not in LOOPBACK:
        raise BadInput(
            "A door is served on this machine (127.0.0.1), or under TLS by --tls-certificate and --tls-key (L8)."
        )
    return None


def _require_proxy(given: argparse.Namespace) -> None:
    try:
        ipaddress.ip_address(given.proxy)
    except ValueError:
        raise BadInput(
            "--proxy names the one IP address of the proxy that stands before this door; nothing was opened."
        ) from None
