"""Twenty reports of chance alone, and one each with a planted surge, a new theme and a vanished one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from tayori.opinions.signals import Change, Course, signals

SEEDS: Final = 20
YEARS: Final = 3
SCATTER: Final = 1.3  # letters come in bunches: counts scatter more than chance alone
SERIES: Final = {"theme": (20, 40.0), "department": (10, 80.0), "channel": (6, 130.0), "month": (12, 65.0)}
"""How many of each a yearly report compares, and letters of each in a year."""
PLANTED: Final = (
    (Change.RISEN, 96, (30, 34, 31)),
    (Change.NEW, 22, (0, 0, 0)),
    (Change.VANISHED, 0, (28, 31, 30)),
)


def measure(folder: Path) -> Mapping[str, float]:
    """Give `false_alarms` (over all noise seeds together), `planted` and `planted_found`; the folder stays empty."""
    del folder
    alarms = sum(len(signals(noise(seed, growth=growth))) for seed in range(SEEDS) for growth in (1.0, 1.3))
    found = 0
    for seed in range(SEEDS):
        for change, now, earlier in PLANTED:
            told = signals([*noise(seed), Course("theme", "planted", now, earlier)])
            found += [(one.code, one.change) for one in told] == [("planted", change)]
    return {
        "noise_reports": 2 * SEEDS,
        "false_alarms": alarms,
        "planted": SEEDS * len(PLANTED),
        "planted_found": round(found / (SEEDS * len(PLANTED)), 4),
    }


def noise(seed: int, *, growth: float = 1.0) -> list[Course]:
    """Fields, departments, ways, months: counts change by chance, and all together by `growth` in the last year."""
    chance = np.random.default_rng(seed)
    courses = []
    for what, (count, mean) in SERIES.items():
        for at, rate in enumerate(chance.gamma(1.2, mean, count)):
            years = [rate] * YEARS + [rate * growth]
            drawn = [int(chance.negative_binomial(one / (SCATTER - 1), 1 / SCATTER)) for one in years]
            courses.append(Course(what, f"{what}{at:02d}", drawn[-1], tuple(drawn[:-1])))
    return courses
