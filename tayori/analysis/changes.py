"""What changed in a period against earlier years, told only as far as its counts are printed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tayori.analysis.period_words import PeriodWords
from tayori.domain.ward import ward
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.signals import Course, Signal, signals
from tayori.reports.contents import ToldChange
from tayori.warehouse.analysis import TopicRow

_TERMS: Final = {"theme": "分野", "department": "部", "channel": "媒体", "topic": "話題"}
_PRINTED_IN: Final = {"theme": "theme_kind", "department": "department_kind", "channel": "channel", "topic": "topic"}


def topic_courses(now: PeriodWords, before: PeriodWords, topics: Mapping[str, TopicRow]) -> list[Course]:
    """Letters by topic now and a year before, both judged by the words that the topics have today.

    What was decided about a letter in an earlier run rests on the topics of that day: no fair comparison.
    """
    if not before.letters:
        return []
    return [Course("topic", code, now.by_topic[code], (before.by_topic[code],)) for code in sorted(topics)]


def changes_of(
    courses: Sequence[Course], tables: Mapping[str, SuppressedTable], topics: Mapping[str, TopicRow], k: int
) -> Iterator[ToldChange]:
    """The changes that the test finds, the surest first; silent where a count is hidden or folded: a word tells it too.

    "Vanished" says that a count is 0, "risen" beside a hidden count of the year before says how large that can be.

    What is told is what the table prints: letters of a topic are counted anew for the test, by today's words, and that
    count was never released.
    """
    compared = tables.get("theme_before")
    before = _last_column(compared) if compared is not None else {}
    for one in signals(courses, minimum=k):
        printed = _last_column(tables[_PRINTED_IN[one.what]]) if _PRINTED_IN[one.what] in tables else {}
        label = _label(one, topics)
        shown = printed.get(one.code if one.what == "topic" else label, None if one.now else 0)
        then = before.get(label) if one.what == "theme" else None
        if shown is None or bool(shown) != bool(one.now) or (one.what == "theme" and label in before and then is None):
            continue
        yield ToldChange(_TERMS[one.what], label, one.change, shown, then)


def _last_column(table: SuppressedTable) -> dict[str, int | None]:
    return {label: cells[-1] for label, cells in zip(table.rows, table.cells, strict=True)}


def _label(one: Signal, topics: Mapping[str, TopicRow]) -> str:
    match one.what:
        case "channel":
            return ward().channels.get(one.code, one.code)
        case "topic":
            return topics[one.code].label
    return one.code
