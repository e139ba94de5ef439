"""What reports gave out is remembered, and a report that would give away more is refused with what to do instead."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from expectations.gate import gate
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportMade, ReportWanted, make_report, render_edition
from tayori.domain.states import CaseState
from tayori.errors import NotFound, Refused
from tayori.ingest.opinions import ingest_opinion_file
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.reports.contents import Gist
from tayori.warehouse import editions, opinions
from tayori.warehouse.engines import reading, writing

UNTIL = date(2026, 10, 30)


def letters_done(office: Office, folder: Path, count: int, seed: int = 1, prefix: str = "M") -> None:
    """Take letters in, end their cases and mask them."""
    path = folder / f"letters-{seed}.csv"
    write_csv(Mailbag(count, seed=seed, until=UNTIL, prefix=prefix).letters(), path, "utf-8-sig")
    ingest_opinion_file(office, path, read_file_mapping(Path("docs/examples/desk_list.yaml")), gate)
    with writing(office.warehouse) as people:
        numbers = [row.case_no for row in opinions.open_cases(people)]
        opinions.set_state(people, numbers, CaseState.ANSWERED, date(2026, 11, 1))
    mask_done_cases(office)


def a_report(office: Office, folder: Path, *, public: bool = True) -> ReportMade:
    out = folder / ("out" if public else "inside")
    return make_report(
        office, ReportWanted(date(2025, 11, 1), date(2026, 10, 31), public=public, folder=out, pdf=False)
    )


def test_the_same_report_again_is_the_same_edition(office: Office, tmp_path: Path) -> None:
    """A second run over unchanged letters writes the same bytes and is no edition; no hidden count is kept."""
    letters_done(office, tmp_path, 300)
    first = a_report(office, tmp_path)
    bytes_then = {path.name: path.read_bytes() for path in first.paths}
    again = a_report(office, tmp_path)
    assert (first.edition, again.edition) == (1, 1)
    assert {path.name: path.read_bytes() for path in again.paths} == bytes_then
    with reading(office.warehouse) as people:
        (row,) = editions.listed(people)
    assert (row.is_public, row.first_month, row.last_month) == (True, "2025-11", "2026-10")
    assert "null" in row.printed
    counts = [int(count) for count in re.findall(r"\],(\d+)\]", row.printed)]
    assert counts
    assert not [count for count in counts if 0 < count < 10]


def test_a_trial_is_remembered_nowhere(office: Office, tmp_path: Path) -> None:
    """Whoever tries a report out takes nothing from the editions to come; every page says that it is none."""
    letters_done(office, tmp_path, 300)
    wanted = ReportWanted(date(2025, 11, 1), date(2026, 10, 31), pdf=False, trial=True)
    tried = make_report(office, wanted)
    with reading(office.warehouse) as people:
        assert (tried.edition, editions.listed(people)) == (0, [])
    pages = [path.read_text() for path in tried.paths if path.suffix == ".html"]
    assert len(pages) == 2
    assert all("配布も公表もしないでください" in page for page in pages)
    assert a_report(office, tmp_path).edition == 1


def test_no_report_overwrites_an_edition(sqlite_office: Office, tmp_path: Path) -> None:
    """A trial, or another edition, into an edition's folder is refused: nothing is written, nothing remembered."""
    letters_done(sqlite_office, tmp_path, 40)
    made = a_report(sqlite_office, tmp_path)
    held = {path: path.read_bytes() for path in made.paths}
    wanted = ReportWanted(date(2025, 11, 1), date(2026, 10, 31), folder=tmp_path / "out", pdf=False)
    for other in (replace(wanted, trial=True), replace(wanted, public=False)):
        with pytest.raises(Refused, match="another report"):
            make_report(sqlite_office, other)
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("**/*") if path.is_file()} == held
    with reading(sqlite_office.warehouse) as people:
        assert editions.latest(people) == 1


def test_an_edition_is_made_again_from_its_document(office: Office, tmp_path: Path) -> None:
    """Letters that came since move nothing: the same files, byte for byte. An edition that is not there is told."""
    letters_done(office, tmp_path, 300)
    first = a_report(office, tmp_path)
    letters_done(office, tmp_path, 40, seed=9, prefix="L")
    again = render_edition(office, first.edition, tmp_path / "again", pdf=False)
    assert {path.name: path.read_bytes() for path in again} == {path.name: path.read_bytes() for path in first.paths}
    with pytest.raises(NotFound):
        render_edition(office, 7, tmp_path / "never")


def test_summaries_come_with_the_first_report_of_an_edition(office: Office, tmp_path: Path) -> None:
    """An edition that is out stays as it is: summaries given for it later are refused, never dropped without a word."""
    letters_done(office, tmp_path, 300)
    a_report(office, tmp_path)
    gist = Gist("公園・みどり", "遊具の修理を求める意見", "順に修理します。", "hanako", date(2026, 11, 2))
    wanted = ReportWanted(date(2025, 11, 1), date(2026, 10, 31), folder=tmp_path / "out", pdf=False, gists=(gist,))
    with pytest.raises(Refused, match="edition 1"):
        make_report(office, wanted)


def test_a_report_that_differs_by_a_few_letters_is_refused(office: Office, tmp_path: Path) -> None:
    """A few late letters would be read off by subtraction: nothing is written, and what can be done is said."""
    letters_done(office, tmp_path, 300)
    a_report(office, tmp_path)
    files = sorted(tmp_path.glob("out/**/*"))
    held = [path.read_bytes() for path in files if path.is_file()]
    letters_done(office, tmp_path, 4, seed=9, prefix="L")
    office.clock.moment = datetime(2026, 12, 5, tzinfo=UTC)  # type: ignore[attr-defined]
    with pytest.raises(Refused) as refused:
        a_report(office, tmp_path)
    sentence = refused.value.sentence
    assert "edition 1" in sentence
    assert "begins after 2026-10" in sentence
    assert "Nothing was written" in sentence
    assert held == [path.read_bytes() for path in files if path.is_file()]
    with reading(office.warehouse) as people:
        assert editions.latest(people) == 1


def test_a_report_for_the_office_and_one_for_the_public_are_two(office: Office, tmp_path: Path) -> None:
    """The public one is judged for the public and for the office, which reads both."""
    letters_done(office, tmp_path, 300)
    assert a_report(office, tmp_path, public=False).edition == 1
    assert a_report(office, tmp_path).edition == 2
    with reading(office.warehouse) as people:
        assert [row.threshold for row in editions.listed(people)] == [5, 10]


def test_the_interval_sheet_lies_apart_and_names_no_true_count(office: Office, tmp_path: Path) -> None:
    """Only if asked for, in a folder of its own: one line for each hidden cell, each of them holding."""
    letters_done(office, tmp_path, 40)
    wanted = ReportWanted(date(2025, 11, 1), date(2026, 10, 31), folder=tmp_path / "out", pdf=False, intervals=True)
    made = make_report(office, wanted)
    (sheet,) = (path for path in made.paths if path.parent.name == "office-only")
    head, *lines = sheet.read_text("utf-8-sig").splitlines()
    assert head.endswith("判定")
    assert lines
    assert all(line.endswith(",適") for line in lines)
