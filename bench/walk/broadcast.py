"""1,000,000 people get a broadcast from the sandbox platform: requests a second as a share of LINE's limit."""

import time
from collections.abc import Mapping
from pathlib import Path

from bench.broadcast._scale import scaled
from bench.broadcast._sending import a_ward, approved, frozen, proven, sent
from tayori.line.limiter import MULTICASTS_A_SECOND, share_of_line

PEOPLE = 1_000_000


def measure(folder: Path) -> Mapping[str, float]:
    """Give `broadcast_share_of_line_limit`, opening of ids, ledger and log included; one process, no Prefect."""
    with a_ward(folder, scaled(PEOPLE)) as ward:
        broadcast_id = approved(ward.office)
        began = time.perf_counter()
        found = frozen(ward.office, broadcast_id)
        frozen_seconds = time.perf_counter() - began
        seconds = sent(ward, broadcast_id, share_of_line(1.0))
        told = proven(ward)
        stats = ward.platform.control.stats()
    return {
        "batches": found.batches,
        "freeze_s": frozen_seconds,
        "send_s": seconds,
        "broadcast_share_of_line_limit": found.batches / seconds / MULTICASTS_A_SECOND,
        "too_fast": told["answers"].get("429", 0),
        "platform_cpu_s": stats["cpu_seconds"],
        "platform_mb": stats["peak_mb"],
    }
