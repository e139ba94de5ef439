"""300 broadcasts to 50,000 residents each, the sender killed by SIGKILL: missed, doubled, undecided by LINE's ledger.

SQLite and PostgreSQL; alone, with faults of the platform, with two workers; one in thirty through a Prefect server.
`KILL_TRIALS=12` is a quick look. `python -m bench.broadcast.kills --seed 7 --store sqlite --mode faults` runs one
trial again; `--point NAME` at that named point.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sandbox.line.serve import running_platform
from tests.support.kills.outcome import Mode, Outcome
from tests.support.kills.points import EVERY
from tests.support.kills.trial import Case, Stage, Trial
from tests.support.kills.wards import Store, Wards
from tests.support.postgres import running_cluster
from tests.support.prefect_server import running_server

PEOPLE: Final = 50_000
TRIALS: Final = 300
ONE_IN_PREFECT: Final = 30
CELLS: Final = [(store, mode) for mode in (Mode.ALONE, Mode.FAULTS, Mode.WORKERS) for store in Store]


def measure(folder: Path) -> Mapping[str, float]:
    """Give `kills`, `missed`, `doubled`, `undecided` and what else a trial counts, summed."""
    return kill_figures(folder, int(os.environ.get("KILL_TRIALS", TRIALS)))


def kill_figures(folder: Path, trials: int) -> Mapping[str, float]:
    """Run so many trials, one after the other: one sender, one platform and one store at a time."""
    began, outcomes = time.monotonic(), []
    cases = schedule(trials)
    with stage(folder, prefect=any(case.mode is Mode.PREFECT for case in cases)) as here:
        for case in cases:
            outcomes.append(Trial(here, case).run())
            _tell(outcomes, trials)
    return _summed(outcomes) | {"kill_seconds": round(time.monotonic() - began, 1)}


def schedule(trials: int) -> list[Case]:
    """Give what each trial is about; its seed is its place, counted from 1."""
    cases = []
    for seed in range(1, trials + 1):
        store, mode = CELLS[seed % len(CELLS)]
        if seed % ONE_IN_PREFECT == 0:
            store, mode = tuple(Store)[seed // ONE_IN_PREFECT % len(Store)], Mode.PREFECT
        elif mode is Mode.FAULTS and seed // len(CELLS) % 3 == 0:  # LINE refuses some ids, too
            mode = Mode.REFUSALS
        cases.append(Case(seed, store, mode, PEOPLE))
    return cases


@contextmanager
def stage(folder: Path, *, prefect: bool) -> Iterator[Stage]:
    """Start what trials need."""
    with ExitStack() as started:
        platform = started.enter_context(running_platform())
        wards = Wards(folder, started.enter_context(running_cluster()))
        server = started.enter_context(running_server()) if prefect else None
        yield Stage(wards, platform, server)


def _summed(outcomes: Sequence[Outcome]) -> dict[str, float]:
    modes = Counter(one.mode for one in outcomes)
    counted = ("kills", "missed", "doubled", "stray", "undecided", "unsure", "altered", "redrawn", "faults")
    found: dict[str, float] = {"kill_trials": len(outcomes)}
    found |= {f"kill_trials_{mode}": modes[mode] for mode in Mode}
    found |= {name: sum(getattr(one, name) for one in outcomes) for name in counted}
    return found | {"kill_trial_seconds": round(sum(one.seconds for one in outcomes) / len(outcomes), 2)}


def _tell(outcomes: Sequence[Outcome], trials: int) -> None:
    """Say how far it is, and how to run a trial again that failed."""
    last, found = outcomes[-1], _summed(outcomes)
    if not last.is_clean:
        print(f"  FAILED {last}")
        print(f"    again: python -m {__spec__.name} --seed {last.seed} --store {last.store} --mode {last.mode}")
    if not last.is_clean or len(outcomes) % 10 == 0 or len(outcomes) == trials:
        shown = ("kills", "missed", "doubled", "undecided", "kill_trial_seconds")
        words = ", ".join(f"{name} {found[name]:g}" for name in shown)
        print(f"  trial {len(outcomes)} of {trials}: {words}", flush=True)


def main(words: Sequence[str]) -> int:
    """Run one trial again, as often as asked; 1 where one was not clean."""
    parser = argparse.ArgumentParser(prog="python -m bench.broadcast.kills")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--store", type=Store, choices=list(Store), required=True)
    parser.add_argument("--mode", type=Mode, choices=list(Mode), required=True)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--point", default="", choices=["", *EVERY], metavar="NAME", help="; ".join(EVERY))
    parser.add_argument("--times", type=int, default=1)
    asked = parser.parse_args(words)
    case = Case(asked.seed, asked.store, asked.mode, asked.people, asked.point)
    with (
        tempfile.TemporaryDirectory(prefix="tayori-kills-") as folder,
        stage(Path(folder), prefect=case.mode is Mode.PREFECT) as here,
    ):
        outcomes = [Trial(here, case).run() for _ in range(asked.times)]
    for one in outcomes:
        print("clean " if one.is_clean else "FAILED", one)
    return 0 if all(one.is_clean for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
