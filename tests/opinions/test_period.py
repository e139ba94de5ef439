"""A report covers whole months that are over; anything else is refused with the months that can be had."""

from datetime import date

import pytest

from flows.opinion_analysis import Period as Asked
from tayori.analysis.report import ReportWanted, make_report
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.period import Period, Span, period_wanted

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2024, 2, 1), date(2024, 2, 29), (date(2024, 2, 1), date(2024, 2, 29))),
        (None, None, (date(2025, 11, 1), date(2026, 10, 31))),
        (None, date(2026, 3, 31), (date(2025, 4, 1), date(2026, 3, 31))),
        (date(2026, 4, 1), None, (date(2026, 4, 1), date(2026, 10, 31))),
    ],
)
def test_whole_months_that_are_over_are_taken(first: date | None, last: date | None, told: tuple[date, date]) -> None:
    """What is left out is filled in: up to the last full month, twelve months of them."""
    assert period_wanted(first, last, TODAY) == Period(*told)


@pytest.mark.parametrize(
    ("first", "last", "instead"),
    [
        (date(2025, 4, 10), date(2025, 4, 12), ("2025-04-01", "2025-04-30")),
        (date(2025, 4, 1), date(2025, 4, 29), ("2025-04-01", "2025-04-30")),
        (date(2025, 4, 2), date(2025, 6, 30), ("2025-04-01", "2025-06-30")),
        (date(2024, 2, 1), date(2024, 2, 28), ("2024-02-01", "2024-02-29")),
        (date(2026, 4, 1), date(2026, 11, 25), ("2026-04-01", "2026-10-31")),
        (date(2026, 4, 1), date(2026, 11, 30), ("2026-04-01", "2026-10-31")),
        (date(2026, 4, 1), date(2027, 3, 31), ("2026-04-01", "2026-10-31")),
    ],
)
def test_a_part_of_a_month_is_refused_with_the_whole_ones(first: date, last: date, instead: tuple[str, str]) -> None:
    """Three days would be told with the counts of their month; half a month would stand beside a whole one."""
    with pytest.raises(BadInput, match=f"Give {instead[0]} as the first day and {instead[1]} as the last"):
        period_wanted(first, last, TODAY)


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 11, 1), date(2026, 11, 30)), (date(2026, 11, 1), None), (date(2027, 1, 1), None)]
)
def test_a_month_that_still_runs_is_no_period(first: date, last: date | None) -> None:
    """Where nothing of it is over, there is nothing to have instead."""
    with pytest.raises(BadInput, match=f"{first:%Y-%m} is not over"):
        period_wanted(first, last, TODAY)


@pytest.mark.parametrize(
    ("span", "today", "told"),
    [
        (Span.MONTH, date(2026, 1, 1), (date(2025, 12, 1), date(2025, 12, 31))),
        (Span.MONTH, date(2024, 3, 31), (date(2024, 2, 1), date(2024, 2, 29))),
        (Span.QUARTER, date(2026, 4, 2), (date(2026, 1, 1), date(2026, 3, 31))),
        (Span.QUARTER, date(2026, 6, 30), (date(2026, 1, 1), date(2026, 3, 31))),
        (Span.FISCAL_YEAR, date(2026, 4, 3), (date(2025, 4, 1), date(2026, 3, 31))),
        (Span.FISCAL_YEAR, date(2026, 3, 31), (date(2024, 4, 1), date(2025, 3, 31))),
    ],
)
def test_reports_that_come_round_are_of_the_last_that_is_over(span: Span, today: date, told: tuple[date, date]) -> None:
    """A month, a quarter, a fiscal year: never one that still runs. Days beside it would contradict it."""
    assert period_wanted(None, None, today, span) == Period(*told)
    with pytest.raises(BadInput, match="not both"):
        period_wanted(told[0], None, today, span)


def test_the_last_day_of_a_month_is_not_over_on_that_day() -> None:
    """A letter may still come in until midnight."""
    with pytest.raises(BadInput):
        period_wanted(date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 31))
    assert period_wanted(date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)).months == ("2026-10",)


def test_the_form_of_the_flow_is_held_to_the_same(sqlite_office: Office) -> None:
    """Prefect's form takes any two days; the report refuses them before anything is counted."""
    asked = Asked(first=date(2025, 4, 10), last=date(2025, 4, 12))
    with pytest.raises(BadInput, match="2025-04-01"):
        make_report(sqlite_office, ReportWanted(asked.first, asked.last))
