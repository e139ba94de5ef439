"""A report in rounded counts rounds everything that tells a count, and says that it did."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from tayori.errors import BadInput
from tayori.opinions.answer_times import Taken
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.signals import Change
from tayori.reports.contents import Contents, ToldChange, read
from tayori.reports.opinion_report import pages
from tayori.reports.rounding import BASES, in_rounded_counts, require_base
from tayori.reports.workbook import workbook_bytes

NOTE = "端数処理のため、合計と内訳が一致しないことがあります。"
EXACT = Contents(
    tables=(SuppressedTable("kind", "種別", "種別", ("要望", "苦情", "計"), ("件数",), ((12,), (None,), (31,)), 10),),
    start=date(2026, 10, 1),
    end=date(2026, 10, 31),
    made_on=date(2026, 11, 2),
    versions={},
    changes=(
        ToldChange("分野", "公園・みどり", Change.RISEN, 43, None),
        ToldChange("部", "道路", Change.FALLEN, 12, 38),
    ),
    times=(Taken("計", 29, 17, 8, None),),
)


def test_every_count_is_rounded_and_what_is_hidden_stays_hidden() -> None:
    """Tables, changes, and the two counts that the share of answers in time is made of."""
    told = in_rounded_counts(EXACT, 5)
    assert told.tables[0].cells == ((10,), (None,), (30,))
    assert [(one.now, one.before) for one in told.changes] == [(45, None), (10, 40)]
    assert [(one.within, one.answered, one.median) for one in told.times] == [(15, 25, 8)]
    assert in_rounded_counts(EXACT, 1) == EXACT


def test_every_file_for_people_says_that_counts_are_rounded() -> None:
    """Both pages and the index of the workbook; nothing of it where counts are not rounded."""
    told = in_rounded_counts(EXACT, 5)
    for contents, said in ((told, True), (EXACT, False)):
        assert [NOTE in page for page in pages(contents).values()] == [said, said]
        index = load_workbook(io.BytesIO(workbook_bytes(contents))).worksheets[0]
        assert any(NOTE in str(cell) for row in index.values for cell in row) is said
    assert read(told.written()) == told


@pytest.mark.parametrize("k", [5, 10])
@pytest.mark.parametrize("base", BASES)
def test_a_count_that_is_printed_is_never_rounded_to_none(k: int, base: int) -> None:
    """0 says that there is none; from k letters on no base makes a count look so."""
    one = SuppressedTable("kind", "種別", "種別", ("計",), ("件数",), ((k,),), k)
    ((count,),) = in_rounded_counts(Contents((one,), EXACT.start, EXACT.end, EXACT.made_on, {}), base).tables[0].cells
    assert count


@pytest.mark.parametrize("base", [0, -5, 2, 100])
def test_other_bases_are_refused(base: int) -> None:
    """A base that nobody expects hides or misleads."""
    with pytest.raises(BadInput):
        require_base(base)
