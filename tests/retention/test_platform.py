"""Scans against a platform that answers as LINE does, over HTTP: short pages, errors, places that expire."""

from collections.abc import Iterator

import pytest

from sandbox.line.serve import RunningPlatform, running_platform
from tayori.domain.identifiers import RunId
from tayori.errors import Refused, Unavailable
from tayori.line.client import FollowerPage, LineClient
from tayori.office import Office
from tayori.retention.reconcile import Followers, Reconciled, reconcile
from tayori.warehouse import people
from tayori.warehouse.engines import reading
from tests.support.builders import TestClock
from tests.support.people import follow

PEOPLE = 2_500


@pytest.fixture(scope="module")
def shared_platform() -> Iterator[RunningPlatform]:
    """Give one sandbox platform for all tests here."""
    with running_platform() as started:
        yield started


@pytest.fixture
def platform(shared_platform: RunningPlatform) -> RunningPlatform:
    """Give the platform anew, with its first friends."""
    shared_platform.control.ask("reset", rate_factor=100.0)
    shared_platform.control.friends(PEOPLE)
    return shared_platform


@pytest.fixture
def line(platform: RunningPlatform) -> LineClient:
    """Give the client that the ward uses."""
    return LineClient(platform.base_url, platform.account.access_token, timeouts=(1.0, 2.0))


@pytest.fixture
def ward(sqlite_office: Office, clock: TestClock, platform: RunningPlatform) -> Office:
    """Give an office that knows all friends of the platform."""
    follow(sqlite_office, platform.control.ask("people", state="friend")["ids"])
    clock.forward(hours=1)
    return sqlite_office


def scan(office: Office, clock: TestClock, line: Followers, name: str) -> Reconciled:
    found = reconcile(office, line, RunId(name))
    clock.forward(hours=12)
    return found


def test_who_quits_line_is_found_by_the_second_scan(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """Seven people leave LINE without an event: the first scan misses them, the second concludes, nobody else goes."""
    assert scan(ward, clock, line, "s1").first_seen == PEOPLE
    platform.control.quit(7)
    assert scan(ward, clock, line, "s2") == Reconciled(PEOPLE - 7, PEOPLE, 0, missed=7, asked=0, quit=0)
    assert scan(ward, clock, line, "s3").quit == 7
    with reading(ward.warehouse) as warehouse:
        assert len(people.leavers(warehouse)) == 7


def test_who_never_let_line_list_them_stays(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """Somebody who follows and did not consent to be listed has no profile either: no scan concludes anything."""
    platform.control.ask("unlist", count=5, seed=3)
    for name in ("s1", "s2", "s3"):
        assert scan(ward, clock, line, name).missed == 0
    with reading(ward.warehouse) as warehouse:
        assert people.leavers(warehouse) == []


def test_an_error_on_a_later_page_concludes_nothing(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """A 500 in the middle of the list ends the scan; the same people are missed for the first time afterwards."""
    scan(ward, clock, line, "s1")
    platform.control.quit(7)
    platform.control.ask("faults", rules=[{"endpoint": "followers", "kind": "error", "skip": 1}])
    with pytest.raises(Unavailable):
        scan(ward, clock, line, "s2")
    assert scan(ward, clock, line, "s3").asked == 0


HOSTILE = [
    {"kind": "error", "status": 401},
    {"kind": "error", "status": 403},
    {"kind": "error", "status": 429},
    {"kind": "error", "status": 500, "skip": 1},
    {"kind": "torn", "skip": 1},
    {"kind": "reset", "skip": 2},
]


@pytest.mark.parametrize("rule", HOSTILE, ids=lambda rule: "-".join(str(value) for value in rule.values()))
def test_a_hostile_list_concludes_nothing(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform, rule: dict[str, object]
) -> None:
    """Refused, broken off, torn in the middle: the scan says so, and nobody is missed by it."""
    scan(ward, clock, line, "s1")
    platform.control.quit(7)
    platform.control.ask("faults", rules=[{"endpoint": "followers", "times": None, **rule}])
    for name in ("s2", "s3"):
        with pytest.raises(Unavailable):
            scan(ward, clock, line, name)
    platform.control.ask("faults", rules=[])
    assert scan(ward, clock, line, "s4").asked == 0
    with reading(ward.warehouse) as warehouse:
        assert people.leavers(warehouse) == []


def test_a_platform_that_shows_no_profiles_proves_nothing(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """404 for everybody, those who follow among them: a wrong channel's token; afterwards those who quit are found."""
    scan(ward, clock, line, "s1")
    platform.control.quit(7)
    scan(ward, clock, line, "s2")
    platform.control.ask("faults", rules=[{"endpoint": "profile", "kind": "error", "status": 404, "times": None}])
    with pytest.raises(Unavailable, match="token"):
        scan(ward, clock, line, "s3")
    platform.control.ask("faults", rules=[])
    assert scan(ward, clock, line, "s4").quit == 7


def test_a_list_that_lost_a_tenth_is_held(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """A tenth is missing at once: held, and nobody has left until somebody decides."""
    scan(ward, clock, line, "s1")
    platform.control.quit(PEOPLE // 10)
    for name in ("s2", "s3"):
        with pytest.raises(Refused, match="250 of 2500"):
            scan(ward, clock, line, name)
    with reading(ward.warehouse) as warehouse:
        assert people.leavers(warehouse) == []


def test_an_empty_platform_is_held(ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform) -> None:
    """An account without a single follower is a wrong account."""
    scan(ward, clock, line, "s1")
    platform.control.ask("reset", rate_factor=100.0)
    with pytest.raises(Refused, match="nobody at all"):
        scan(ward, clock, line, "s2")


class Slow:
    """A client whose first page takes a day, so that the place of the second is no longer valid."""

    def __init__(self, line: LineClient, platform: RunningPlatform) -> None:
        self._line = line
        self._platform = platform
        self._waited = False

    def followers_ids(self, start: str | None = None) -> FollowerPage:
        """Give a page, the first one late."""
        page = self._line.followers_ids(start)
        if not self._waited:
            self._waited = True
            self._platform.control.ask("clock", advance=25 * 3600)
        return page

    def profile_exists(self, line_user_id: str) -> bool:
        """Ask as ever."""
        return self._line.profile_exists(line_user_id)


def test_a_place_that_expired_begins_the_list_again(
    ward: Office, clock: TestClock, line: LineClient, platform: RunningPlatform
) -> None:
    """A scan that takes longer than LINE keeps its place reads the list anew and misses nobody."""
    assert scan(ward, clock, Slow(line, platform), "s1").listed == PEOPLE
