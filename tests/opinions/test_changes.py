"""A change is told by the counts that the tables print, and not at all where they print none."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tayori.analysis.changes import changes_of
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.signals import Change, Course
from tayori.warehouse.analysis import TopicRow

TOPIC = TopicRow(7, "自転車・駐輪場", None, {"自転車": 1.0}, "2025-04", datetime(2025, 5, 1, tzinfo=UTC))
RISEN = Course("topic", "0007", 143, (40,))


def two_columns(name: str, label: str, now: int | None, before: int | None) -> dict[str, SuppressedTable]:
    """What a row counts, with the counts of the period and of the year before."""
    rows, columns, cells = (label, "計"), ("当期", "前年同期"), ((now, before), (900, 800))
    return {name: SuppressedTable(name, "比較", "区分", rows, columns, cells, 10)}


@pytest.mark.parametrize(
    ("course", "printed", "told"),
    [
        ((60, 20), (60, 20), [(60, 20)]),
        ((60, 0), (60, 0), [(60, 0)]),
        ((60, 3), (60, None), []),
        ((0, 60), (0, 60), [(0, 60)]),
        ((0, 60), (None, 60), []),
    ],
)
@pytest.mark.parametrize(
    ("what", "code", "label"),
    [
        ("theme", "動物", "動物"),
        ("department", "健康部", "健康部"),
        ("channel", "email", "メール"),
        ("month", "2026-08", "2026年8月"),
    ],
)
def test_no_change_tells_a_count_that_a_table_hides(
    what: str,
    code: str,
    label: str,
    course: tuple[int, int],
    printed: tuple[int | None, int | None],
    told: list[tuple[int, int]],
) -> None:
    """What "vanished" has no letter, what "rose" had few: neither is said where the table says 秘."""
    now, before = course
    courses, tables = [Course(what, code, now, (before,))], two_columns(f"{what}_before", label, *printed)
    assert [(one.label, one.now, one.before) for one in changes_of(courses, tables, {}, 10)] == [
        (label, *counts) for counts in told
    ]


@pytest.mark.parametrize(("earlier", "change"), [((0, 0, 1), "NEW"), ((0, 0, 0), "NEW"), ((5, 0, 0), "RISEN")])
def test_new_or_risen_is_said_by_the_printed_year_alone(earlier: tuple[int, ...], change: str) -> None:
    """Older years are in no table of the report: beside a printed nought, "risen" would say that one had letters."""
    tables = two_columns("theme_before", "動物", 60, earlier[0])
    (told,) = changes_of([Course("theme", "動物", 60, earlier)], tables, {}, 10)
    assert told.change is Change[change]


def test_without_a_table_of_the_year_before_nothing_is_told() -> None:
    """The count of this year is printed in other tables; of the other one a word would tell more than any."""
    table = SuppressedTable("channel", "媒体", "媒体", ("メール", "計"), ("件数",), ((60,), (900,)), 10)
    assert not list(changes_of([Course("channel", "email", 60, (20,))], {"channel": table}, {}, 10))


@pytest.mark.parametrize(("before", "told"), [(0, [60]), (9, []), (10, [60])])
def test_a_topic_of_few_letters_the_year_before_is_not_told(before: int, told: list[int]) -> None:
    """No table prints that count: it may be told of where it is none, or where ten letters stand behind it."""
    table = SuppressedTable("topic", "話題", "話題", ("0007", "計"), ("計",), ((60,), (900,)), 10)
    courses = [Course("topic", "0007", 60, (before,))]
    assert [one.now for one in changes_of(courses, {"topic": table}, {"0007": TOPIC}, 10)] == told


def test_no_topic_is_told_to_have_vanished_of_which_letters_are_printed() -> None:
    """By today's words nobody writes of it, but the table counts what was decided: both in one report is no truth."""
    table = SuppressedTable("topic", "話題", "話題", ("0007", "計"), ("計",), ((15,), (900,)), 10)
    gone = Course("topic", "0007", 0, (60,))
    assert not list(changes_of([gone], {"topic": table}, {"0007": TOPIC}, 10))


@pytest.mark.parametrize(("printed", "told"), [(131, [131]), (None, [])])
def test_a_topic_is_told_by_its_printed_count_or_not_at_all(printed: int | None, told: list[int]) -> None:
    """For the test its letters are counted anew, by today's words: that count passed no release."""
    table = SuppressedTable("topic", "話題", "話題", ("0007", "計"), ("計",), ((printed,), (900,)), 10)
    assert [one.now for one in changes_of([RISEN], {"topic": table}, {"0007": TOPIC}, 10)] == told


@pytest.mark.parametrize(("by", "label"), [(None, "自転車・駐輪場（機械による見出し）"), ("desk-1", "自転車・駐輪場")])
def test_a_label_that_nobody_gave_or_confirmed_says_so(by: str | None, label: str) -> None:
    """Words in a row are what a program found; readers can tell them from what a person of the ward called it."""
    table = SuppressedTable("topic", "話題", "話題", ("0007", "計"), ("計",), ((131,), (900,)), 10)
    topic = replace(TOPIC, labelled_by=by)
    assert [one.label for one in changes_of([RISEN], {"topic": table}, {"0007": topic}, 10)] == [label]
