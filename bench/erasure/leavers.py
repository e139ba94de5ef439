"""What one leaver costs: 1,000 and then 100,000 of the same people leave, and only their erasure is timed."""

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
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
TURNS: Final = 3  # of the few: one is soon over, and a busy machine shows


def measure(folder: Path) -> Mapping[str, float]:
    """Give `leaver_cost_ratio`, what a leaver costs among 100,000 and among 1,000, the dearer over the cheaper.

    The few are the best of three thousands.
    """
    count = scaled(PEOPLE)
    few, many = (max(1, number * count // PEOPLE) for number in (FEW, MANY))
    with open_office(settings_of(populated(folder, count))) as office:
        everyone = Random(3).sample(range(1, count + 1), TURNS * few + many)  # noqa: S311 - replayable on purpose
        ones = [_each(office, everyone[turn * few : (turn + 1) * few]) for turn in range(TURNS)]
        costs = min(ones), _each(office, everyone[TURNS * few :])
    return {
        "leaver_ms_of_1000": round(costs[0] * 1000, 4),
        "leaver_ms_of_100000": round(costs[1] * 1000, 4),
        "leaver_cost_ratio": round(max(costs) / min(costs), 3),
    }


def _each(office: Office, leavers: list[int]) -> float:
    leave(office, leavers)
    night = run.begin(office)
    key = run.commitment_key(office, night)
    began = time.perf_counter()
    erased = erase.erase_leavers(office, night, key)
    spent = time.perf_counter() - began
    assert erased.residents == len(leavers)  # noqa: S101 - a figure without its work is no figure
    with writing(office.warehouse) as warehouse:
        runs.end(warehouse, night, Outcome.DONE, {}, office.now())
    return spent / len(leavers)
