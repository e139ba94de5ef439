"""A letter that says something else than it did is never taken for the same one."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine

from expectations.gate import gate
from sandbox.call_centre.database import create, touch
from tayori.ingest import quarantine
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.warehouse import arrivals, opinions
from tayori.warehouse.engines import reading, writing
from tests.ingest.builders import rows
from tests.support.opened import opened

MAPPING = """
name: 控え
source: file
columns: {番号: source_key, 受付日: received_on, 宛先: addressee, 希望: answer_wanted, 本文: opinion}
constants: {channel: department_inquiry}
"""
HEADER = "番号,受付日,宛先,希望,本文"


def take_in(office: Office, folder: Path, *lines: str) -> OpinionCounts:
    (folder / "m.yaml").write_text(MAPPING, "utf-8")
    path = folder / "letters.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", "utf-8")
    return ingest_opinion_file(office, path, read_file_mapping(folder / "m.yaml"), gate)


def test_two_letters_of_one_number_are_both_kept(office: Office, tmp_path: Path) -> None:
    """Where a file uses a number twice for different letters, the first is a case, the second waits for somebody."""
    counts = take_in(
        office,
        tmp_path,
        "1,2026-10-01,department,yes,街灯が切れています",
        "1,2026-10-02,department,yes,公園の水が出ません",
        "1,2026-10-01,department,yes,街灯が切れています",
    )
    assert (counts.recorded, counts.duplicate) == (1, 1)
    assert counts.quarantined == {"changed_since_it_was_read": 1}
    assert [row.row_no for row in quarantine.list_waiting(office)] == [3]


def test_a_letter_that_is_to_be_answered_after_all_becomes_a_case(office: Office, tmp_path: Path) -> None:
    """Who wanted no answer was counted without a person; when they want one, their letter is a case (O10)."""
    first = take_in(office, tmp_path, "1,2026-10-01,department,no,街灯が切れています")
    again = take_in(office, tmp_path, "1,2026-10-01,department,no,街灯が切れています", "")
    assert (first.counted, again.counted, again.duplicate) == (1, 0, 1)
    wanted = take_in(office, tmp_path, "1,2026-10-01,department,yes,街灯が切れています")
    assert (wanted.recorded, wanted.duplicate) == (1, 0)
    with reading(office.warehouse) as people:
        assert sum(opinions.count_cases(people).values()) == 1


def test_a_change_of_a_case_without_its_key_waits_and_keeps_no_other_back(office: Office, tmp_path: Path) -> None:
    """Its key is lost: the changed row is set aside, the others of the same reading are recorded."""
    office.clock.moment = datetime(2027, 6, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    url = f"sqlite:///{tmp_path / 'call.db'}"
    vendor = create_engine(url)
    scoped = create(vendor, 100, seed=5)
    mapping = read_database_mapping(Path("docs/examples/call_centre.yaml"))
    assert ingest_call_centre(office, url, mapping, gate).recorded > 1
    with writing(office.vault) as vault:
        vault.exec_driver_sql("DELETE FROM case_key WHERE number = (SELECT min(number) FROM case_key WHERE number > 0)")
    touch(vendor, scoped[:2], datetime(2027, 5, 1, tzinfo=UTC), "（訂正）")
    again = ingest_call_centre(office, url, mapping, gate)
    assert (again.read, again.changed, again.quarantined.total(), again.duplicate) == (2, 1, 1, 0)
    vendor.dispose()


def test_a_change_at_the_call_centre_is_recorded_with_the_case(office: Office, tmp_path: Path) -> None:
    """The case keeps its first text; each later one is sealed with it as a revision, told once, and none is lost."""
    office.clock.moment = datetime(2027, 6, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    url = f"sqlite:///{tmp_path / 'call.db'}"
    vendor = create_engine(url)
    scoped = create(vendor, 100, seed=5)
    mapping = read_database_mapping(Path("docs/examples/call_centre.yaml"))
    assert ingest_call_centre(office, url, mapping, gate).recorded
    for day in (1, 2):
        touch(vendor, scoped[:1], datetime(2027, 5, day, tzinfo=UTC), f"（訂正 {day}）")
        again = ingest_call_centre(office, url, mapping, gate)
        assert (again.read, again.changed, again.recorded, again.quarantined.total()) == (1, 1, 0, 0)
        assert ingest_call_centre(office, url, mapping, gate).read == 0
    assert quarantine.list_waiting(office) == []
    first = opened(office)[0]
    assert "訂正" not in str(first["opinion"])
    later = [json.loads(base64.b64decode(str(file["content"]))) for file in opened(office, "letter_file")]
    assert [one["opinion"].count("訂正") for one in later] == [1, 2]
    with reading(office.warehouse) as people:
        assert [(row["receipt_no"], row["times"]) for row in arrivals.revisions(people)] == [(first["receipt_no"], 2)]
    stored = rows(office, "SELECT content FROM letter_file")
    assert all("訂正".encode() not in bytes(row[0]) for row in stored)
    vendor.dispose()
