"""10,000,000 people by one Prefect flow run: at which share of LINE's rate, with how much memory, and to whom else."""

from collections.abc import Mapping
from pathlib import Path

from bench.broadcast._flow import run_of
from bench.broadcast._scale import scaled
from tayori.line.limiter import MULTICASTS_A_SECOND


def measure(folder: Path) -> Mapping[str, float]:
    """Give `share_of_line_limit_10m`, `peak_mb_10m` and `foreign_endpoints`."""
    run = run_of(folder, scaled(10_000_000))
    return {
        "share_of_line_limit_10m": round(run.a_second / MULTICASTS_A_SECOND, 4),
        "peak_mb_10m": run.peak_mb,
        "too_fast_10m": run.too_fast,
        "foreign_endpoints": run.foreign,
    }
