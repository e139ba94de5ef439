"""Whom earlier broadcasts would reach today: SQL agrees with the rule in plain words, on both stores."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tayori.domain.segments import Segment
from tayori.office import Office
from tayori.warehouse import earlier
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import CHOICE
from tayori.warehouse.schema.people import genre_choice
from tests.broadcast.test_audience import TREES, Person, crowds, is_meant

SENDS = st.lists(st.tuples(st.sampled_from([1, 2]), TREES), min_size=1, max_size=5)


def _fill(office: Office, crowd: list[Person]) -> None:
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("DELETE FROM genre_choice")
        rows = ((one.genre, one.number, one.birth_year, one.sex, one.area) for one in crowd)
        insert_rows(connection, genre_choice, CHOICE, rows)


def _met(number: int, crowd: list[Person], sends: list[tuple[int, Segment]]) -> int:
    """How many of the sends the settings of a person put them into today."""
    mine = {one.genre: one for one in crowd if one.number == number}
    return sum(genre in mine and is_meant(segment, mine[genre]) for genre, segment in sends)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=crowds(), segment=TREES, sends=SENDS, times=st.integers(1, 4))
def test_sql_counts_whom_earlier_sends_would_reach_again(
    office: Office, crowd: list[Person], segment: Segment, sends: list[tuple[int, Segment]], times: int
) -> None:
    """For any people, audience and earlier sends, in the genre and in another one; canaries are never counted."""
    _fill(office, crowd)
    meant = [one.number for one in crowd if one.genre == 1 and one.number > 0 and is_meant(segment, one)]
    own = [(genre, one) for genre, one in sends if genre == 1]
    with reading(office.warehouse) as connection:
        again = earlier.meeting_any(connection, 1, segment, sends)
        often = earlier.meeting_often(connection, 1, segment, Counter(one for _, one in own), times=times)
    assert again == sum(_met(number, crowd, sends) > 0 for number in meant)
    assert often == sum(_met(number, crowd, own) >= times for number in meant)
