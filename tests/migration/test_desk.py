"""A case that came over keeps its old number, and is worked on at the desk by it like any other."""

from datetime import date
from pathlib import Path

import pytest

from sandbox.old_system import database
from tayori.desk import handling, taking_up
from tayori.desk.cases import close_by_receipt
from tayori.domain.states import DONE, CaseState
from tayori.errors import BadInput
from tayori.office import Office
from tayori.warehouse import desk, migrating, opinions
from tayori.warehouse.engines import reading, writing
from tests.desk.builders import the_staff
from tests.migration.builders import an_old_system, bring_over, the_mapping


def test_an_old_number_names_its_case_at_the_desk(sqlite_office: Office, tmp_path: Path) -> None:
    """It is found, commented and closed by K00000001; what no case has and may be a name is not repeated."""
    office, url = sqlite_office, f"sqlite:///{tmp_path / 'old.db'}"
    staff = the_staff(office)
    with an_old_system(url):
        bring_over(office, url)
    with writing(office.warehouse) as people:
        migrating.note(people, the_mapping().name, phase=migrating.CUT_OVER)
    taking_up.take_up(office)
    with reading(office.warehouse) as people:
        found = opinions.by_receipt(people, [database.key_of(number) for number in range(1, 121)])
        going = next(number for number, (_, state) in sorted(found.items()) if state not in DONE)
        assert desk.find(people, going).receipt_no == going
        with pytest.raises(BadInput, match="receipt number") as refusal:
            desk.find(people, "模擬 花子")
    assert "花子" not in refusal.value.sentence
    handling.comment(office, staff["sakura"], going, "現地を確認した")
    with pytest.raises(BadInput, match="receipt number"):
        close_by_receipt(office, staff["sakura"], [going, "模擬 花子"], CaseState.CIRCULATED, date(2026, 11, 2))
    assert close_by_receipt(office, staff["sakura"], [going], CaseState.CIRCULATED, date(2026, 11, 2)) == 1
