"""The whole flow of analysis over more and more letters, two Dask workers: time per letter, and memory.

Each size is a flow run of its own process; its memory is that of all its processes together (the run, Dask's scheduler
and both workers), pages that they share counted once; Prefect's server runs beside it. What a run costs before its
first letter is measured by a run of five hundred and taken off. TAYORI_BENCH_LETTERS sets the largest size, as 1000000.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bench.analysis._letters import fill
from bench.figures import BENCH, watched
from tests.support.prefect_server import running_server

LETTERS: Final = 100_000
FEW: Final = 500
WORKERS: Final = 2
STEPS: Final = (100, 10, 1)
"""The sizes, as shares of the largest."""
_GLANCE: Final = 0.5


def measure(folder: Path) -> Mapping[str, float]:
    """Give milliseconds a letter and peak memory at each size, and how both grow from a tenth to the whole."""
    most = int(os.environ.get("TAYORI_BENCH_LETTERS", LETTERS))
    with running_server() as server:
        runs = [_alone(folder / str(count), count, server.environment) for count in (FEW, *(most // s for s in STEPS))]
    (fixed, _), *larger = runs
    each = [(seconds - fixed) / (most // step - FEW) for (seconds, _), step in zip(larger, STEPS, strict=True)]
    figures: dict[str, float] = {"scale_letters": most, "fixed_seconds": round(fixed, 1)}
    for step, spent, (seconds, memory) in zip(STEPS, each, larger, strict=True):
        figures |= {
            f"seconds_{most // step}": round(seconds, 1),
            f"ms_a_letter_{most // step}": round(spent * 1_000, 3),
            f"memory_mb_{most // step}": round(memory),
        }
    return figures | {
        "growth_10x": round(each[-1] / each[-2], 3),
        "memory_growth_10x": round(larger[-1][1] / larger[-2][1], 3),
    }


def _alone(home: Path, count: int, surroundings: Mapping[str, str]) -> tuple[float, float]:
    """Seconds and mebibytes of a flow run over so many letters; what it prints goes to a file beside its stores."""
    fill(home, count)
    own = {"TAYORI_HOME": str(home), "TAYORI_ANALYSIS_WORKERS": str(WORKERS)}
    with (home / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.analysis.scale"],
            cwd=BENCH.parent,
            env={**os.environ, **surroundings, **own},
            stdout=log,
            stderr=log,
        )
        began = time.perf_counter()
        memory = watched(process, _GLANCE)
    if process.returncode != 0:
        message = f"the flow over {count} letters failed: {(home / 'run.log').read_text()[-2_000:]}"
        raise RuntimeError(message)
    seconds = time.perf_counter() - began
    print(f"  {count} letters: {seconds:.1f} s, {memory:.0f} MB", flush=True)
    return seconds, memory


def run() -> None:
    """Mask, settle and report the last year, as the deployment does."""
    from flows.opinion_analysis import Period, opinion_analysis  # noqa: PLC0415 - only in the run's own process

    opinion_analysis(Period(first=date(2025, 11, 1), last=date(2026, 10, 31)))


if __name__ == "__main__":
    run()
