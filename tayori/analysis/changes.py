"""What changed in a period against earlier years, told only as far as its counts are printed."""

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from tayori.domain.ward import ward
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.period import EARLIER, Period
from tayori.opinions.signals import Signal, signals
from tayori.opinions.trends import courses_of
from tayori.reports.contents import ToldChange

_TERMS: Final = {"theme": "分野", "department": "部", "channel": "媒体", "topic": "話題"}
_PRINTED_IN: Final = {"theme": "theme_kind", "department": "department_kind", "channel": "channel", "topic": "topic"}


def changes_of(
    facts: pd.DataFrame, period: Period, tables: Mapping[str, SuppressedTable], topics: Mapping[str, str], k: int
) -> Iterator[ToldChange]:
    """The changes that the test finds, the surest first; silent where the count of the period is hidden or folded."""
    compared = tables.get("theme_before")
    before = _last_column(compared) if compared is not None else {}
    for one in signals(courses_of(facts, period), minimum=k):
        printed = _last_column(tables[_PRINTED_IN[one.what]]) if _PRINTED_IN[one.what] in tables else {}
        label = _label(one, topics)
        code = one.code if one.what == "topic" else label
        if one.now and printed.get(code) is None:
            continue
        yield ToldChange(
            _TERMS[one.what], label, one.change, one.now, before.get(label) if one.what == "theme" else None
        )


def years_compared(facts: pd.DataFrame, period: Period) -> int:
    """How many earlier years, without a gap, have letters in the same months."""
    years = 0
    while years < EARLIER and facts["month"].isin(period.years_before(years + 1)).any():
        years += 1
    return years


def _last_column(table: SuppressedTable) -> dict[str, int | None]:
    return {label: cells[-1] for label, cells in zip(table.rows, table.cells, strict=True)}


def _label(one: Signal, topics: Mapping[str, str]) -> str:
    match one.what:
        case "channel":
            return ward().channels.get(one.code, one.code)
        case "topic":
            return topics.get(one.code, one.code)
    return one.code
