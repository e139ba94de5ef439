"""An edition that was wrong is withdrawn by two, marked wherever it is written again, and counted as before."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Final

import openpyxl
import pytest
from sqlalchemy import delete, select, update

from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportMade, ReportWanted, make_report, render_edition
from tayori.analysis.settle import settle
from tayori.analysis.withdrawing import Withdrawal, listed, withdraw
from tayori.errors import BadInput, NotFound, Refused, Tampered, TayoriError
from tayori.office import Office
from tayori.reports.contents import Contents, Replaced, read
from tayori.vault.roster import Credential
from tayori.warehouse import analysis, audit, carried, editions, opinions
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.analysis import edition_document
from tayori.warehouse.schema.editions import edition_withdrawal, report_edition, withdrawal_signature
from tayori.warehouse.schema.opinions import opinion_case
from tests.support.handlers import a_handler
from tests.support.letters import ALetter, receive

APRIL: Final = (date(2020, 4, 1), date(2020, 4, 30))
REASON: Final = "counting"


def a_report(office: Office) -> ReportMade:
    return make_report(office, ReportWanted(*APRIL, pdf=False))


def letters(office: Office, count: int, source: str) -> None:
    """Letters of April 2020 about a park, done, masked and compared: each in words of its own."""
    said = [f"{source}、第{at}便でお便りします。公園の遊具を直してください。" for at in range(count)]
    receive(office, *(ALetter(said=text, masked=False) for text in said), source=source)
    mask_done_cases(office)
    settle(office)


def an_edition(office: Office) -> ReportMade:
    letters(office, 12, "first")
    return a_report(office)


def two(office: Office) -> tuple[Credential, Credential]:
    """The desk, which is the ward's, and the responsible handler."""
    return a_handler(office, "desk-1", "desk", side="甲"), a_handler(office, "boss-1", "responsible")


def withdrawn(office: Office, number: int = 1, reason: str = REASON) -> Withdrawal:
    desk, boss = two(office)
    withdraw(office, desk, number, reason)
    return withdraw(office, boss, number, reason)


def document(office: Office, number: int) -> Contents:
    with reading(office.warehouse) as people:
        held = analysis.document_of(people, number)
    assert held is not None
    return read(held)


def test_two_withdraw_and_the_list_says_so(office: Office) -> None:
    """One signature waits for the other; both together withdraw it, for a reason, on a day, with a line each."""
    an_edition(office)
    desk, boss = two(office)
    assert not withdraw(office, desk, 1, REASON).withdrawn
    assert (listed(office)[0]["state"], listed(office)[0]["signed_by"]) == ("signed", ["desk-1"])
    assert withdraw(office, boss, 1, REASON) == Withdrawal(1, REASON, ("desk-1", "boss-1"), withdrawn=True)
    (row,) = listed(office)
    assert (row["state"], row["reasons"], row["withdrawn_on"]) == ("withdrawn", [REASON], office.today())
    assert sorted(row["signed_by"]) == ["boss-1", "desk-1"]
    with reading(office.warehouse) as people:
        lines = [line.object for line in audit.lines(people, after=0) if "withdrawal of edition 1" in line.object]
    assert len(lines) == 2


def test_a_correction_is_another_edition_and_says_what_it_corrects(office: Office, tmp_path: Path) -> None:
    """The same tables again are a new number; a copy of the old one names it, and only who asks gets it unmarked."""
    first = an_edition(office)
    then = {path.name: path.read_bytes() for path in first.paths}
    withdrawn(office)
    again = a_report(office)
    assert again.edition == 2
    assert a_report(office).edition == 2
    assert document(office, 2).replaces == Replaced(1, office.today(), "集計の誤り")
    assert listed(office)[1]["replaces"] == 1
    pages = [path.read_text() for path in again.paths if path.suffix == ".html"]
    assert all("第1版の訂正版です（撤回の理由：集計の誤り）" in page for page in pages)
    assert "第2版（第1版の訂正版）" in pages[0]
    marked = render_edition(office, 1, tmp_path / "marked", pdf=False)
    assert "訂正版は第2版です" in marked[0].read_text()
    as_it_was = render_edition(office, 1, tmp_path / "then", pdf=False, as_it_was=True)
    assert {path.name: path.read_bytes() for path in as_it_was} == then
    assert not {path.name for path in marked} & then.keys()


def test_every_file_of_a_withdrawn_edition_says_so(sqlite_office: Office, tmp_path: Path) -> None:
    """Pages, each sheet, each table: none can be taken for one that stands, not even by its name."""
    an_edition(sqlite_office)
    withdrawn(sqlite_office)
    for path in render_edition(sqlite_office, 1, tmp_path / "marked", pdf=False):
        assert path.name.startswith("withdrawn-")
        match path.suffix:
            case ".html":
                page = path.read_text()
                assert page.index("撤回しました（理由：集計の誤り）") < page.index("<h1><span>【撤回】")
                assert "<title>【撤回】" in page
            case ".csv":
                head = next(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
                assert head[0].startswith("撤回　この版は")
            case ".xlsx":
                sheets = openpyxl.load_workbook(path).worksheets
                assert all("撤回" in str(sheet["A1"].value) for sheet in sheets)
                assert "【撤回】".encode() in zipfile.ZipFile(path).read("docProps/core.xml")


def test_a_withdrawn_edition_stays_in_the_memory(sqlite_office: Office) -> None:
    """Its readers hold it: its month stays closed, and a few letters less are refused beside it as before."""
    an_edition(sqlite_office)
    withdrawn(sqlite_office)
    letters(sqlite_office, 4, "second")
    with reading(sqlite_office.warehouse) as people:
        assert analysis.by_month(people, ["2020-05"]) == {"2020-05": (0, 4)}
        some = [row.case_no for row in opinions.masked_between(people, "2020-04", "2020-04")][:4]
    with writing(sqlite_office.warehouse) as people:
        people.execute(delete(opinion_case).where(opinion_case.c.case_no.in_(some)))
    with pytest.raises(Refused, match="edition 1"):
        a_report(sqlite_office)


@pytest.mark.parametrize(("reason", "goes_on"), [("form", True), ("masking", False)])
def test_words_go_on_unless_they_were_the_fault(
    sqlite_office: Office, tmp_path: Path, reason: str, *, goes_on: bool
) -> None:
    """No month is counted again; what may hold what was not masked is not printed again either."""
    an_edition(sqlite_office)
    told = document(sqlite_office, 1).words
    withdrawn(sqlite_office, reason=reason)
    a_report(sqlite_office)
    made = document(sqlite_office, 2)
    assert told
    assert not made.words
    assert not made.word_months
    assert made.repeated_words == (told if goes_on else ())
    page = render_edition(sqlite_office, 1, tmp_path / "marked", pdf=False)[0].read_text()
    assert ("<dt>公園・みどり</dt>" in page) is goes_on


def test_what_cannot_be_withdrawn_is_told(sqlite_office: Office) -> None:
    """An unknown reason or number, a trial, another role, one hand, none of the ward: one sentence, nothing written."""
    an_edition(sqlite_office)
    desk, boss = two(sqlite_office)
    other, writer = a_handler(sqlite_office, "desk-2", "desk"), a_handler(sqlite_office, "writer-1", "writer")
    never: list[tuple[Credential, int, str, type[TayoriError], str]] = [
        (desk, 1, "佐藤さんの件", BadInput, "counting"),
        (desk, 9, REASON, NotFound, "no edition 9"),
        (desk, 0, REASON, Refused, "trial"),
        (writer, 1, REASON, Refused, "not in the roster as"),
    ]
    for by, number, reason, kind, said in never:
        with pytest.raises(kind, match=said):
            withdraw(sqlite_office, by, number, reason)
    withdraw(sqlite_office, other, 1, REASON)
    for by, said in ((other, "cannot sign it again"), (desk, "signed in that role already"), (boss, "甲")):
        with pytest.raises(Refused, match=said):
            withdraw(sqlite_office, by, 1, REASON)
    assert listed(sqlite_office)[0]["signed_by"] == ["desk-2"]


def test_a_second_reason_hides_nobody_who_signed_for_the_first(sqlite_office: Office) -> None:
    """Two who sign for two reasons withdraw nothing; the list shows both reasons and both hands."""
    an_edition(sqlite_office)
    desk, boss = two(sqlite_office)
    withdraw(sqlite_office, desk, 1, REASON)
    assert not withdraw(sqlite_office, boss, 1, "form").withdrawn
    (row,) = listed(sqlite_office)
    assert (row["state"], row["reasons"], sorted(row["signed_by"])) == (
        "signed",
        [REASON, "form"],
        ["boss-1", "desk-1"],
    )


def test_nothing_is_withdrawn_twice(sqlite_office: Office) -> None:
    """Neither for the same reason nor for another one."""
    an_edition(sqlite_office)
    withdrawn(sqlite_office)
    for reason in (REASON, "form"):
        with pytest.raises(Refused, match="already"):
            withdraw(sqlite_office, a_handler(sqlite_office, f"boss-{reason}", "responsible"), 1, reason)


def test_a_withdrawal_that_was_not_signed_is_found(sqlite_office: Office, tmp_path: Path) -> None:
    """Whoever changes the reason in the table changes what nobody signed: no copy is made of it."""
    an_edition(sqlite_office)
    withdrawn(sqlite_office)
    for table in (edition_withdrawal, withdrawal_signature):
        with writing(sqlite_office.warehouse) as people:
            people.execute(update(table).values(reason="form"))
        with pytest.raises(Tampered):
            render_edition(sqlite_office, 1, tmp_path / "out", pdf=False)


def test_the_memory_survives_a_restore(office: Office) -> None:
    """Editions and withdrawals since the backup come with the escrow: what readers hold is not forgotten.

    That the letters of an edition did not come with it stands beside it.
    """
    an_edition(office)
    withdrawn(office)
    a_report(office)
    tables = (report_edition, edition_document, withdrawal_signature, edition_withdrawal)
    with reading(office.warehouse) as people:
        lines = list(carried.carry(people, 0))
        held = [sorted(map(repr, people.execute(select(table)))) for table in tables]
    with writing(office.warehouse) as people:
        for table in reversed(tables[1:]):
            people.execute(delete(table))
        for number in (2, 1):
            people.execute(delete(report_edition).where(report_edition.c.edition_no == number))
        carried.take_in(people, lines)
    with reading(office.warehouse) as people:
        assert not any(row.counted_here for row in editions.listed(people))
        assert editions.latest(people) == 2
    with writing(office.warehouse) as people:
        people.execute(update(report_edition).values(counted_here=True))
        assert [sorted(map(repr, people.execute(select(table)))) for table in tables] == held
    assert all(held)
