"""10,000 people: how long the sending step takes under Prefect, from its first line to its last acceptance."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from prefect import flow

import tayori.broadcast.send  # noqa: F401 - "imports started": the LINE SDK alone takes two seconds
from bench.broadcast._sending import Ward, a_ward, approved, frozen, proven
from tasks.broadcast import send_block, under_way
from tayori.domain.identifiers import BroadcastId
from tayori.line.limiter import MULTICASTS_A_SECOND, Shares
from tests.support.prefect_server import running_server

PEOPLE = 10_000


def measure(folder: Path) -> Mapping[str, float]:
    """Give `engine_seconds_10k`. It ends when the step does, a little after the last acceptance."""
    with running_server() as server, a_ward(folder, PEOPLE) as ward, server.here(heartbeats=True):
        sizes = Shares.of(MULTICASTS_A_SECOND)
        server.limit(sizes.pool, sizes.per_second)
        _name_settings(ward)
        broadcast_id = approved(ward.office)
        frozen(ward.office, broadcast_id)
        seconds = sending_step(broadcast_id)
        told = proven(ward)
    return {"engine_seconds_10k": round(seconds, 3), "engine_calls_seconds": told["seconds"]}


def _name_settings(ward: Ward) -> None:
    os.environ |= {
        "TAYORI_HOME": str(ward.office.settings.home),
        "TAYORI_SEND_SHARE": "1.0",
        "TAYORI_LINE_API_BASE": ward.platform.base_url,
        "TAYORI_LINE_ACCESS_TOKEN": ward.platform.account.access_token,
    }


@flow(name="engine", persist_result=False)
def sending_step(broadcast_id: str) -> float:
    """Do what flows/broadcast does in its sending step; give the seconds."""
    began = time.perf_counter()
    with under_way(BroadcastId(broadcast_id)) as sending:
        while send_block(sending) is None:
            pass
        return time.perf_counter() - began
