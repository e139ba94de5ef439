"""A letter is found by number and by who wrote it, however they are written; nothing once the case is gone (P7)."""

from base64 import b64encode

import pytest
from sqlalchemy import func, select

from tayori.analysis.mart import mask_done_cases
from tayori.desk import finding, handling, taking_up
from tayori.desk.hand import case_key
from tayori.desk.taking_up import normal_form
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.vault.cases import place_of
from tayori.vault.envelope import seal
from tayori.warehouse import arrivals, desk, disposal
from tayori.warehouse.arrivals import FileRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.setup import STORES
from tests.desk.builders import Staff, Written, a_letter, assigned, drafted, logged, put, stamped


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


def test_the_files_of_a_letter_open_with_it_and_for_nobody_else(office: Office, staff: Staff) -> None:
    """Scans and attachments are part of the opinion: opened by who has part in the case, each opening in the log."""
    receipt_no = assigned(office, staff, a_letter(office))
    key, row = case_key(office, 1), {"case_no": 1, "file_no": 1}
    sealed = {
        name: seal(key, value, place_of("letter_file", name, row))
        for name, value in (("title", "模擬の写真.png".encode()), ("content", b64encode(b"\x89PNG picture")))
    }
    with writing(office.warehouse) as people:
        arrivals.add_files(people, [FileRow(1, 1, "scan", "image/png", **sealed)])
    before = len(logged(office))
    (file,) = finding.open_files(office, staff["kacho"], receipt_no)
    assert (file.title, file.content) == ("模擬の写真.png", b"\x89PNG picture")
    assert len(logged(office)) == before + 1
    with pytest.raises(Refused):
        finding.open_files(office, staff["other-kacho"], receipt_no)


def test_a_letter_without_its_key_waits_and_is_not_anonymous(office: Office, staff: Staff) -> None:
    """The vault is of an older day than the warehouse: taken up unopened, it had no target and nobody would find it."""
    first, second = (put(office, Written()) for _ in range(2))
    with writing(office.vault) as vault:
        office.case_keys.destroy(vault, [1])
    assert taking_up.take_up(office) == 1
    assert finding.find(office, staff["sakura"], "name", "模擬花子") == [second]
    with reading(office.warehouse) as people:
        assert [one.case_no for one in desk.untaken(people, taking_up.OPENED, 0, 10)] == [1]
        with pytest.raises(NotFound, match="take-up"):
            desk.find(people, first)


def test_a_short_telephone_form_is_its_digits() -> None:
    """+81 stands for the leading 0, also where it is written with it."""
    assert normal_form("telephone", "+81 (0)3-0000-0000") == "0300000000"
    assert normal_form("email", " A@Example.JP ") == "a@example.jp"


def test_letters_without_a_writer_leave_no_look_up(office: Office, staff: Staff) -> None:
    """Nothing given, nothing to be found by."""
    a_letter(office, Written(name=None, telephone=None, email=None))
    assert finding.find(office, staff["sakura"], "name", "模擬花子") == []
