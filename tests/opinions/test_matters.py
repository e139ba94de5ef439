"""A letter (通) is counted once and each of its matters (件) once, from the desk to the finished tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportWanted, make_report
from tayori.analysis.report_contents import times_of
from tayori.analysis.settle import settle
from tayori.certificates.pdf import pdf_available
from tayori.desk import handling
from tayori.desk.dispatching import issue
from tayori.domain.answering import Response
from tayori.domain.states import CaseState
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable, cell
from tayori.opinions.period import Period
from tayori.opinions.reconciling import require_reconciled
from tayori.opinions.report_tables import FURTHER, LETTERS
from tayori.opinions.trends import figures_of, tabulate
from tayori.reports.contents import read
from tayori.warehouse import analysis, desk
from tayori.warehouse.engines import reading
from tests.desk.builders import (
    ON_THE_ROUTE,
    OTHER,
    Staff,
    Written,
    a_letter,
    assigned,
    drafted,
    put,
    sent,
    stamped,
    the_staff,
)
from tests.opinions.builders import dice, whole_facts

MONTH = "2026-10"
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
PARKS, HEALTH, REFUSE = "みどり土木部", "健康部", "環境清掃部"
TWO = [{"kind": "request"}, {"kind": "complaint", "department": "ごみ減量リサイクル課"}]


@pytest.fixture
def staff(office: Office) -> Staff:
    """Give the staff of an office on either store."""
    return the_staff(office)


def split(office: Office, staff: Staff, matters: Sequence[dict[str, Any]], *related: str) -> str:
    """A letter that the desk assigns to the parks and splits into matters."""
    receipt_no = assigned(office, staff, a_letter(office, Written(department=HEALTH)), *related)
    handling.classify(office, staff["sakura"], receipt_no, matters)
    return receipt_no


def circulated(office: Office, staff: Staff, receipt_no: str) -> str:
    handling.end_without_answer(office, staff["sakura"], receipt_no, CaseState.CIRCULATED, "部内で供覧")
    return receipt_no


def counts(figures: Figures) -> tuple[Mapping[Key, int], Mapping[Key, int]]:
    """Matters and letters of every cell."""
    return figures.values, figures.letters  # noqa: PD011 - no frame


def counted(office: Office) -> pd.DataFrame:
    mask_done_cases(office)
    settle(office)
    return facts_of(office, MONTH, MONTH)


def test_each_matter_of_a_letter_counts_with_its_own_kind_and_office(office: Office, staff: Staff) -> None:
    """What the desk said of a matter, else what it said of the letter; the letter is one."""
    circulated(office, staff, split(office, staff, TWO))
    facts = counted(office)
    told = facts[["mart_key", "kind", "department"]].astype({"kind": str, "department": str})
    assert told.to_numpy().tolist() == [[0, "request", PARKS], [0, "complaint", REFUSE]]


def test_a_letter_that_was_assigned_elsewhere_counts_there(office: Office, staff: Staff) -> None:
    """What the source wrote is no word of the desk: the one matter of a letter is whose the letter is."""
    circulated(office, staff, assigned(office, staff, a_letter(office, Written(department=HEALTH))))
    assert counted(office)["department"].tolist() == [PARKS]


def test_a_letter_without_a_file_of_the_desk_is_one_matter(office: Office) -> None:
    """Done before the desk took it up, as after a migration: one of each."""
    put(office, Written(state=CaseState.CIRCULATED, department=HEALTH))
    facts = counted(office)
    assert (facts["mart_key"].tolist(), facts["department"].tolist()) == ([0], [HEALTH])


@pytest.mark.pdf
@pytest.mark.skipif(not pdf_available(), reason="Pango is not installed")
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_each_matter_has_its_own_response(office: Office, staff: Staff) -> None:
    """One answer says of one matter that it is done and of the other that it is difficult; a third is refused."""
    receipt_no = split(office, staff, TWO)
    with pytest.raises(BadInput, match="2 matters"):
        drafted(office, staff, receipt_no, of_matters=(Response.DONE,) * 3)
    drafted(office, staff, receipt_no, response=Response.DONE, of_matters=(Response.DONE, Response.DIFFICULT))
    issue(office, staff["sakura"], stamped(office, staff, receipt_no, *ON_THE_ROUTE))
    sent(office, staff, receipt_no)
    assert counted(office)["measure"].tolist() == ["done", "difficult"]


def test_a_matter_across_departments_counts_in_each(office: Office, staff: Staff) -> None:
    """関係課を含む: once for each division; who has a matter of their own has no part in the other.

    A related section of the division that is responsible is no second one.
    """
    circulated(office, staff, split(office, staff, [{"kind": "request"}], OTHER, "健康政策課"))
    circulated(office, staff, split(office, staff, TWO, "ごみ減量リサイクル課", "健康政策課"))
    matters, letters = counts(figures_of(counted(office), OCTOBER))
    found = {
        division: [matters.get(cell(**{part: division}), 0) for part in ("department", "related", "part")]
        for division in (PARKS, HEALTH, REFUSE)
    }
    assert found == {PARKS: [2, 0, 2], HEALTH: [0, 3, 3], REFUSE: [1, 0, 1]}
    assert [matters[key] for key in ((), cell(related="*"), cell(part="*"))] == [3, 3, 6]
    assert [letters[key] for key in ((), cell(related="*"), cell(part="*"))] == [2, 2, 2]


def a_month_of_letters(office: Office, staff: Staff) -> None:
    """Twelve letters, four of them of two matters."""
    for number in range(12):
        circulated(office, staff, split(office, staff, TWO if number < 4 else [{"kind": "request"}], "健康政策課"))
    mask_done_cases(office)
    settle(office)


def printed(office: Office, folder: Path) -> dict[str, SuppressedTable]:
    """What the report of the month prints."""
    made = make_report(office, ReportWanted(OCTOBER.start, OCTOBER.end, folder=folder, pdf=False))
    assert made.letters == 12
    with reading(office.warehouse) as people:
        document = analysis.document_of(people, made.edition)
    assert document is not None
    return {table.name: table for table in read(document).tables}


def test_letters_and_matters_reconcile_from_the_desk_to_the_report(
    office: Office, staff: Staff, tmp_path: Path
) -> None:
    """通 and further matters are the 件, as the desk counts both; each table ends in the 件, the parts in more."""
    a_month_of_letters(office, staff)
    tables = printed(office, tmp_path)
    with reading(office.warehouse) as people:
        assert desk.counted(people, OCTOBER.first_day, OCTOBER.last_day) == (12, 16)
    assert [cells[0] for cells in tables["units"].cells] == [12, 4, 16]
    for name in ("channel", "kind", "state"):
        assert tables[name].cells[-1] == (16,)
    assert tables["department_part"].cells[-1] == (16, 16, 32)


def test_a_few_split_letters_hide_neither_letters_nor_matters() -> None:
    """How the desk divided three letters says nothing that anybody wrote: both numbers are printed."""
    facts = whole_facts(dice(1), 300, YEAR.months)
    matters, letters = counts(figures_of(pd.concat([facts, facts.head(3)]), YEAR))
    assert (matters[FURTHER], letters[FURTHER], matters[LETTERS]) == (3, 300, 300)


@cache
def tables_of_a_year() -> list[SuppressedTable]:
    facts = whole_facts(dice(1), 420, YEAR.months)
    before = whole_facts(dice(2), 300, YEAR.months_before).assign(mart_key=[f"b{at}" for at in range(300)])
    return tabulate(pd.concat([facts, facts.head(40), before], ignore_index=True), 10, period=YEAR)


def test_finished_tables_of_many_matters_agree() -> None:
    """Also where the year before stands beside, and what was promised in it."""
    tables = tables_of_a_year()
    require_reconciled(tables, letters=420, matters=460)
    assert {"department_part", "lateness", "measure", "promised"} <= {table.name for table in tables}


def wrong(table: SuppressedTable, row: int, column: int) -> SuppressedTable:
    """The table with a printed count that is one too many."""
    cells = [list(line) for line in table.cells]
    cells[row][column] = (cells[row][column] or 0) + 1
    return replace(table, cells=tuple(tuple(line) for line in cells))


LAST = [
    *(("units", at, 0) for at in range(3)),
    *((name, -1, 0) for name in ("channel", "kind", "state", "measure", "lateness", "texts", "years", "month_before")),
    *((name, -1, -1) for name in ("department_kind", "theme_quarter", "department_part")),
    ("promised", 0, 2),
]


@pytest.mark.parametrize(("name", "row", "column"), LAST)
def test_a_table_that_says_one_more_goes_nowhere(name: str, row: int, column: int) -> None:
    """202通 in one table and 239 in the next: a number in the wrong place is refused, and the table named."""
    tables = tables_of_a_year()
    told = [wrong(table, row, column) if table.name == name else table for table in tables]
    with pytest.raises(Refused, match="does not agree"):
        require_reconciled(told, letters=420, matters=460)


def test_letters_printed_as_matters_go_nowhere() -> None:
    """Tables that agree with each other and count letters where matters are promised are refused as well."""
    facts = whole_facts(dice(1), 420, YEAR.months)
    with pytest.raises(Refused):
        require_reconciled(tabulate(facts, 10, period=YEAR), letters=420, matters=460)


def test_measures_are_of_answers_and_reasons_of_late_ones() -> None:
    """Shares are of what was answered: letters that need no answer have no measure, answers in time no reason."""
    figures = figures_of(whole_facts(dice(1), 420, YEAR.months), YEAR)
    tables, matters = {table.name: table for table in figures.tables}, counts(figures)[0]
    for name, whole in (("measure", cell(state="answered")), ("lateness", cell(pace="over"))):
        *parts, total = (key for (key,) in tables[name].keys)
        assert total == whole
        assert sum(matters.get(key, 0) for key in parts) == matters[whole]


def test_days_to_the_answer_are_those_of_letters() -> None:
    """An answer is one, however many matters its letter has: five letters of two matters are no ten waits."""
    facts = whole_facts(dice(1), 420, YEAR.months)
    slow = facts[facts["days"] >= 0].head(5).assign(mart_key=[f"s{at}" for at in range(5)], days=90, pace="over")
    twice = pd.concat([facts, *[slow] * 40], ignore_index=True)
    pace = next(table for table in tabulate(twice, 10, period=YEAR) if table.name == "department_pace")
    whole = times_of(twice, YEAR, pace, 10)[-1]
    assert whole.answered == int((twice["days"] >= 0).sum())
    assert whole.ninth_tenth is not None
    assert whole.ninth_tenth < 90
