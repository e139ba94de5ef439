"""A change is told by the counts that the tables print, and not at all where they print none."""

from datetime import UTC, datetime

import pytest

from tayori.analysis.changes import changes_of
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.signals import Course
from tayori.warehouse.analysis import TopicRow

TOPIC = TopicRow(7, "自転車・駐輪場", None, {"自転車": 1.0}, "2025-04", datetime(2025, 5, 1, tzinfo=UTC))
RISEN = Course("topic", "0007", 143, (40,))


@pytest.mark.parametrize(("printed", "told"), [(131, [131]), (None, [])])
def test_a_topic_is_told_by_its_printed_count_or_not_at_all(printed: int | None, told: list[int]) -> None:
    """For the test its letters are counted anew, by today's words: that count passed no release."""
    table = SuppressedTable("topic", "話題", "話題", ("0007", "計"), ("計",), ((printed,), (900,)), 10)
    assert [one.now for one in changes_of([RISEN], {"topic": table}, {"0007": TOPIC}, 10)] == told
