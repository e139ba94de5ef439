"""A month that an edition told is closed: letters that are done later count in the next open month, once for good."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest
from sqlalchemy import Connection, delete

from tayori.analysis.editions import Judged, recall, remember, tabulate_beside
from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.report import ReportMade, ReportWanted, make_report
from tayori.analysis.report_contents import Counted, contents_of
from tayori.analysis.settle import settle
from tayori.errors import Refused
from tayori.office import Office
from tayori.opinions.period import Period, whole_months
from tayori.opinions.trends import figures_of
from tayori.reports.contents import Contents, read
from tayori.warehouse import analysis, carried
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.analysis import edition_document
from tayori.warehouse.schema.editions import report_edition
from tayori.warehouse.schema.opinions import opinion_case
from tests.support.letters import ALetter, receive

SAID: Final = (
    "公園の遊具を直してください。",
    "ごみの収集の時間を知らせてください。",
    "保育園に入れません。",
    "駅前の放置自転車を撤去してください。",
    "道路の段差でつまずきました。",
)


def arrive(office: Office, month: str, count: int) -> list[int]:
    """Letters of a month, done today, of several fields, each in words of its own."""
    day = whole_months(month, month).last_day
    said = (f"{day}の第{at}便でお便りします。{SAID[at % len(SAID)]}" for at in range(count))
    letters = [ALetter(said=text, masked=False, received_on=day, done_on=office.today()) for text in said]
    numbers = receive(office, *letters, source=f"{month} {count} {office.now()}")
    mask_done_cases(office)
    settle(office)
    return numbers


def told(office: Office, first: str, last: str = "", *, public: bool = True, trial: bool = False) -> ReportMade:
    """An edition of some months."""
    span = whole_months(first, last or first)
    return make_report(office, ReportWanted(span.start, span.end, public=public, trial=trial, pdf=False))


def counted(office: Office) -> dict[str, int]:
    """In which month how many letters count."""
    facts = facts_of(office, "2020-01", "2027-12")
    return dict(Counter(facts.drop_duplicates("mart_key")["month"].astype(str)))


def test_a_late_letter_counts_in_the_next_month_that_is_open(office: Office) -> None:
    """September is told: its three late letters count in October; the edition of September is the same as before."""
    arrive(office, "2026-09", 40)
    first = told(office, "2026-09")
    arrive(office, "2026-09", 3)
    assert counted(office) == {"2026-09": 40, "2026-10": 3}
    assert told(office, "2026-09").edition == first.edition
    arrive(office, "2026-10", 30)
    assert told(office, "2026-10").letters == 33
    arrive(office, "2026-09", 2)
    assert counted(office) == {"2026-09": 40, "2026-10": 33, "2026-11": 2}


def test_months_their_quarter_and_its_late_letters_come_out_one_after_the_other(sqlite_office: Office) -> None:
    """A ward's quarter: each month told while some of its letters wait, and the quarter is the sum of its months."""
    office = sqlite_office
    office.clock.moment = datetime(2026, 7, 20, tzinfo=UTC)  # type: ignore[attr-defined]
    for month in ("2026-04", "2026-05", "2026-06"):
        arrive(office, month, 60)
        assert told(office, month, public=False).edition
        arrive(office, month, 4)
    monthly = counted(office)
    assert monthly == {"2026-04": 60, "2026-05": 64, "2026-06": 64, "2026-07": 4}
    assert told(office, "2026-04", "2026-06").letters == 188
    assert told(office, "2026-04", "2026-06", public=False).letters == 188


def test_a_trial_closes_nothing(sqlite_office: Office) -> None:
    """It is given to nobody, so nobody can subtract."""
    arrive(sqlite_office, "2026-09", 40)
    told(sqlite_office, "2026-09", trial=True)
    arrive(sqlite_office, "2026-09", 3)
    assert counted(sqlite_office) == {"2026-09": 43}


def test_the_months_beside_which_a_report_shows_its_own_are_closed_too(sqlite_office: Office) -> None:
    """October 2026 was printed beside October 2025: a letter of that month counts in November 2025, told by nobody."""
    arrive(sqlite_office, "2025-10", 40)
    arrive(sqlite_office, "2025-11", 40)
    arrive(sqlite_office, "2026-10", 40)
    told(sqlite_office, "2026-10")
    arrive(sqlite_office, "2025-10", 2)
    assert counted(sqlite_office) == {"2025-10": 40, "2025-11": 42, "2026-10": 40}


@pytest.mark.parametrize(("late", "there"), [(20, True), (19, False), (9, False)])
def test_letters_brought_in_together_keep_their_month(sqlite_office: Office, late: int, there: bool) -> None:  # noqa: FBT001
    """An old system's letters of a month that was told with half as many are no late letters of today."""
    arrive(sqlite_office, "2026-09", 40 if late > 9 else 18)
    told(sqlite_office, "2026-09")
    before = counted(sqlite_office)["2026-09"]
    arrive(sqlite_office, "2026-09", late)
    assert counted(sqlite_office)["2026-09"] == before + late * there


@pytest.mark.parametrize("meanwhile", ["came", "went", "came and went", "waits"])
def test_letters_that_come_or_go_while_a_report_is_made_stop_it(sqlite_office: Office, meanwhile: str) -> None:
    """They would be late, or missing, in every later report; made again, it counts what is there."""
    office, period = sqlite_office, whole_months("2026-09", "2026-09")
    numbers = arrive(office, "2026-09", 40)
    give_out = judged(office, period)
    if "came" in meanwhile:
        arrive(office, "2026-09", 1)
    if "went" in meanwhile:
        with writing(office.warehouse) as people:
            people.execute(delete(opinion_case).where(opinion_case.c.case_no == numbers[0]))
    if meanwhile == "waits":
        receive(office, ALetter(masked=False, received_on=period.last_day), source="waits")
        mask_done_cases(office)
    with pytest.raises(Refused, match="make this one again"):
        give_out()
    settle(office)
    assert told(office, "2026-09").letters == {"came": 41, "went": 39, "came and went": 40, "waits": 41}[meanwhile]


def test_a_year_that_was_not_shown_stays_open(sqlite_office: Office) -> None:
    """Nobody was told of September 2025, which had no letter then: an old letter of it counts where it came in."""
    arrive(sqlite_office, "2026-09", 40)
    told(sqlite_office, "2026-09")
    arrive(sqlite_office, "2025-09", 3)
    assert counted(sqlite_office) == {"2026-09": 40, "2025-09": 3}


def test_an_edition_that_only_the_escrow_brought_back_closes_nothing(office: Office) -> None:
    """Its letters were done after the backup; the desk closes them anew, and they are what the edition counted."""
    arrive(office, "2026-09", 40)
    with reading(office.warehouse) as people:
        before = len(list(carried.carry(people, 0)))
    told(office, "2026-09")
    with reading(office.warehouse) as people:
        lines = list(carried.carry(people, 0))
    assert len(lines) > before
    with writing(office.warehouse) as people:
        for table in (edition_document, report_edition):
            people.execute(delete(table))
        carried.take_in(people, lines)
        carried.take_in(people, lines)
    arrive(office, "2026-09", 3)
    assert counted(office) == {"2026-09": 43}


def judged(office: Office, period: Period) -> Callable[[], None]:
    """A report that was judged and not given out yet: the last step is left to the caller."""
    memory = recall(office, period, public=True)
    facts = facts_of(office, memory.first_month(period), memory.last_month(period))
    figures = figures_of(facts, period)
    tables = tabulate_beside(facts, figures, period, memory, public=True)
    contents = contents_of(office, period, Counted(facts, tables, memory), public=True)

    def still(_: Connection) -> None:
        """Nothing else is asked."""

    return lambda: remember(office, period, memory, Judged(facts, figures, tables), contents, still)


def test_a_year_of_which_letters_may_be_disposed_of_is_no_year_to_compare_with(sqlite_office: Office) -> None:
    """Inquiries of fiscal year 2022 may be gone from April 2026 on: what is left of a month of it is no month."""
    for year in (2022, 2023, 2024, 2025, 2026):
        arrive(sqlite_office, f"{year}-05", 40)
    contents = printed(sqlite_office, "2026-05")
    assert contents.compared_years == 3


def printed(office: Office, month: str) -> Contents:
    """What the edition of a month prints."""
    made = told(office, month)
    with reading(office.warehouse) as people:
        document = analysis.document_of(people, made.edition)
    assert document is not None
    return read(document)
