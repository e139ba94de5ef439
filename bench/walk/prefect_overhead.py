"""What Prefect costs: the ingest of 1,000,000 events as a flow, heartbeats on, against the same steps, plainly."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.ingest import fill_inbox, fresh_office
from flows.ingest import IngestOrder, ingest
from tasks.ingest import end, take_in, take_over
from tests.support.prefect_server import running_server

EVENTS: Final = 1_000_000


def measure(folder: Path) -> Mapping[str, float]:
    """Give `prefect_overhead`: time as a flow over time of the plain steps, each on an inbox of its own."""
    return overhead(folder, EVENTS)


def overhead(folder: Path, events: int) -> Mapping[str, float]:
    """Measure with so many events; a small ingest before, of each kind, leaves imports and first uses out."""
    with running_server() as server, server.here(heartbeats=True):
        _timed(folder / "warm-plain", 1_000, plain=True)
        _timed(folder / "warm-flow", 1_000, plain=False)
        plain = _timed(folder / "plain", events, plain=True)
        flow = _timed(folder / "flow", events, plain=False)
    return {
        "prefect_plain_seconds": round(plain, 2),
        "prefect_flow_seconds": round(flow, 2),
        "prefect_overhead": round(flow / plain, 3),
    }


def _timed(home: Path, events: int, *, plain: bool) -> float:
    office = fresh_office(home)
    fill_inbox(office, events)
    office.close()
    os.environ["TAYORI_HOME"] = str(home)
    began = time.perf_counter()
    if plain:
        _plainly()
    else:
        ingest(IngestOrder(seconds=0))
    return time.perf_counter() - began


def _plainly() -> None:
    """Do what the flow does, without Prefect."""
    run = take_over.fn()
    if run is None:
        message = "another run holds the lease"
        raise RuntimeError(message)
    end.fn(run, take_in.fn(run, 0))
