"""Killed anywhere, by SIGKILL, and started again: by the platform's ledger nobody is missed and nobody is doubled.

The driver is the one with which `make figures` kills senders of 50,000 recipients; here the broadcasts are small. A
trial that failed: `python -m bench.broadcast.kills --seed N --store S --mode M --people 5300 [--point NAME]`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bench.broadcast.kills import schedule
from sandbox.line.serve import RunningPlatform, running_platform
from tests.conftest import STORES
from tests.support.kills.outcome import Mode, Outcome
from tests.support.kills.points import AGAIN, POINTS, SPLITS
from tests.support.kills.trial import NO_JUMP, Case, Stage, Trial
from tests.support.kills.wards import Store, Wards

PEOPLE = 5_300
RANDOM = {Mode.ALONE: range(1, 3), Mode.FAULTS: range(1, 8), Mode.WORKERS: range(1, 5)}
Kill = Callable[..., Outcome]


@pytest.fixture(scope="module")
def own_platform() -> Iterator[RunningPlatform]:
    """Give a platform of this file's own: its clock jumps."""
    with running_platform() as started:
        yield started


@pytest.fixture(scope="module", params=STORES)
def kill(
    request: pytest.FixtureRequest, own_platform: RunningPlatform, tmp_path_factory: pytest.TempPathFactory
) -> Kill:
    """Give what runs one trial, on each kind of store; the wards that trials copy are built once."""
    store = Store(request.param)
    cluster = request.getfixturevalue("cluster") if store is Store.POSTGRES else None
    stage = Stage(Wards(tmp_path_factory.mktemp("wards"), cluster), own_platform)

    def killed(seed: int, mode: Mode, point: str = "", jump: timedelta = NO_JUMP) -> Outcome:
        return Trial(stage, Case(seed, store, mode, PEOPLE, point, jump)).run()

    return killed


@pytest.mark.parametrize("point", [*POINTS, *AGAIN], ids=str)
def test_killed_at_a_named_point(kill: Kill, point: str) -> None:
    """Wherever between the first freeze write and the last state write: the next worker completes it exactly."""
    outcome = kill(1, Mode.ALONE, point)
    assert outcome.is_clean, outcome
    assert point in outcome.where


@pytest.mark.parametrize(("mode", "seed"), [(mode, seed) for mode, seeds in RANDOM.items() for seed in seeds], ids=str)
def test_killed_as_a_seed_draws(kill: Kill, mode: Mode, seed: int) -> None:
    """At moments and points drawn by the seed: alone, with LINE failing in many ways, with two workers at once."""
    outcome = kill(seed, mode)
    assert outcome.is_clean, outcome
    assert outcome.kills


@pytest.mark.parametrize("point", ["", *SPLITS], ids=str)
def test_killed_while_line_refuses_somebody(kill: Kill, point: str) -> None:
    """Who is refused by a 400 that names them gets nothing, everybody else of their batch gets it once."""
    outcome = kill(1, Mode.REFUSALS, point)
    assert outcome.is_clean, outcome


@pytest.mark.parametrize(("hours", "is_exact"), [(-0.8, True), (11, True), (13, False), (25, False)])
def test_killed_and_taken_up_by_another_clock(kill: Kill, hours: float, *, is_exact: bool) -> None:
    """Within twelve hours all is as ever; later nothing is asked again, and whoever did not get it is known to be open.

    After 25 hours LINE knows no key any more: asking again would send a second time.
    """
    outcome = kill(1, Mode.ALONE, "in the middle of a call", timedelta(hours=hours))
    assert outcome.is_clean, outcome
    assert (outcome.missed + outcome.undecided == 0) is is_exact, outcome


def test_the_schedule_of_the_figures_holds_every_condition() -> None:
    """300 trials: ten through Prefect on either store, the others spread over stores and conditions, no seed twice."""
    cases = schedule(300)
    cells = Counter((case.store, case.mode) for case in cases)
    assert [cells[store, Mode.PREFECT] for store in Store] == [5, 5]
    for store in Store:
        assert min(cells[store, Mode.ALONE], cells[store, Mode.WORKERS]) >= 40
        assert cells[store, Mode.FAULTS] + cells[store, Mode.REFUSALS] >= 40 <= 4 * cells[store, Mode.REFUSALS]
    assert len({case.seed for case in cases}) == 300 == cells.total()
    assert {case.people for case in cases} == {50_000}
