"""Blocks are totals of a day, beside nobody's name: counted once, by the day of the event in Tokyo."""

from datetime import date

from tayori.domain.identifiers import CANARY_PREFIX
from tayori.office import Office
from tayori.warehouse import daily
from tayori.warehouse.engines import reading
from tests.ingest.builders import an_event, deliver, take_in

NOON = date(2026, 11, 2)
HOUR = 3_600_000
CANARY = {"type": "user", "userId": f"{CANARY_PREFIX}{1:024x}"}


def blocks(office: Office) -> dict[date, int]:
    with reading(office.warehouse) as connection:
        return daily.blocks_between(connection, date(2026, 1, 1), date(2026, 12, 31))


def test_each_block_counts_once(office: Office) -> None:
    """Repeated deliveries, unfollows of strangers and of those who left before add nothing."""
    deliver(office, *(an_event("follow", person, at=-20 * HOUR) for person in range(1, 5)))
    take_in(office)
    left = [an_event("unfollow", person) for person in (1, 2, 3)]
    deliver(office, *left, an_event("unfollow", 3, at=1), an_event("unfollow", 77))
    take_in(office)
    deliver(office, *left)
    take_in(office)
    assert blocks(office) == {NOON: 3}


def test_the_day_begins_at_midnight_in_tokyo(office: Office) -> None:
    """A minute before midnight counts to the day that ends, midnight to the one that begins."""
    midnight = -9 * HOUR  # events stand at 9:00 in Tokyo
    deliver(office, *(an_event("follow", person, at=-20 * HOUR) for person in (1, 2)))
    deliver(office, an_event("unfollow", 1, at=midnight - 60_000), an_event("unfollow", 2, at=midnight))
    take_in(office)
    assert blocks(office) == {date(2026, 11, 1): 1, NOON: 1}


def test_who_comes_and_goes_within_a_block_counts_and_canaries_do_not(office: Office) -> None:
    """Followed and blocked in one delivery is one block; a canary is nobody."""
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=1))
    deliver(office, an_event("follow", source=CANARY), an_event("unfollow", source=CANARY, at=1))
    take_in(office)
    deliver(office, an_event("follow", source=CANARY, at=2))
    take_in(office)
    deliver(office, an_event("unfollow", source=CANARY, at=3))
    take_in(office)
    assert blocks(office) == {NOON: 1}
