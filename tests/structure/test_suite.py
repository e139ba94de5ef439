"""What the tests themselves stand on: an office of one's own each time, and no core that idles at the end."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tayori.warehouse import people
from tayori.warehouse.engines import open_store, reading
from tests.support.builders import TestClock, a_line_id
from tests.support.copied import copied_office
from tests.support.order import unit, weight
from tests.support.people import follow
from tests.support.postgres import Cluster

STORES = [pytest.param(False, id="sqlite"), pytest.param(True, marks=pytest.mark.postgres, id="postgres")]


def _lent(cluster: Cluster) -> int:
    engine = open_store(cluster.url("postgres"))
    with reading(engine) as connection:
        count = connection.execute(text("SELECT count(*) FROM pg_database WHERE datname LIKE 'lent%'")).scalar_one()
    engine.dispose()
    return int(count)


@pytest.mark.parametrize("on_server", STORES)
def test_a_copied_office_is_ones_own_and_leaves_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, clock: TestClock, *, on_server: bool
) -> None:
    """Who follows in one test is nobody in the next; the databases of a test that is over are dropped."""
    cluster = request.getfixturevalue("cluster") if on_server else None
    before = _lent(cluster) if cluster else 0
    for name in ("one", "other"):
        with copied_office(tmp_path / name, clock, cluster) as office:
            with reading(office.warehouse) as warehouse:
                assert people.count_people(warehouse) == 0
            follow(office, [a_line_id(1)])
    assert (_lent(cluster) if cluster else 0) == before


def test_a_files_tests_stay_together_by_store() -> None:
    """A module's fixtures are made once for each kind of store, and its two halves may run side by side."""
    one = "tests/broadcast/test_races.py::test_many_workers_start_one_broadcast"
    assert len({unit(f"{one}[{case}]") for case in ("postgres", "postgres-1", "the night-postgres")}) == 1
    assert len({unit(one), unit(f"{one}[sqlite]"), unit(f"{one}[postgres]")}) == 3


def test_those_of_the_prefect_server_are_one_unit_and_begin() -> None:
    """One worker starts the server; nothing weighs more, and slow files weigh more than many quick tests."""
    flows = {unit(f"tests/{folder}/test_flow.py::test_a_flow") for folder in ("broadcast", "copies", "ingest")}
    assert flows == {"prefect"}
    weights = [
        weight("prefect", 1),
        weight("tests/resident/test_chromium.py", 10),
        weight("tests/broadcast/test_plans.py on postgres", 40),
        weight("tests/broadcast/test_plans.py on sqlite", 40),
    ]
    assert weights == sorted(weights, reverse=True)
