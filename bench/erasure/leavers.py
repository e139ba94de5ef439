"""What one leaver costs: 1,000 and 100,000 of the same people leave, and only their erasure is timed.

Timed is the whole step, from the first look for leavers to the last key: its transactions, what they wait for the disk,
and what it folds of SQLite's log. Each begins with the log that a day leaves. Thousands are erased before and after the
hundred thousand, in the same store and process, and their median counts, so that what another program does to the
machine in one moment is no figure. Beside it stand processor time, which says the same without the disk, and the step
together with the cleaning that follows it in a night, which folds in the rest of the log.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from bench.broadcast._people import populated, settings_of
from bench.broadcast._scale import scaled
from tayori.office import Office, open_office
from tayori.retention import erase, run
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome
from tests.support.people import leave

PEOPLE: Final = 1_000_000
FEW, MANY = 1_000, 100_000
TURNS: Final = 5  # of the few, before the many, and again after them


@dataclass(frozen=True, slots=True)
class _Cost:
    """What one leaver cost, in milliseconds: by the wall, of the processor, and by the wall with the cleaning."""

    wall: float
    busy: float
    cleaned: float


def measure(folder: Path) -> Mapping[str, float]:
    """Give `leaver_cost_ratio`, what a leaver costs among 100,000 and among 1,000, the dearer over the cheaper."""
    count = scaled(PEOPLE)
    few, many = (max(1, number * count // PEOPLE) for number in (FEW, MANY))
    with open_office(settings_of(populated(folder, count))) as office:
        everyone = Random(3).sample(range(1, count + 1), 2 * TURNS * few + many)  # noqa: S311 - replayable on purpose
        thousands = [_each(office, _taken(everyone, few)) for _ in range(TURNS)]
        of_many = _each(office, _taken(everyone, many))
        thousands += [_each(office, _taken(everyone, few)) for _ in range(TURNS)]
    of_few = _Cost(*(median(getattr(one, name) for one in thousands) for name in _Cost.__slots__))
    return {
        "leaver_ms_of_1000": round(of_few.wall, 4),
        "leaver_ms_of_100000": round(of_many.wall, 4),
        "leaver_cost_ratio": round(_ratio(of_few.wall, of_many.wall), 3),
        "leaver_cpu_ratio": round(_ratio(of_few.busy, of_many.busy), 3),
        "leaver_cleaned_ratio": round(_ratio(of_few.cleaned, of_many.cleaned), 3),
    }


def _taken(everyone: list[int], count: int) -> list[int]:
    taken = everyone[-count:]
    del everyone[-count:]
    return taken


def _ratio(one: float, other: float) -> float:
    return max(one, other) / min(one, other)


def _each(office: Office, leavers: list[int]) -> _Cost:
    leave(office, leavers)
    night = run.begin(office)
    key = run.commitment_key(office, night)
    began, busy = time.perf_counter(), time.process_time()
    erased = erase.erase_leavers(office, night, key)
    spent, worked = time.perf_counter() - began, time.process_time() - busy
    run.clean_stores(office, night)
    cleaned = time.perf_counter() - began
    assert erased.residents == len(leavers)  # noqa: S101 - a figure without its work is no figure
    with writing(office.warehouse) as warehouse:
        runs.end(warehouse, night, Outcome.DONE, {}, office.now())
    return _Cost(*(seconds / len(leavers) * 1000 for seconds in (spent, worked, cleaned)))
