"""1,000,000 people get a broadcast from the sandbox platform: requests a second as a share of LINE's limit."""

from collections.abc import Mapping
from pathlib import Path

from bench.broadcast import broadcast_figures


def measure(folder: Path) -> Mapping[str, float]:
    """Give `broadcast_share_of_line_limit`; the folder stays empty."""
    del folder
    return broadcast_figures()
