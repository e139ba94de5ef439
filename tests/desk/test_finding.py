"""A letter is found by number and by who wrote it, however they are written; nothing once the case is gone (P7)."""

import pytest
from sqlalchemy import func, select

from tayori.analysis.mart import mask_done_cases
from tayori.desk import finding, handling
from tayori.desk.taking_up import normal_form
from tayori.domain.states import CaseState
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.warehouse import disposal
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.setup import STORES
from tests.desk.builders import Staff, Written, a_letter, assigned, drafted, logged, stamped


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("name", "模擬 花子"),
        ("name", "模擬花子"),
        ("name", " 模擬　花子 "),
        ("telephone", "090-0000-1234"),
        ("telephone", "０９０（００００）１２３４"),
        ("telephone", "+81 90 0000 1234"),
        ("email", "HANAKO@example.jp"),
        ("email", "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ"),
    ],
)
def test_a_letter_is_found_however_its_writer_is_written(office: Office, staff: Staff, item: str, value: str) -> None:
    """Width, case, spaces and hyphens do not count."""
    receipt_no = a_letter(office)
    a_letter(office, name="模擬 太郎", telephone="03-0000-9999", email="taro@example.jp")
    assert finding.find(office, staff["sakura"], item, value) == [receipt_no]
    assert any(f"letters sought by {item}" in line for line in logged(office))


@pytest.mark.parametrize(
    ("item", "value"), [("name", "花"), ("telephone", "1234"), ("email", ""), ("address", "模擬区")]
)
def test_parts_and_other_items_are_not_sought(office: Office, staff: Staff, item: str, value: str) -> None:
    """The end of a telephone number finds nobody; an address has no look-up value at all."""
    a_letter(office)
    with pytest.raises(BadInput):
        finding.find(office, staff["sakura"], item, value)


def test_only_the_desk_seeks(office: Office, staff: Staff) -> None:
    """A department opens what it has part in, and seeks nobody."""
    a_letter(office)
    with pytest.raises(Refused):
        finding.find(office, staff["kacho"], "name", "模擬花子")
    with pytest.raises(Refused):
        finding.search_masked(office, staff["kacho"], ["遊具"], "2026-01", "2026-12")


def test_words_are_sought_in_masked_texts_only(office: Office, staff: Staff) -> None:
    """A word of the matter finds the letter; the name in it finds nothing, since it is masked."""
    text = "模擬町の佐藤さんが困っています。公園の遊具を直してください。"
    done, still_open = a_letter(office, opinion=text), a_letter(office, opinion=text)
    handling.end_without_answer(office, staff["sakura"], done, CaseState.CIRCULATED, "供覧")
    mask_done_cases(office)
    assert still_open != done
    seek = staff["sakura"]
    assert finding.search_masked(office, seek, ["遊具", "公園"], "2026-01", "2026-12") == [done]
    assert finding.search_masked(office, seek, ["佐藤"], "2026-01", "2026-12") == []
    with pytest.raises(BadInput):
        finding.search_masked(office, seek, ["具"], "2026-01", "2026-12")


def test_everything_about_a_case_goes_with_it(office: Office, staff: Staff) -> None:
    """When a letter is deleted, every table of the desk forgets it: look-ups, trail, drafts, stamps."""
    receipt_no = stamped(office, staff, drafted(office, staff, assigned(office, staff, a_letter(office))), "kakari")
    handling.wait_for_resident(office, staff["clerk"], receipt_no, "尋ねた")
    tables = [table for table in STORES["warehouse"].sorted_tables if "case_no" in table.columns]

    def rows() -> int:
        with reading(office.warehouse) as people:
            return sum(people.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    assert rows() >= 10
    with writing(office.warehouse) as people:
        disposal.delete_letters(people, [1])
    assert rows() == 0


def test_a_short_telephone_form_is_its_digits() -> None:
    """+81 stands for the leading 0, also where it is written with it."""
    assert normal_form("telephone", "+81 (0)3-0000-0000") == "0300000000"
    assert normal_form("email", " A@Example.JP ") == "a@example.jp"


def test_letters_without_a_writer_leave_no_look_up(office: Office, staff: Staff) -> None:
    """Nothing given, nothing to be found by."""
    a_letter(office, Written(name=None, telephone=None, email=None))
    assert finding.find(office, staff["sakura"], "name", "模擬花子") == []
