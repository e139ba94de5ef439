"""The whole flow of analysis over more and more letters, two Dask workers: cost of one letter more, and memory.

Each size is a flow run in a process of its own; its memory is that of all its processes together (the run, Dask's
scheduler, both workers), pages that they share counted once; Prefect's server runs beside it. Its cost is the processor
time of all of them, so that what else runs does not count. What a run costs whatever its size falls out where two runs
are compared. TAYORI_BENCH_SCALE=6.7 measures up to a million letters.
"""

import os
import resource
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

LETTERS: Final = int(150_000 * float(os.environ.get("TAYORI_BENCH_SCALE", "1")))
SIZES: Final = (LETTERS // 10, LETTERS // 2, LETTERS)
"""Each of them needs several partitions of 10,000 letters, so that all of them are masked by the workers.

New letters are compared with the last 20,000 different texts: until there are so many, one letter more costs less.
"""
WORKERS: Final = 2
_GLANCE: Final = 0.5


def measure(folder: Path) -> Mapping[str, float]:
    """Give seconds and peak memory at each size, and by how much one letter more costs more among many."""
    with running_server() as server:
        runs = [_alone(folder / str(count), count, server.environment) for count in SIZES]
    seconds, processor, memory = zip(*runs, strict=True)
    early, late = ((processor[at + 1] - processor[at]) / (SIZES[at + 1] - SIZES[at]) for at in (0, 1))
    figures = {f"scale_seconds_{at}": round(spent, 1) for at, spent in enumerate(seconds, 1)}
    figures |= {f"scale_processor_seconds_{at}": round(spent, 1) for at, spent in enumerate(processor, 1)}
    figures |= {f"scale_memory_mb_{at}": round(held) for at, held in enumerate(memory, 1)}
    return {
        "scale_letters": LETTERS,
        **figures,
        "processor_ms_a_letter": round(late * 1_000, 3),
        "letter_growth": round(late / early, 3),
        "memory_growth_10x": round(memory[-1] / memory[0], 3),
    }


def _alone(home: Path, count: int, surroundings: Mapping[str, str]) -> tuple[float, float, float]:
    """Seconds, processor seconds and mebibytes of a flow run over so many letters; what it prints goes to a file."""
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
        began, used = time.perf_counter(), _processor_seconds()
        memory = watched(process, _GLANCE)
        seconds, processor = time.perf_counter() - began, _processor_seconds() - used
    if process.returncode != 0:
        message = f"the flow over {count} letters failed: {(home / 'run.log').read_text()[-2_000:]}"
        raise RuntimeError(message)
    print(f"  {count} letters: {seconds:.1f} s, {processor:.1f} s of the processor, {memory:.0f} MB", flush=True)
    return seconds, processor, memory


def _processor_seconds() -> float:
    """What the processes that ended used, theirs within."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run() -> None:
    """Mask, settle and report the last year, as the deployment does."""
    from flows.opinion_analysis import Period, opinion_analysis  # noqa: PLC0415 - only in the run's own process

    opinion_analysis(Period(first=date(2025, 11, 1), last=date(2026, 10, 31)))


if __name__ == "__main__":
    run()
