"""How large the figures are measured: as written, or smaller for a quick look (TAYORI_BENCH_SCALE=0.01)."""

import os
from typing import Final

SCALE: Final = float(os.environ.get("TAYORI_BENCH_SCALE", "1"))
LEAST: Final = 1_000


def scaled(people: int) -> int:
    """Give so many people, times the scale; whole batches."""
    return max(LEAST, int(people * SCALE) // 500 * 500)
