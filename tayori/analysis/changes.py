"""What changed in a period against earlier years, told only as far as its counts are printed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tayori.analysis.period_words import PeriodWords
from tayori.domain.ward import ward
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.period import month_label
from tayori.opinions.signals import Course, Signal, signals
from tayori.opinions.trends import COURSES
from tayori.reports.contents import BY_MACHINE, ToldChange
from tayori.warehouse.analysis import TopicRow

_TERMS: Final = {"theme": "分野", "department": "部", "channel": "媒体", "month": "月", "topic": "話題"}
_PRINTED_IN: Final = {name: f"{name}_before" for name in (*COURSES, "month")}
"""Where both counts of a change are printed: those of the period and of the same months a year before."""


def topic_courses(now: PeriodWords, before: PeriodWords, topics: Mapping[str, TopicRow]) -> list[Course]:
    """Letters by topic now and a year before, both judged by the words that the topics have today.

    What was decided about a letter in an earlier run rests on the topics of that day: no fair comparison.
    """
    if not before.letters:
        return []
    return [Course("topic", code, now.by_topic[code], (before.by_topic[code],)) for code in sorted(topics)]


def topic_label(topic: TopicRow) -> str:
    """The label of a topic as reports print it: one that no person gave or confirmed says so."""
    return topic.label if topic.labelled_by else f"{topic.label}{BY_MACHINE}"


def changes_of(
    courses: Sequence[Course], tables: Mapping[str, SuppressedTable], topics: Mapping[str, TopicRow], k: int
) -> Iterator[ToldChange]:
    """The changes that the test finds, the surest first; silent where a count is hidden or folded: a word tells it too.

    "Vanished" says that a count is 0, "risen" says how large the count of the year before can be: both have to be
    printed. Of a topic the year before is printed nowhere, since its letters are counted anew for the test, by today's
    words; so it is told only where that count is none, or k letters and more, which no table hides for its own sake.
    """
    for one in signals(courses, minimum=k):
        printed = _of_topic(one, tables, k) if one.what == "topic" else _of_row(one, tables)
        if printed is not None and bool(printed[0]) == bool(one.now):
            yield ToldChange(_TERMS[one.what], _label(one, topics), one.change, *printed)


def _of_row(one: Signal, tables: Mapping[str, SuppressedTable]) -> tuple[int, int] | None:
    """The two printed counts of what changed; None where one of them is not."""
    table = tables.get(_PRINTED_IN[one.what])
    rows = dict(zip(table.rows, table.cells, strict=True)) if table is not None else {}
    now, before = rows.get(_label(one, {}), (None, None))
    return None if now is None or before is None else (now, before)


def _of_topic(one: Signal, tables: Mapping[str, SuppressedTable], k: int) -> tuple[int, None] | None:
    """The printed count of a topic; none where its row is missing: it has fewer than k letters."""
    table = tables.get("topic")
    rows = {label: cells[-1] for label, cells in zip(table.rows, table.cells, strict=True)} if table is not None else {}
    now = rows.get(one.code, None if one.now else 0)
    return None if now is None or 0 < one.before < k else (now, None)


def _label(one: Signal, topics: Mapping[str, TopicRow]) -> str:
    match one.what:
        case "channel":
            return ward().channels.get(one.code, one.code)
        case "month":
            return month_label(one.code)
        case "topic":
            return topic_label(topics[one.code])
    return one.code
