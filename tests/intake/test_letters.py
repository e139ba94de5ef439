"""Letters come in: nothing lost, nobody recorded who need not be, each letter under its own key (O1, O5, O10)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from expectations.gate import gate
from sandbox.call_centre.database import append, create, touch
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from tayori.analysis.mart import mask_done_cases, sealed_words
from tayori.desk.cases import close_cases
from tayori.domain.identifiers import CaseNo, HandlerId
from tayori.domain.states import CaseState
from tayori.errors import BadInput, Refused
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.opinions import ingest_call_centre, ingest_opinion_file
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.vault.envelope import place, unseal
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse import opinions, quarantine
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import SEALED_ITEMS, opinion_case

EXAMPLES = Path("docs/examples")
UNTIL = date(2026, 10, 30)


def a_mailbag(folder: Path, count: int = 60, **how: object) -> Path:
    path = folder / "letters.csv"
    write_csv(Mailbag(count, seed=1, until=UNTIL, **how).letters(), path, "utf-8-sig")  # type: ignore[arg-type]
    return path


def take_in(office: Office, path: Path) -> OpinionCounts:
    return ingest_opinion_file(office, path, read_file_mapping(EXAMPLES / "desk_list.yaml"), gate)


def a_desk_handler(office: Office) -> Credential:
    new = NewHandler(HandlerId("desk-1"), "模擬 花子", ("desk",), "甲", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        return enrol(people, office.handlers_folder, new, "a dummy passphrase", office.now())


def test_every_letter_is_accounted_for_and_read_once(office: Office, tmp_path: Path) -> None:
    """Read is recorded + counted + duplicate + quarantined; a second reading of the same file adds nothing."""
    path = a_mailbag(tmp_path)
    first = take_in(office, path)
    assert first.read == 60 == first.recorded + first.counted + first.quarantined.total()
    assert first.recorded
    again = take_in(office, path)
    assert (again.recorded, again.counted, again.duplicate) == (0, 0, 60 - first.quarantined.total())
    with reading(office.warehouse) as people:
        assert sum(opinions.count_cases(people).values()) == first.recorded
        assert sum(row.letters for row in opinions.tallies(people)) == first.counted


def test_what_a_letter_says_is_sealed_under_its_own_key(office: Office, tmp_path: Path) -> None:
    """No item of a writer stands plain in the warehouse; each opens under its case's key and in its place alone."""
    path = tmp_path / "letters.csv"
    letters = list(Mailbag(20, seed=3, until=UNTIL, prefix="S").letters())
    write_csv(letters, path)
    take_in(office, path)
    with reading(office.warehouse) as people, reading(office.vault) as vault:
        rows = people.execute(select(opinion_case)).mappings().all()
        keys = office.case_keys.open(vault, [row["case_no"] for row in rows])
    texts = {letter.opinion for letter in letters}
    for row in rows:
        opened = unseal(keys[row["case_no"]], row["opinion"], place("opinion_case", "opinion", row["case_no"]))
        assert opened.decode() in texts
        assert all(row[item] is None or opened not in row[item] for item in SEALED_ITEMS)


def test_a_refused_letter_is_kept_sealed_with_its_row_and_rule(office: Office, tmp_path: Path) -> None:
    """A letter without a body goes to quarantine, sealed; its row number and rule tell nothing of the writer."""
    letters = list(Mailbag(6, seed=1, until=UNTIL).letters())
    path = tmp_path / "letters.csv"
    write_csv([*letters[:5], replace(letters[5], opinion="")], path)
    counts = take_in(office, path)
    assert counts.quarantined.total() == 1
    with reading(office.warehouse) as people:
        waiting = quarantine.waiting(people)
    assert [row.row_no for row in waiting] == [7]


def test_only_inquiries_in_scope_are_read_and_each_once(office: Office, tmp_path: Path) -> None:
    """Of the call centre's database only rows in scope come in, later and changed ones with the next reading."""
    office.clock.moment = datetime(2027, 6, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    url = f"sqlite:///{tmp_path / 'call.db'}"
    vendor = create_engine(url)
    scoped = create(vendor, 300, seed=5)
    mapping = read_database_mapping(EXAMPLES / "call_centre.yaml")
    first = ingest_call_centre(office, url, mapping, gate)
    assert first.read == len(scoped) < 60
    assert first.quarantined.total() == 0
    later = append(vendor, 100, seed=5)
    assert ingest_call_centre(office, url, mapping, gate).read == len(later)
    touch(vendor, scoped[:3], datetime(2027, 5, 1, tzinfo=UTC))
    again = ingest_call_centre(office, url, mapping, gate)
    assert (again.read, again.recorded, again.changed) == (3, 0, 3)
    vendor.dispose()


def test_only_what_is_done_is_masked_and_under_the_key_of_its_case(office: Office, tmp_path: Path) -> None:
    """Open cases stay out of the mart; a done one comes in masked, and opens only under its own case's key."""
    take_in(office, a_mailbag(tmp_path))
    assert mask_done_cases(office).letters == 0
    by = a_desk_handler(office)
    with reading(office.warehouse) as people:
        numbers = [CaseNo(row.case_no) for row in opinions.open_cases(people)]
    assert close_cases(office, by, numbers[:10], CaseState.CIRCULATED, date(2026, 11, 2)) == 10
    assert mask_done_cases(office).letters == 10
    assert mask_done_cases(office).letters == 0
    with reading(office.warehouse) as people, reading(office.vault) as vault:
        rows = opinions.masked_between(people, "2000-01", "2099-12")
        keys = office.case_keys.open(vault, [row.case_no for row in rows])
    assert {row.case_no for row in rows} == set(numbers[:10])
    for row in rows:
        sealed_words(keys[row.case_no], row.case_no, row.masked_text)


def test_a_case_is_ended_by_the_desk_and_not_in_the_future(office: Office, tmp_path: Path) -> None:
    """Only a handler of the desk ends a case, only in a state that is an end, only up to today."""
    take_in(office, a_mailbag(tmp_path, 5))
    by = a_desk_handler(office)
    with pytest.raises(BadInput):
        close_cases(office, by, [CaseNo(1)], CaseState.RECEIVED, date(2026, 11, 2))
    with pytest.raises(BadInput):
        close_cases(office, by, [CaseNo(1)], CaseState.ANSWERED, date(2026, 11, 3))
    new = NewHandler(HandlerId("writer-1"), "模擬 次郎", ("writer",), "乙", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        stranger = enrol(people, office.handlers_folder, new, "a dummy passphrase", office.now())
    with pytest.raises(Refused):
        close_cases(office, stranger, [CaseNo(1)], CaseState.ANSWERED, date(2026, 11, 2))
