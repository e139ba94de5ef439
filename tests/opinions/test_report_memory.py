"""What reports gave out is remembered, and a report that would give away more is refused with what to do instead."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete

from expectations.gate import gate
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from tayori.analysis.gists import Written, approve, submit
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportMade, ReportWanted, make_report, render_edition
from tayori.analysis.settle import settle
from tayori.desk.taking_up import take_up
from tayori.desk.wishing import record_wish
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.ingest.opinions import ingest_opinion_file
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.warehouse import editions, opinions
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import opinion_case
from tests.support.handlers import a_handler

FIRST, UNTIL, LAST = date(2026, 9, 1), date(2026, 10, 30), date(2026, 10, 31)
COUNTED = frozenset({"channel", "theme_kind", "department_part", "state", "units", "theme_before"})
YEARLY = 6  # two months are a sixth of the letters of a year


def letters_done(office: Office, folder: Path, count: int, seed: int = 1, prefix: str = "M") -> None:
    """Take letters of two months in, end their cases and mask them."""
    path = folder / f"letters-{seed}.csv"
    bag = Mailbag(YEARLY * count, seed=seed, until=UNTIL, prefix=prefix)
    write_csv(list(bag.letters())[-count:], path, "utf-8-sig")
    ingest_opinion_file(office, path, read_file_mapping(Path("docs/examples/desk_list.yaml")), gate)
    with writing(office.warehouse) as people:
        numbers = [row.case_no for row in opinions.open_cases(people)]
        opinions.set_state(people, numbers, CaseState.ANSWERED, date(2026, 11, 1))
    mask_done_cases(office)
    settle(office)


def a_report(office: Office, folder: Path, *, public: bool = True) -> ReportMade:
    out = folder / ("out" if public else "inside")
    return make_report(office, ReportWanted(FIRST, LAST, public=public, folder=out, pdf=False))


def test_the_same_report_again_is_the_same_edition(office: Office, tmp_path: Path) -> None:
    """A second run over unchanged letters writes the same bytes and is no edition; no hidden count is kept."""
    letters_done(office, tmp_path, 90)
    first = a_report(office, tmp_path)
    bytes_then = {path.name: path.read_bytes() for path in first.paths}
    again = a_report(office, tmp_path)
    assert (first.edition, again.edition) == (1, 1)
    assert {path.name: path.read_bytes() for path in again.paths} == bytes_then
    with reading(office.warehouse) as people:
        (row,) = editions.listed(people)
    assert (row.is_public, row.first_month, row.last_month) == (True, "2026-09", "2026-10")
    assert "null" in row.printed
    counts = [int(count) for count in re.findall(r"\],(\d+)\]", row.printed)]
    assert counts
    assert not [count for count in counts if 0 < count < 10]


def test_a_trial_is_remembered_nowhere(sqlite_office: Office, tmp_path: Path) -> None:
    """Whoever tries a report out takes nothing from the editions to come; every page says that it is none."""
    letters_done(sqlite_office, tmp_path, 90)
    wanted = ReportWanted(FIRST, LAST, pdf=False, trial=True)
    tried = make_report(sqlite_office, wanted)
    with reading(sqlite_office.warehouse) as people:
        assert (tried.edition, editions.listed(people)) == (0, [])
    pages = [path.read_text() for path in tried.paths if path.suffix == ".html"]
    assert len(pages) == 2
    assert all("配布も公表もしないでください" in page for page in pages)
    assert a_report(sqlite_office, tmp_path).edition == 1


def test_no_report_overwrites_an_edition(sqlite_office: Office, tmp_path: Path) -> None:
    """A trial, or another edition, into an edition's folder is refused: nothing is written, nothing remembered."""
    letters_done(sqlite_office, tmp_path, 40)
    made = a_report(sqlite_office, tmp_path)
    held = {path: path.read_bytes() for path in made.paths}
    wanted = ReportWanted(FIRST, LAST, folder=tmp_path / "out", pdf=False)
    for other in (replace(wanted, trial=True), replace(wanted, public=False)):
        with pytest.raises(Refused, match="another report"):
            make_report(sqlite_office, other)
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("**/*") if path.is_file()} == held
    with reading(sqlite_office.warehouse) as people:
        assert editions.latest(people) == 1


def test_an_edition_is_made_again_from_its_document(sqlite_office: Office, tmp_path: Path) -> None:
    """Letters that came since move nothing: the same files, byte for byte. An edition that is not there is told."""
    letters_done(sqlite_office, tmp_path, 90)
    first = a_report(sqlite_office, tmp_path)
    letters_done(sqlite_office, tmp_path, 40, seed=9, prefix="L")
    again = render_edition(sqlite_office, first.edition, tmp_path / "again", pdf=False)
    assert {path.name: path.read_bytes() for path in again} == {path.name: path.read_bytes() for path in first.paths}
    with pytest.raises(NotFound):
        render_edition(sqlite_office, 7, tmp_path / "never")


def test_a_report_prints_approved_gists_only_and_with_its_first_edition(sqlite_office: Office, tmp_path: Path) -> None:
    """Whoever makes the report cannot approve by it; an edition that is out stays as it is, nothing is dropped."""
    office = sqlite_office
    letters_done(office, tmp_path, 90)
    a_report(office, tmp_path)
    with reading(office.warehouse) as people:
        masked = opinions.masked_between(people, "2026-09", "2026-10")
        (receipt_no,) = opinions.receipts(people, [next(row.case_no for row in masked if row.level < 3)])
    desk, chief = a_handler(office, "desk-1", "desk"), a_handler(office, "chief-1", "responsible")
    take_up(office)
    record_wish(office, desk, receipt_no, may=True, words="電話で説明し、よいとのこと。")
    written = (Written((receipt_no,), "公園・みどり", "遊具の修理を求める意見", "順に修理します。"),)
    wanted = ReportWanted(FIRST, LAST, folder=tmp_path / "out", pdf=False, gists=written)
    with pytest.raises(Refused, match="Entry 1 is not approved"):
        make_report(office, wanted)
    submit(office, desk, written)
    approve(office, chief, written)
    with pytest.raises(Refused, match="edition 1"):
        make_report(office, wanted)
    made = make_report(office, replace(wanted, trial=True, folder=tmp_path / "trial", base=5))
    page = next(path for path in made.paths if path.name == "opinion-report.html").read_text("utf-8")
    assert "順に修理します。" in page
    assert receipt_no not in page
    assert "5の倍数に丸めました" in page


def test_a_report_in_rounded_counts_is_remembered_as_if_it_were_not(sqlite_office: Office, tmp_path: Path) -> None:
    """Its readers know less than the memory, so later editions are judged too strictly, never too loosely."""
    office = sqlite_office
    letters_done(office, tmp_path, 90)
    wanted = ReportWanted(FIRST, LAST, folder=tmp_path / "rounded", pdf=False, base=5)
    with pytest.raises(BadInput, match="multiples of 3, 5, 10"):
        make_report(office, replace(wanted, base=7))
    rounded = make_report(office, wanted)
    exact = a_report(office, tmp_path)
    assert (rounded.edition, exact.edition) == (1, 2)
    assert make_report(office, wanted).edition == 1
    with reading(office.warehouse) as people:
        first, second = (json.loads(row.printed)["cells"] for row in editions.listed(people))
    counted = {str(cell[:2]): cell[2] for cell in second}
    both = [(count, counted[str(place)]) for *place, count in first if count and counted.get(str(place))]
    assert {count for count, again in both if count != again} == set()
    assert any(count % 5 for count, _ in both)
    for path in rounded.paths:
        if path.parent.name == "tables" and path.stem in COUNTED:
            cells = [one for line in path.read_text("utf-8-sig").splitlines()[1:] for one in line.split(",")[1:]]
            assert all(int(one) % 5 == 0 for one in cells if one.isdigit())


def test_a_report_that_differs_by_a_few_letters_is_refused(office: Office, tmp_path: Path) -> None:
    """A few that were disposed of would be read off by subtraction: nothing is written; what can be done is said."""
    letters_done(office, tmp_path, 90)
    a_report(office, tmp_path)
    files = sorted(tmp_path.glob("out/**/*"))
    held = [path.read_bytes() for path in files if path.is_file()]
    with writing(office.warehouse) as people:
        some = [row.case_no for row in opinions.masked_between(people, "2026-09", "2026-10")][:4]
        people.execute(delete(opinion_case).where(opinion_case.c.case_no.in_(some)))
    with pytest.raises(Refused) as refused:
        a_report(office, tmp_path)
    sentence = refused.value.sentence
    assert "edition 1 (public, 2026-09 to 2026-10" in sentence
    assert "a report of other months" in sentence
    assert "Nothing was written" in sentence
    assert held == [path.read_bytes() for path in files if path.is_file()]
    with reading(office.warehouse) as people:
        assert editions.latest(people) == 1


def test_a_report_for_the_office_and_one_for_the_public_are_two(office: Office, tmp_path: Path) -> None:
    """The public one is judged for the public and for the office, which reads both."""
    letters_done(office, tmp_path, 90)
    assert a_report(office, tmp_path, public=False).edition == 1
    assert a_report(office, tmp_path).edition == 2
    with reading(office.warehouse) as people:
        assert [row.threshold for row in editions.listed(people)] == [5, 10]


def test_the_interval_sheet_lies_apart_and_names_no_true_count(sqlite_office: Office, tmp_path: Path) -> None:
    """Only if asked for, in a folder of its own: one line for each hidden cell, each of them holding."""
    letters_done(sqlite_office, tmp_path, 40)
    wanted = ReportWanted(FIRST, LAST, folder=tmp_path / "out", pdf=False, intervals=True)
    made = make_report(sqlite_office, wanted)
    (sheet,) = (path for path in made.paths if path.parent.name == "office-only")
    head, *lines = sheet.read_text("utf-8-sig").splitlines()
    assert head.endswith("判定")
    assert lines
    assert all(line.endswith(",適") for line in lines)
