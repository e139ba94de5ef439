"""Reports of chance alone, and such with a planted surge, a new theme or a vanished one, however the total went."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tayori.opinions.signals import Change, Course, signals

SEEDS: Final = 20
YEARS: Final = 3
SCATTER: Final = 1.3  # letters come in bunches: counts scatter more than chance alone
SERIES: Final = {"theme": (20, 40.0), "department": (10, 80.0), "channel": (6, 130.0), "month": (12, 65.0)}
"""How many of each a yearly report compares, and letters of each in a year."""
TOTALS: Final = {
    "even": (1.0, 1.0, 1.0, 1.0),
    "grown now": (1.0, 1.0, 1.0, 1.3),
    "grown before": (0.65, 0.68, 0.95, 1.0),
    "shrunk before": (1.6, 1.3, 1.1, 1.0),
    "to and fro": (1.0, 0.6, 1.4, 1.0),
}
"""How many letters the ward has in all, oldest year first, the period last; a usual year is 1."""
PLANTED: Final = (
    (Change.RISEN, 96, (30, 34, 31)),
    (Change.RISEN, 220, (98, 103, 101)),
    (Change.NEW, 22, (0, 0, 0)),
    (Change.VANISHED, 0, (28, 31, 30)),
)
"""What is planted in usual years; the latest of the earlier ones first."""


def measure(folder: Path) -> Mapping[str, float]:
    """Give `false_alarms` over all noise seeds and totals together, and `planted_found`: the share, where it is least.

    The folder stays empty.
    """
    del folder
    reports = [(noise(seed, total), total) for total in TOTALS.values() for seed in range(SEEDS)]
    found = [_found(courses, total) for courses, total in reports]
    by_total = [sum(found[start : start + SEEDS]) for start in range(0, len(found), SEEDS)]
    return {
        "noise_reports": len(reports),
        "false_alarms": sum(len(signals(courses)) for courses, _ in reports),
        "planted": len(reports) * len(PLANTED),
        "planted_found": round(min(by_total) / (SEEDS * len(PLANTED)), 4),
    }


def noise(seed: int, total: Sequence[float]) -> list[Course]:
    """Fields, departments, ways, months: each changes by chance, and all together as the ward's total does."""
    chance = np.random.default_rng(seed)
    courses = []
    for what, (count, mean) in SERIES.items():
        for at, rate in enumerate(chance.gamma(1.2, mean, count)):
            drawn = [int(chance.negative_binomial(rate * one / (SCATTER - 1), 1 / SCATTER)) for one in total]
            courses.append(Course(what, f"{what}{at:02d}", drawn[-1], tuple(reversed(drawn[:-1]))))
    return courses


def _found(courses: Sequence[Course], total: Sequence[float]) -> int:
    """How many of the planted changes are told, each by itself and nothing beside it."""
    told = 0
    for change, now, earlier in PLANTED:
        then = tuple(round(count * size) for count, size in zip(earlier, reversed(total[:-1]), strict=True))
        one = Course("theme", "planted", round(now * total[-1]), then)
        told += [(one.code, one.change) for one in signals([*courses, one])] == [("planted", change)]
    return told
