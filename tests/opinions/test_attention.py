"""Letters on sensitive matters wait for the desk; looking at them is recorded and changes nothing else (P5)."""

import csv
from datetime import date
from pathlib import Path

import pytest

from expectations.gate import gate
from tayori.analysis.mart import mask_done_cases
from tayori.desk.attention import attend
from tayori.domain.identifiers import HandlerId
from tayori.domain.states import CaseState
from tayori.errors import NotFound, Refused
from tayori.ingest.opinions import ingest_opinion_file
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse import attention, opinions
from tayori.warehouse.engines import reading, writing
from tests.opinions.test_report_memory import letters_done

TEXTS = ("公園の遊具を直してください。", "母は認知症です。", "隣の佐藤さんは前科があります。")


def a_handler(office: Office, role: str) -> Credential:
    new = NewHandler(HandlerId(f"{role}-1"), "模擬 花子", (role,), "甲", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        return enrol(people, office.handlers_folder, new, "a dummy passphrase", office.now())


def letters_of(office: Office, folder: Path) -> None:
    """The three letters, done and in the mart."""
    letters_done(office, folder, 3)
    with (folder / "letters-1.csv").open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    body = next(name for name, value in rows[0].items() if len(value) == max(map(len, rows[0].values())))
    number = next(iter(rows[0]))
    path = folder / "own.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as written:
        writer = csv.DictWriter(written, rows[0])
        writer.writeheader()
        writer.writerows(
            row | {body: text, number: f"Q{at}"} for at, (row, text) in enumerate(zip(rows, TEXTS, strict=True))
        )
    ingest_opinion_file(office, path, read_file_mapping(Path("docs/examples/desk_list.yaml")), gate)
    with writing(office.warehouse) as people:
        numbers = [row.case_no for row in opinions.open_cases(people)]
        opinions.set_state(people, numbers, CaseState.ANSWERED, date(2026, 11, 1))
    mask_done_cases(office)


def test_letters_wait_by_level_until_the_desk_looked(office: Office, tmp_path: Path) -> None:
    """Third parties first; a topic never waits; what is marked is off the queue and stays in the mart."""
    letters_of(office, tmp_path)
    with reading(office.warehouse) as people:
        queue = attention.waiting(people)
        mart = len(opinions.masked_between(people, "2000-01", "2099-12"))
    assert [row.level for row in queue] == [3, 2]
    by = a_handler(office, "desk")
    with pytest.raises(NotFound, match="1 of the numbers"):
        attend(office, by, [queue[0].receipt_no, "R2026-9999999"])
    assert attend(office, by, [queue[0].receipt_no]) == 1
    with reading(office.warehouse) as people:
        assert [row.level for row in attention.waiting(people)] == [2]
        assert len(opinions.masked_between(people, "2000-01", "2099-12")) == mart


def test_only_the_desk_takes_letters_off_the_queue(office: Office, tmp_path: Path) -> None:
    """A writer of broadcasts is not the desk; nothing is marked."""
    letters_of(office, tmp_path)
    stranger = a_handler(office, "writer")
    with reading(office.warehouse) as people:
        queue = attention.waiting(people)
    with pytest.raises(Refused):
        attend(office, stranger, [queue[0].receipt_no])
    with reading(office.warehouse) as people:
        assert attention.waiting(people) == queue
