"""Counts for whoever watches the machine, in Prometheus' format: numbers only, on a port of this machine alone.

The port is another one than the door's, so that no rule of a proxy has to keep it from the outside.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from tayori.errors import BadInput, Unavailable
from web.route import Refusal

HERE: Final = "127.0.0.1"


class Refused(Collector):
    """What pages refused, by reason, as they count it themselves."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Give every reason, those that never occurred with nought."""
        counts = dict.fromkeys(map(str, Refusal), 0) | {str(reason): count for reason, count in self._counts.items()}
        told = CounterMetricFamily("tayori_pages_refused", "Requests refused, by reason", labels=["reason"])
        for reason, count in sorted(counts.items()):
            told.add_metric([reason], count)
        yield told


def refusals(counts: Mapping[str, int]) -> CollectorRegistry:
    """Give the figures of a door of pages: what it refused."""
    registry = CollectorRegistry()
    registry.register(Refused(counts))
    return registry


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
