"""Between the old system and the cut-over, disposal holds: what was disposed of stays so, what is held stays here."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox.old_system import database
from tayori.errors import Refused
from tayori.migration.gone import take_back
from tayori.office import Office
from tayori.retention import disposal, disposing
from tayori.retention.disposal import Stop
from tayori.retention.disposing import Around
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.opinions import opinion_case
from tests.disposal.conftest import Desk, desk  # noqa: F401 - a fixture
from tests.migration.builders import an_old_system, bring_over, read, verified
from tests.support.builders import TestClock
from tests.support.handlers import a_handler

EARLIER = datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001 - the old system's wall clock


def cases_here(office: Office) -> set[str]:
    with reading(office.warehouse) as people:
        return set(people.execute(select(opinion_case.c.receipt_no)).scalars())


def test_a_disposed_case_does_not_come_back_from_the_old_system(
    sqlite_office: Office,
    tmp_path: Path,
    clock: TestClock,
    desk: Desk,  # noqa: F811
) -> None:
    """The old system, read from its beginning or at a change, brings back nothing that has a certificate."""
    office, url = sqlite_office, f"sqlite:///{tmp_path / 'old.db'}"
    with an_old_system(url) as engine:
        bring_over(office, url)
        before = cases_here(office)
        clock.forward(days=9 * 365)
        done = disposing.run(office, desk.runner, desk.approved(office), Around())
        stays = cases_here(office)
        gone = sorted(before - stays)
        assert done.disposed == len(gone) > 0
        database.change(engine, int(gone[0].removeprefix("K")), EARLIER, "追記しました。")
        counts = bring_over(office, url)
        assert (counts.added, counts.changed, counts.disposed) == (0, 0, 1)
        assert cases_here(office) == stays
        differences = verified(office, url)["differences"]
        assert [one["count"] for one in differences if one["kind"] == "missing"] == [len(gone)]


def test_a_hold_keeps_a_case_that_the_old_system_deleted(
    sqlite_office: Office,
    tmp_path: Path,
    desk: Desk,  # noqa: F811
) -> None:
    """A lawsuit's letter is not destroyed because somebody deleted it over there; lifted, it may go."""
    office, url = sqlite_office, f"sqlite:///{tmp_path / 'old.db'}"
    key = database.key_of(7)
    with an_old_system(url) as engine:
        bring_over(office, url)
        database.remove(engine, 7, EARLIER)
        placed = disposal.hold(office, desk.chief, Stop("lawsuit", "令8訴第1号", receipt_no=key))
        with read(url) as old, pytest.raises(Refused, match="hold"):
            take_back(office, desk.chief, old, 1)
        assert key in cases_here(office)
        disposal.lift(office, a_handler(office, "other"), placed.hold_id, "令8訴第2号")
        with read(url) as old:
            assert take_back(office, desk.chief, old, 1) == 1
    assert key not in cases_here(office)
    with reading(office.vault) as vault:
        assert len(set(wrapped_keys.numbers(vault, office.case_keys.space))) == len(cases_here(office))
