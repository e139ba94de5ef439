"""10,000 of 1,000,000 people leave: erased, epochs rotated, stores cleaned and probed, certificate filed."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final

from bench.broadcast._people import populated, settings_of
from bench.broadcast._scale import scaled
from bench.figures import BENCH, watched
from tayori.office import open_office
from tests.support.people import leave

PEOPLE: Final = 1_000_000
SHARE: Final = 100  # one of so many leaves


def measure(folder: Path) -> Mapping[str, float]:
    """Give `seconds_1m_10k`, every step included, its processor time, and `peak_mb_1m`, the night's process alone."""
    count = scaled(PEOPLE)
    home, answer = populated(folder, count), folder / "night.json"
    with open_office(settings_of(home)) as office:
        leave(office, Random(2).sample(range(1, count + 1), count // SHARE))  # noqa: S311 - replayable on purpose
    night = subprocess.Popen([sys.executable, "-m", "bench.erasure._night", str(home), str(answer)], cwd=BENCH.parent)
    peak = watched(night)
    assert night.returncode == 0  # noqa: S101 - a night that failed is no figure
    found = json.loads(answer.read_text())
    assert found.pop("erased") == count // SHARE  # noqa: S101
    assert found.pop("survivors") == count - count // SHARE  # noqa: S101
    busy = found.pop("busy")
    steps = {f"night_{name}_seconds": round(spent, 2) for name, spent in found.items()}
    return steps | {
        "night_cpu_seconds": round(busy, 2),
        "seconds_1m_10k": round(sum(found.values()), 2),
        "peak_mb_1m": round(peak, 1),
    }
