"""A thousand random sets of tables released and attacked, small ones against the optimum, and one large table."""

import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from bench.analysis._optimum import fewest_hidden
from tayori.opinions.disclosure.audit import audit
from tayori.opinions.disclosure.intervals import hidden_cells
from tayori.opinions.disclosure.problem import problem_of
from tayori.opinions.disclosure.refusal import NotReleased
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.suppression import hide, suppress
from tests.opinions.table_sets import a_grid, a_table_set

SETS: Final = 1_000
SMALL: Final = 40
LARGE: Final = 5
WORKERS: Final = 2
K: Final = 10


def measure(folder: Path) -> Mapping[str, float]:
    """Give `suppression_sets`, `suppression_breaches`, `cells_vs_optimum`, `seconds_20x24`; the folder stays empty."""
    del folder
    with ProcessPoolExecutor(WORKERS) as pool:
        breaches = list(pool.map(breached, range(SETS), chunksize=10))
        refused = sum(count is None for count in breaches)
        pairs = list(pool.map(against_the_optimum, range(SMALL)))
    seconds = [_large(seed) for seed in range(LARGE)]
    return {
        "suppression_sets": len(breaches),
        "suppression_breaches": sum(count or 0 for count in breaches),
        "suppression_refused": refused,
        "cells_vs_optimum": round(sum(ours for ours, _ in pairs) / sum(least for _, least in pairs), 3),
        "cells_vs_optimum_worst": round(max(ours / least for ours, least in pairs if least), 3),
        "seconds_20x24": round(sorted(seconds)[len(seconds) // 2], 2),
        "seconds_20x24_slowest": round(max(seconds), 2),
    }


def breached(seed: int) -> int | None:
    """How many hidden cells of a set can be narrowed below their interval; None if the release is refused.

    The release audits for readers and for letters that know their own cells. Here once more, without anything from
    the suppressor: the least and the greatest value of each cell, solved one by one.
    """
    figures, k = a_table_set(seed)
    try:
        published = release(figures, k=k)
        audit(figures, published, k=k)
    except NotReleased:
        return None
    return sum(not one.holds for one in hidden_cells(figures, published, k=k))


def against_the_optimum(seed: int) -> tuple[int, float]:
    """Cells hidden in a small set, and the fewest that could be: up to six by five, every second one linked."""
    figures = a_grid(seed, 4 + seed % 3, 4 + seed % 2) if seed % 2 else a_table_set(seed * 5 + 1)[0]
    return len(suppress(figures, k=K).hidden), fewest_hidden(problem_of(figures, k=K))


def _large(seed: int) -> float:
    figures = a_grid(seed, 20, 24)
    began = time.perf_counter()
    suppression = suppress(figures, k=K)
    audit(figures, hide(figures, suppression, k=K), k=K, moves=suppression.moves)
    return time.perf_counter() - began
