"""Counts for whoever watches the machine, in Prometheus' format: numbers only, on a port of this machine alone.

The port is another one than the door's, so that no rule of a proxy has to keep it from the outside.
"""

from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server

from tayori.errors import BadInput, Unavailable

HERE: Final = "127.0.0.1"


def show(registry: CollectorRegistry | None, port: int) -> None:
    """Show the figures of a door at http://127.0.0.1:PORT/metrics for as long as the process lives.

    Raises:
        BadInput: this door counts nothing.
        Unavailable: another program listens on the port.

    """
    if registry is None:
        raise BadInput("This door counts nothing; leave --metrics-port out.")
    with suppress(OSError):
        start_http_server(port, HERE, registry)
        return
    raise Unavailable(f"Port {port} is taken by another program; name a free one with --metrics-port.")
