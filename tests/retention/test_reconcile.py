"""Finding those who left LINE without telling, and nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tayori.domain.identifiers import RunId
from tayori.errors import Refused, Unavailable
from tayori.line.paging import PageExpired
from tayori.office import Office
from tayori.retention.reconcile import Reconciled, reconcile
from tayori.warehouse import people
from tayori.warehouse.engines import reading
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow, leave


@dataclass
class Page:
    """A page as LINE gives it."""

    ids: list[str]
    start: str | None


@dataclass
class Platform:
    """LINE as a scan sees it: who is listed, who has a profile, in pages of three, some of them short."""

    listed: list[str]
    profiles: set[str]
    fails_at: int | None = None
    expires_at: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    quit_meanwhile: list[str] = field(default_factory=list)

    def followers_ids(self, start: str | None = None) -> Page:
        """Give a page."""
        at = int(start or 0)
        if self.fails_at is not None and at >= self.fails_at:
            raise Unavailable("LINE answered 500.")
        if self.expires_at and at == self.expires_at[0]:
            self.expires_at.pop(0)
            for one in self.quit_meanwhile:
                self.listed.remove(one)
            raise PageExpired("LINE answered 400.")
        following = at + 3
        return Page(self.listed[at:following], str(following) if following < len(self.listed) else None)

    def profile_exists(self, line_user_id: str) -> bool:
        """Tell whether there is a profile."""
        self.asked.append(line_user_id)
        return line_user_id in self.profiles


def ids(*numbers: int) -> list[str]:
    return [str(a_line_id(number)) for number in numbers]


def a_ward(office: Office, clock: TestClock, count: int = 10) -> Platform:
    """Give a platform that lists everyone who follows, each with a profile, and the office that knows them."""
    everyone = ids(*range(1, count + 1))
    follow(office, everyone)
    clock.forward(hours=1)
    return Platform(list(everyone), set(everyone))


_scans: Iterator[int] = iter(range(10_000))


def scan(office: Office, clock: TestClock, line: Platform, hours: float = 12) -> Reconciled:
    found = reconcile(office, line, RunId(f"scan-{next(_scans)}"))
    clock.forward(hours=hours)
    return found


def suspects(line: Platform) -> list[str]:
    """Give who was asked about and does not stand on the list."""
    return [one for one in line.asked if one not in line.listed]


def left(office: Office) -> list[int]:
    with reading(office.warehouse) as warehouse:
        return people.leavers(warehouse)


def quit_line(line: Platform, *numbers: int) -> None:
    for one in ids(*numbers):
        line.listed.remove(one)
        line.profiles.discard(one)


def test_who_is_missed_twice_and_has_no_profile_left(office: Office, clock: TestClock) -> None:
    """Two scans in a row that miss a person, and no profile: they left. One scan is not enough."""
    line = a_ward(office, clock)
    assert scan(office, clock, line).first_seen == 10
    quit_line(line, 4)
    assert scan(office, clock, line) == Reconciled(9, 10, 0, missed=1, asked=0, quit=0)
    assert left(office) == []
    assert scan(office, clock, line) == Reconciled(9, 10, 0, missed=1, asked=1, quit=1)
    assert left(office) == [4]
    assert scan(office, clock, line).missed == 0


def test_who_still_has_a_profile_stays(office: Office, clock: TestClock) -> None:
    """Who is not listed and yet has a profile is asked about again with every scan, and stays."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    line.listed.remove(ids(4)[0])
    for _ in range(3):
        scan(office, clock, line)
    assert suspects(line) == ids(4, 4)
    assert left(office) == []


def test_a_person_seen_again_starts_anew(office: Office, clock: TestClock) -> None:
    """Only consecutive misses count."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    for listed in (False, True, False):
        line.listed = [one for one in ids(*range(1, 11)) if listed or one != ids(4)[0]]
        line.profiles.discard(ids(4)[0])
        scan(office, clock, line)
    assert suspects(line) == []
    assert left(office) == []


def test_who_was_never_seen_cannot_be_missed(office: Office, clock: TestClock) -> None:
    """Somebody whom LINE never listed (they did not consent to it) is never concluded to be gone."""
    line = a_ward(office, clock)
    quit_line(line, 4)
    for _ in range(3):
        assert scan(office, clock, line).missed == 0


def test_a_scan_creates_nobody(office: Office, clock: TestClock) -> None:
    """Ids that the list holds and we do not know stay unknown; what is no LINE id is passed over."""
    line = a_ward(office, clock)
    line.listed += [*ids(500), "U206d", ""]
    assert scan(office, clock, line).first_seen == 10
    with reading(office.warehouse) as warehouse:
        assert people.count_people(warehouse) == 10


@pytest.mark.parametrize("fails_at", [0, 6])
def test_an_error_concludes_nothing(office: Office, clock: TestClock, fails_at: int) -> None:
    """A list that broke off, on the first page or a later one, misses nobody."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    quit_line(line, 4)
    line.fails_at = fails_at
    for _ in range(2):
        with pytest.raises(Unavailable):
            scan(office, clock, line)
    line.fails_at = None
    assert scan(office, clock, line).asked == 0
    assert left(office) == []


def test_an_expired_page_begins_the_list_again(office: Office, clock: TestClock) -> None:
    """When the place of the next page is no longer valid the list is read again from its beginning."""
    line = a_ward(office, clock)
    line.expires_at = [3, 6]
    assert scan(office, clock, line).listed == 10


def test_what_a_broken_list_showed_does_not_count(office: Office, clock: TestClock) -> None:
    """Who stood on the pages before the list began again and is not on it any more is missed."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    line.expires_at, line.quit_meanwhile = [3], ids(1)
    assert scan(office, clock, line).missed == 1


def test_a_list_that_keeps_expiring_concludes_nothing(office: Office, clock: TestClock) -> None:
    """After some new beginnings the scan gives up."""
    line = a_ward(office, clock)
    line.expires_at = [3] * 9
    with pytest.raises(Unavailable):
        scan(office, clock, line)


def test_twenty_people_are_never_too_many(office: Office, clock: TestClock) -> None:
    """In a small ward up to 20 people may leave between two scans."""
    line = a_ward(office, clock, 100)
    scan(office, clock, line)
    quit_line(line, *range(1, 21))
    assert scan(office, clock, line).missed == 20


def test_an_empty_list_concludes_nothing(office: Office, clock: TestClock) -> None:
    """A list of nobody is a fault of the account or the token, however few people there are."""
    line = a_ward(office, clock, 3)
    scan(office, clock, line)
    line.listed = []
    with pytest.raises(Refused, match="nobody"):
        scan(office, clock, line)


def test_who_came_back_while_the_scan_ran_is_not_missed(office: Office, clock: TestClock) -> None:
    """An event after the scan began says more than the scan's list."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    quit_line(line, 4)
    scan(office, clock, line)
    with office.writing_people() as (warehouse, _):
        people.touch(warehouse, [(4, int(clock.forward(hours=1).timestamp() * 1000))])
    clock.forward(hours=-2)
    assert scan(office, clock, line).concerned == 9
    assert left(office) == []


def test_canaries_are_in_no_scan(office: Office, clock: TestClock) -> None:
    """Numbers below zero are neither seen nor missed."""
    line = a_ward(office, clock)
    with office.writing_people() as (warehouse, _):
        people.add_people(warehouse, [(-1, b"x", office.index.of_line_id(a_line_id(99)), 1)])
    line.listed += ids(99)
    assert scan(office, clock, line).first_seen == 10
    quit_line(line, 99)
    assert scan(office, clock, line).missed == 0


def test_who_left_by_an_event_is_not_missed(office: Office, clock: TestClock) -> None:
    """Leavers who wait for their erasure are not the scan's business."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    leave(office, [4])
    quit_line(line, 4)
    assert scan(office, clock, line).missed == 0
