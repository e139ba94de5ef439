"""What a report prints beside its tables: words, changes, days to the answer, and the LINE account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from tayori.analysis.changes import changes_of, topic_courses, topic_label
from tayori.analysis.editions import Memory
from tayori.analysis.line_side import line_side
from tayori.analysis.period_words import Counting, Held, Part, PeriodWords, words_of_period
from tayori.office import Office
from tayori.opinions.answer_times import Taken, taken
from tayori.opinions.disclosure.suppression import threshold
from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.facts import rule_versions
from tayori.opinions.new_words import NewWord, new_words
from tayori.opinions.period import YEAR, Period, months_back
from tayori.opinions.report_tables import PACES, ordered
from tayori.opinions.told_words import NEW, lists_within, parts_of, parts_to_count, repeated
from tayori.opinions.trends import courses_of, earlier_years, field_words, within
from tayori.opinions.words import ThemeWords
from tayori.reports.contents import Contents, with_topic_labels
from tayori.settings import Mode
from tayori.warehouse import analysis
from tayori.warehouse.engines import reading

MOST: Final = 10  # words of a field


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted already: the facts, the released tables, and what earlier editions told."""

    facts: pd.DataFrame = field(repr=False)
    tables: Sequence[SuppressedTable]
    memory: Memory


def contents_of(office: Office, period: Period, counted: Counted, *, public: bool) -> Contents:
    """All that a report prints; words are of the letters in the facts alone, and of each month once for its readers."""
    facts, memory = counted.facts, counted.memory
    k = threshold(public=public)
    with reading(office.warehouse) as people:
        topics = {f"{number:04d}": topic for number, topic in analysis.topics(people).items()}
    parts = parts_to_count(period.months, k, memory.told)
    now, before = _words(office, Held(facts), period, parts, Counting((), (), topics, k), memory)
    courses = [*courses_of(facts, period), *topic_courses(now, before, topics)]
    by_name = {table.name: table for table in counted.tables}
    return Contents(
        tables=with_topic_labels(counted.tables, {code: topic_label(topic) for code, topic in topics.items()}),
        start=period.start,
        end=period.end,
        made_on=office.today(),
        versions=rule_versions(),
        public=public,
        rehearsal=office.settings.mode is Mode.REHEARSAL,
        changes=tuple(changes_of(courses, by_name, topics, k)),
        compared_years=earlier_years(facts, period),
        times=tuple(times_of(facts, period, by_name.get("department_pace") or by_name.get("pace"), k)),
        line=line_side(office, period, k),
        replaces=memory.replaces,
        **_told(period, parts, now, before, memory),
    )


def _words(
    office: Office, held: Held, period: Period, parts: Sequence[Part], counting: Counting, memory: Memory
) -> tuple[PeriodWords, PeriodWords]:
    """Words and topics of the period and of the year before: of the months that count, and of those before them."""
    earlier = [months_back(month, YEAR) for part in parts for month in part] if period.months_before else []
    before = parts_of(earlier, memory.told)
    return (
        words_of_period(office, held, replace(counting, months=period.months, parts=parts)),
        words_of_period(office, held, replace(counting, months=period.months_before, parts=before)),
    )


def _told(
    period: Period, parts: Sequence[Part], now: PeriodWords, before: PeriodWords, memory: Memory
) -> dict[str, Any]:
    """The words that a report prints: those that it counted, and those that its readers were told already."""
    k = now.k
    lists = lists_within(period.months, k, memory.told)
    again = repeated(lists, MOST)
    fresh = new_words(now.by_word, now.usage.texts, before.usage)
    known = _told_the_year_before(period, k, memory)
    return {
        "words": tuple(field_words(now.by_field, k)),
        "new_words": tuple(NewWord(word, known is not None and word not in known) for word in fresh),
        "word_months": tuple(sorted(month for part in parts for month in part)),
        "repeated_words": tuple(ThemeWords(theme, again[theme]) for theme in ordered([*(again.keys() - {NEW})])),
        "repeated_new": again.get(NEW, ()),
        "told_in": tuple(one.edition for one in lists if any(one.words.values())),
    }


def _told_the_year_before(period: Period, k: int, memory: Memory) -> frozenset[str] | None:
    """Every word that these readers were told of the months of the year before; None where they were told of none."""
    then = frozenset(period.months_before)
    lists = [one for one in memory.told if one.k >= k and one.months & then]
    return frozenset(word for one in lists for words in one.words.values() for word in words) if lists else None


def answers_of(table: SuppressedTable) -> Iterator[tuple[str, int | None, int | None]]:
    """How many answers were in time, and how many were not: of each row of a table by department, or of all."""
    if table.name == "pace":
        rows = [(TOTAL_LABEL, {label: cells[0] for label, cells in zip(table.rows, table.cells, strict=True)})]
    else:
        rows = [
            (label, dict(zip(table.columns, cells, strict=True)))
            for label, cells in zip(table.rows, table.cells, strict=True)
        ]
    for label, counts in rows:
        yield label, counts.get(PACES["within"], 0), counts.get(PACES["over"], 0)


def times_of(facts: pd.DataFrame, period: Period, table: SuppressedTable | None, k: int) -> list[Taken]:
    """Days to the answer for all and for each department whose counts of answers are printed, all of them last."""
    if table is None:
        return []
    rows = within(facts, period.months)
    rows = rows.loc[rows["days"] >= 0]
    told = []
    for label, in_time, over in answers_of(table):
        if in_time is None or over is None or in_time + over < k:
            continue
        mine = rows if label == TOTAL_LABEL else rows.loc[rows["department"] == label]
        if len(mine) == in_time + over:
            days = mine.drop_duplicates("mart_key")["days"].tolist()  # an answer is one, whatever its letter is about
            told.append(taken(label, days, in_time, over, k=k))
    return told
