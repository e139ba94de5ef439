"""The LINE side of a report: what was sent in which genre and month, and how many blocked after it."""

from datetime import date

import pytest

from tayori.analysis.line_side import genre_of
from tayori.domain.identifiers import BroadcastId
from tayori.domain.results import Sent, month_results
from tayori.domain.states import BatchState
from tayori.reports.contents import LineGenre

TODAY = date(2026, 12, 31)


def sent(genre: str, day: date) -> Sent:
    return Sent(BroadcastId(f"b-{genre}-{day:%d}"), genre, day, "10:00", {BatchState.ACCEPTED: 500})


def test_a_genre_tells_its_months_and_the_blocks_after_its_sends() -> None:
    """Blocks of the day of a send and the next, a month weighed by how often it was sent; other genres are apart."""
    october = month_results(
        date(2026, 10, 1), [sent("子育て", date(2026, 10, 5)), sent("健康", date(2026, 10, 20))], {}, TODAY
    )
    november = month_results(
        date(2026, 11, 1),
        [sent("子育て", date(2026, 11, 2)), sent("子育て", date(2026, 11, 9))],
        {date(2026, 11, 2): 4, date(2026, 11, 10): 2},
        TODAY,
    )
    told = genre_of("子育て", 120, [october, november])
    assert (told.broadcasts, told.by_month, told.people) == (3, (1, 2), 120)
    assert told.blocks_after == pytest.approx(1.0)  # none a day after one send, 1.5 after each of two


def test_a_genre_in_which_nothing_was_sent_tells_no_blocks() -> None:
    """It stands with noughts, so that the rows tell nothing."""
    assert genre_of("健康", None, [month_results(date(2026, 10, 1), [], {}, TODAY)]) == LineGenre("健康", 0, None, (0,))
