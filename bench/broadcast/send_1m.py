"""1,000,000 people by one Prefect flow run: the memory that ten times as many must not exceed."""

from collections.abc import Mapping
from pathlib import Path

from bench.broadcast._flow import run_of
from bench.broadcast._scale import scaled
from tayori.line.limiter import MULTICASTS_A_SECOND


def measure(folder: Path) -> Mapping[str, float]:
    """Give `peak_mb_1m`, and the share of LINE's rate."""
    run = run_of(folder, scaled(1_000_000))
    return {
        "share_of_line_limit_1m": round(run.a_second / MULTICASTS_A_SECOND, 4),
        "peak_mb_1m": run.peak_mb,
        "too_fast_1m": run.too_fast,
    }
