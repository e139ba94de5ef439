"""One Prefect flow run of a broadcast, in a process of its own as a worker would start it, and what it was like."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.broadcast._sending import Ward, a_ward, approved, proven
from bench.figures import BENCH, watched
from flows.broadcast import BroadcastOrder, broadcast
from tayori.line.endpoints import foreign_endpoints
from tayori.line.limiter import MULTICASTS_A_SECOND, Shares
from tests.support.prefect_server import PrefectServer, running_server

GLANCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: accepted requests a second by the platform's clock, memory of it and its helpers, the rest."""

    a_second: float
    peak_mb: float
    too_fast: int
    foreign: int


def run_of(folder: Path, count: int) -> Run:
    """Send to so many people by one flow run, heartbeats on, at all of LINE's rate; nobody missed, nobody doubled."""
    with running_server() as server, a_ward(folder, count) as ward:
        sizes = Shares.of(MULTICASTS_A_SECOND)
        server.limit(sizes.pool, sizes.per_second)
        peak = _ended(server, ward)
        told = proven(ward)
        foreign = foreign_endpoints(ward.platform.control.asked())
    return Run(
        a_second=(told["accepted"] - 1) / told["seconds"],
        peak_mb=round(peak, 1),
        too_fast=told["answers"].get("429", 0),
        foreign=len(foreign),
    )


def _ended(server: PrefectServer, ward: Ward) -> float:
    """Let the flow run to its end; the most memory that it and its helpers held, in MiB."""
    settings = ward.office.settings
    environment = server.environment | {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(BENCH.parent),
        "PYTHONWARNINGS": "ignore",
        "TAYORI_HOME": str(settings.home),
        "TAYORI_SEND_SHARE": "1.0",
        "TAYORI_LINE_API_BASE": ward.platform.base_url,
        "TAYORI_LINE_ACCESS_TOKEN": ward.platform.account.access_token,
    }
    command = [sys.executable, "-m", "bench.broadcast._flow", approved(ward.office)]
    process = subprocess.Popen(command, env=environment, cwd=BENCH.parent)
    peak = watched(process, GLANCE_SECONDS)
    assert process.returncode == 0  # noqa: S101 - a run that failed is no figure
    return peak


if __name__ == "__main__":
    broadcast(BroadcastOrder(broadcast_id=sys.argv[1]))
