"""Masking with two workers, settling and counting of ten times as many letters: time per letter, and memory.

Each size runs in a process of its own, so that the most memory it and its workers held is its own. TAYORI_BENCH_LETTERS
sets the larger size, as 1000000.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Final

from sandbox.letters.letters import Mailbag
from tayori.analysis.facts import facts_of
from tayori.analysis.mart import Span, mask_done_cases, partitions
from tayori.analysis.settle import settle
from tayori.office import open_office
from tayori.settings import Settings
from tests.support.builders import an_office
from tests.support.letters import ALetter, receive

LETTERS: Final = 100_000
TENTH: Final = 10
WORKERS: Final = 2
SOURCE: Final = 2_000
BLOCK: Final = 5_000
KIBIBYTES: Final = 1024


def measure(folder: Path) -> Mapping[str, float]:
    """Give seconds a thousand letters and peak memory at both sizes, and how much both grow from one to the other."""
    most = int(os.environ.get("TAYORI_BENCH_LETTERS", LETTERS))
    small, large = (_alone(folder / str(count), count) for count in (most // TENTH, most))
    return {
        "scale_letters": most,
        "seconds_1000": round(large[0] / most * 1000, 3),
        "growth_10x": round(large[0] / small[0] / TENTH, 3),
        "memory_mb": round(large[1]),
        "memory_growth_10x": round(large[1] / small[1], 3),
    }


def _alone(home: Path, count: int) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, home, count).result()


def run(home: Path, count: int) -> tuple[float, float]:
    """Mask, settle and count so many letters; give seconds, and mebibytes of this process and its largest worker."""
    office = an_office(home)
    texts = _texts(count)
    for start in range(0, count, BLOCK):
        receive(office, *(ALetter(said=next(texts), masked=False) for _ in range(min(BLOCK, count - start))))
    began = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(mask, *zip(*((office.settings, span) for span in partitions(office)), strict=True)))
    settle(office)
    facts_of(office, "2020-04", "2020-04")
    seconds = time.perf_counter() - began
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return seconds, sum(peaks) / KIBIBYTES


def mask(settings: Settings, span: Span) -> int:
    """Mask a span of cases in a worker."""
    with open_office(settings) as office:
        return mask_done_cases(office, within=span).letters


def _texts(count: int) -> Iterator[str]:
    """Dummy letters, each made different by words of another one."""
    written = [letter.opinion for letter in Mailbag(SOURCE, seed=5, until=date(2026, 10, 31)).letters()]
    chance = Random(0)  # noqa: S311 - dummy letters
    return (f"{written[at % SOURCE]}\n{chance.choice(written)[:40]}{at}" for at in range(count))


if __name__ == "__main__":
    print(datetime.now().astimezone(), run(Path(sys.argv[1]), int(sys.argv[2])))
