"""A change is told by the counts that the tables print, and not at all where they print none."""

from datetime import UTC, datetime

import pytest

from tayori.analysis.changes import changes_of
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.signals import Course
from tayori.warehouse.analysis import TopicRow

TOPIC = TopicRow(7, "自転車・駐輪場", None, {"自転車": 1.0}, "2025-04", datetime(2025, 5, 1, tzinfo=UTC))
RISEN = Course("topic", "0007", 143, (40,))


def two_columns(now: int | None, before: int | None) -> dict[str, SuppressedTable]:
    """A field, its counts of the period and of the year before."""
    rows, columns = ("動物", "計"), ("当期", "前年同期")
    return {
        "theme_kind": SuppressedTable("theme_kind", "分野", "分野", rows, ("計",), ((now,), (900,)), 10),
        "theme_before": SuppressedTable("theme_before", "分野", "分野", rows, columns, ((now, before), (900, 800)), 10),
    }


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
def test_no_change_tells_a_count_that_a_table_hides(
    course: tuple[int, int], printed: tuple[int | None, int | None], told: list[tuple[int, int]]
) -> None:
    """A field that "vanished" has no letter, one that "rose" had few: neither is said where the table says 秘."""
    now, before = course
    courses = [Course("theme", "動物", now, (before,))]
    assert [(one.now, one.before) for one in changes_of(courses, two_columns(*printed), {}, 10)] == told


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
