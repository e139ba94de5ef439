"""Killed by SIGKILL within erase and rotate, with ingest and a broadcast active: nobody is lost, nobody is revived.

The driver is the one with which `make figures` kills a hundred nights. A trial that failed is run again by
`python -m bench.erasure.kills --seed N --store S [--point NAME]`.
"""

from collections.abc import Callable, Iterator

import pytest

from sandbox.line.serve import running_platform
from tests.conftest import STORES
from tests.support.kills.night_points import POINTS
from tests.support.kills.nights import NightOutcome, NightStage, NightTrial
from tests.support.kills.wards import Store, Wards

Kill = Callable[[int, str], NightOutcome]
NAMED = ("between rows and keys", "tables switched, not committed", "rotated, not noted")


@pytest.fixture(scope="module", params=STORES)
def kill(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Give what runs one trial, on each kind of store; the wards that trials copy are built once."""
    store = Store(request.param)
    cluster = request.getfixturevalue("cluster") if store is Store.POSTGRES else None
    with running_platform() as platform:
        stage = NightStage(Wards(tmp_path_factory.mktemp("wards"), cluster), platform)
        yield lambda seed, point: NightTrial(stage, seed, store, point).run()


@pytest.mark.parametrize("point", NAMED)
def test_a_night_killed_at_a_named_point_loses_and_revives_nobody(kill: Kill, point: str) -> None:
    """Between two writes: the night that takes it up ends in the same certificate, everybody is where they belong."""
    assert point in POINTS
    outcome = kill(1, point)
    assert outcome.is_clean, outcome
    assert point in outcome.where


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_night_killed_as_a_seed_draws_loses_and_revives_nobody(kill: Kill, seed: int) -> None:
    """At moments and points drawn by the seed, up to a few times in a row."""
    outcome = kill(seed, "")
    assert outcome.is_clean, outcome
