"""Between the old system and the cut-over, disposal holds: what was disposed of stays so, what is held stays here."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from sandbox.old_system import database
from tayori.errors import Refused, Unavailable
from tayori.migration.gone import take_back
from tayori.office import Office
from tayori.retention import disposal
from tayori.retention.disposal import Stop
from tayori.warehouse import migrating, wrapped_keys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.endings import disposed_letter
from tayori.warehouse.schema.opinions import opinion_case
from tests.disposal.conftest import Desk, desk  # noqa: F401 - a fixture
from tests.migration.builders import an_old_system, bring_over, read
from tests.support.handlers import a_handler

EARLIER = datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001 - the old system's wall clock


def cases_here(office: Office) -> set[str]:
    with reading(office.warehouse) as people:
        return set(people.execute(select(opinion_case.c.receipt_no)).scalars())


def test_a_disposed_case_does_not_come_back_from_the_old_system(sqlite_office: Office, tmp_path: Path) -> None:
    """The old system, read at a change, brings back nothing whose keyed digest says that it was disposed of."""
    office, url = sqlite_office, f"sqlite:///{tmp_path / 'old.db'}"
    gone = database.key_of(7)
    with an_old_system(url) as engine:
        bring_over(office, url)
        with writing(office.warehouse) as people:
            (case,) = people.execute(select(opinion_case).where(opinion_case.c.receipt_no == gone)).mappings()
            people.execute(insert(disposed_letter).values(source_key=case["source_key"]))
            migrating.clear(people, [case["case_no"]])
        database.change(engine, 7, EARLIER, "追記しました。")
        counts = bring_over(office, url)
    assert (counts.added, counts.changed, counts.disposed) == (0, 0, 1)
    assert gone not in cases_here(office)


def test_a_changed_case_without_its_key_is_told_and_nothing_is_written(sqlite_office: Office, tmp_path: Path) -> None:
    """Catch-up writes a case anew under its own key; where that is lost, a sentence says so, and all stays."""
    office, url = sqlite_office, f"sqlite:///{tmp_path / 'old.db'}"
    with an_old_system(url) as engine:
        bring_over(office, url)
        before = cases_here(office)
        with writing(office.vault) as vault:
            vault.exec_driver_sql("DELETE FROM case_key")
        database.change(engine, 7, EARLIER, "追記しました。")
        with pytest.raises(Unavailable, match="1 cases that changed have no key"):
            bring_over(office, url)
    assert cases_here(office) == before


def test_a_hold_keeps_a_case_that_the_old_system_deleted(
    office: Office,
    tmp_path: Path,
    desk: Desk,  # noqa: F811
) -> None:
    """A lawsuit's letter is not destroyed because somebody deleted it over there; lifted, it may go."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
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
