"""100 nights killed by SIGKILL in erase and rotate, while events come in and a broadcast goes out: lost, revived.

SQLite and PostgreSQL in turn. `NIGHT_KILLS=12` is a quick look. `python -m bench.erasure.kills --seed 7 --store sqlite`
runs one trial again; `--point NAME` at that named point.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sandbox.line.serve import running_platform
from tests.support.kills.night_points import POINTS
from tests.support.kills.nights import NightOutcome, NightStage, NightTrial
from tests.support.kills.wards import Store, Wards
from tests.support.postgres import running_cluster

KILLS: Final = 100
COUNTED: Final = ("kills", "lost", "revived", "uncertified", "leftovers", "doubled", "redrawn")


def measure(folder: Path) -> Mapping[str, float]:
    """Give `kills`, `lost` and `revived`, and what else a trial counts, summed; trials go on until so many kills."""
    wanted = int(os.environ.get("NIGHT_KILLS", KILLS))
    began, outcomes = time.monotonic(), list[NightOutcome]()
    with stage(folder) as here:
        while sum(one.kills for one in outcomes) < wanted:
            seed = len(outcomes) + 1
            outcomes.append(NightTrial(here, seed, tuple(Store)[seed % 2]).run())
            _tell(outcomes)
    found = _summed(outcomes)
    return found | {"night_trials": len(outcomes), "night_seconds": round(time.monotonic() - began, 1)}


@contextmanager
def stage(folder: Path) -> Iterator[NightStage]:
    """Start what trials need."""
    with ExitStack() as started:
        platform = started.enter_context(running_platform())
        yield NightStage(Wards(folder, started.enter_context(running_cluster())), platform)


def _summed(outcomes: Sequence[NightOutcome]) -> dict[str, float]:
    return {name: sum(getattr(one, name) for one in outcomes) for name in COUNTED}


def _tell(outcomes: Sequence[NightOutcome]) -> None:
    """Say how far it is, and how to run a trial again that failed."""
    last = outcomes[-1]
    if not last.is_clean:
        print(f"  FAILED {last}")
        print(f"    again: python -m {__spec__.name} --seed {last.seed} --store {last.store}", flush=True)
    if not last.is_clean or len(outcomes) % 10 == 0:
        words = ", ".join(f"{name} {value:g}" for name, value in _summed(outcomes).items())
        print(f"  trial {len(outcomes)}: {words}", flush=True)


def main(words: Sequence[str]) -> int:
    """Run one trial again; 1 where it was not clean."""
    parser = argparse.ArgumentParser(prog="python -m bench.erasure.kills")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--store", type=Store, choices=list(Store), required=True)
    parser.add_argument("--point", default="", choices=["", *POINTS], metavar="NAME", help="; ".join(POINTS))
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="tayori-nights-") as folder, stage(Path(folder)) as here:
        found = NightTrial(here, asked.seed, asked.store, asked.point).run()
    print("clean " if found.is_clean else "FAILED", found)
    return 0 if found.is_clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
