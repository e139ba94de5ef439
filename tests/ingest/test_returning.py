"""Late, doubled and replayed events: whoever left stays forgotten, and who follows is not lost (L14)."""

from dataclasses import dataclass, field

import pytest

from expectations.gate import gate
from tayori.domain.identifiers import RunId
from tayori.errors import Unavailable
from tayori.ingest import returning
from tayori.ingest.following import FORGOTTEN, UNCERTAIN
from tayori.ingest.returning import Returned
from tayori.office import Office
from tayori.retention import run
from tayori.retention.erase import erase_leavers
from tayori.vault import tombstones
from tayori.warehouse.engines import reading
from tests.ingest.builders import NOON_MS, an_event, deliver, followers, rows, submit, take_in
from tests.support.builders import TestClock, a_line_id
from tests.support.traces import tables_with_bytes

RUN, KEY = RunId("retention-test"), bytes(32)
HOUR = 3_600_000


@dataclass
class Line:
    """LINE, as far as it is asked here."""

    profiles: set[str] = field(default_factory=set)
    is_up: bool = True

    def profile_exists(self, line_user_id: str) -> bool:
        """Tell whether there is a profile."""
        if not self.is_up:
            raise Unavailable("LINE answered 500.")
        return line_user_id in self.profiles


def come_and_go(office: Office, left_at: int = 5) -> None:
    """Let the first dummy person follow, leave and be erased."""
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=left_at))
    take_in(office)
    erase_leavers(office, RUN, KEY)


def hours_later(clock: TestClock, hours: float) -> int:
    """Let hours pass as they do here: the watch looks every ten minutes; give them in ms."""
    clock.forward(hours=hours)
    return int(hours * HOUR)


@pytest.mark.parametrize("hours", [0, 1, 24, 47, 58])
def test_a_follow_from_before_the_leave_revives_nobody_while_it_is_remembered(
    office: Office, clock: TestClock, hours: float
) -> None:
    """While the tombstone stands it tells by itself, and LINE is not asked."""
    come_and_go(office)
    hours_later(clock, hours)
    deliver(office, an_event("follow", 1, at=2))
    assert take_in(office).events.applied == 0
    assert followers(office) == {}


@pytest.mark.parametrize("hours", [73, 24 * 10])
def test_an_older_follow_waits_for_lines_word(office: Office, clock: TestClock, hours: float) -> None:
    """Once the tombstone is gone a follow brings nobody back by itself; without a profile never."""
    come_and_go(office)
    hours_later(clock, hours)
    run.expire_quarantine(office)
    deliver(office, an_event("follow", 1, at=2))
    assert take_in(office).events.quarantined == {UNCERTAIN: 1}
    assert returning.anybody_waits(office)
    found = returning.confirm_follows(office, Line(), gate)
    assert found == Returned(1, 0, 1)
    assert followers(office) == {}
    assert not tables_with_bytes(office, office.index.of_line_id(a_line_id(1)), a_line_id(1).encode())


def test_who_follows_and_came_late_is_welcomed(office: Office, clock: TestClock) -> None:
    """After days without ingest a true follow counts once LINE shows a profile, and the settings beside it are put."""
    hours_later(clock, 60)
    deliver(office, an_event("follow", 1, at=HOUR))
    submit(office, 1)
    take_in(office)
    assert followers(office) == {}
    line = Line({a_line_id(1)}, is_up=False)
    with pytest.raises(Unavailable):
        returning.confirm_follows(office, line, gate)
    line.is_up = True
    assert returning.confirm_follows(office, line, gate) == Returned(1, 1, 0)
    assert list(followers(office)) == [a_line_id(1)]
    assert rows(office, "SELECT birth_year FROM reception_settings") == [(1980,)]


def test_a_leave_that_comes_while_the_follow_waits_counts(office: Office, clock: TestClock) -> None:
    """Though LINE still shows a profile at the moment when it is asked, the later leave is remembered."""
    later = hours_later(clock, 60)
    deliver(office, an_event("follow", 1, at=HOUR))
    take_in(office)
    deliver(office, an_event("unfollow", 1, at=later))
    take_in(office)
    assert returning.confirm_follows(office, Line({a_line_id(1)}), gate).counted == 0
    assert followers(office) == {}


def test_a_follow_older_than_a_fortnight_never_counts(office: Office, clock: TestClock) -> None:
    """A replay from before all memory is not even asked about."""
    come_and_go(office)
    hours_later(clock, 24 * 15)
    deliver(office, an_event("follow", 1, at=2))
    assert take_in(office).events.ignored == {FORGOTTEN: 1}
    assert not returning.anybody_waits(office)


@pytest.mark.parametrize("hours", [1, 50, 73])
def test_settings_of_somebody_erased_do_not_come_back(office: Office, clock: TestClock, hours: float) -> None:
    """Settings from before the leave, delivered late, are put for nobody, not even after the same person came back."""
    come_and_go(office, left_at=2 * HOUR)
    later = hours_later(clock, hours)
    submit(office, 1)
    take_in(office)
    deliver(office, an_event("follow", 1, at=2 * HOUR + later))
    take_in(office)
    submit(office, 1, number=2)
    take_in(office)
    assert list(followers(office)) == [a_line_id(1)]
    assert rows(office, "SELECT * FROM reception_settings") == []


def test_no_mark_lives_for_three_days_and_its_key_dies_with_it(office: Office, clock: TestClock) -> None:
    """72 h after the leave neither mark nor key is there; until then the mark says nothing without its key."""
    come_and_go(office)
    keys = office.tombstone_keys.living(office.now())
    assert len(rows(office, "SELECT * FROM tombstone")) == len(keys) == 1
    index = office.index.of_line_id(a_line_id(1))
    assert not tables_with_bytes(office, index, index[:16])
    clock.forward(hours=58)
    run.expire_quarantine(office)
    assert len(rows(office, "SELECT * FROM tombstone")) == 1
    clock.forward(hours=13, minutes=50)
    run.expire_quarantine(office)
    assert rows(office, "SELECT * FROM tombstone") == []
    assert list(office.keys_folder.glob("tombstone-*")) == []


def test_where_a_key_of_tombstones_is_lost_every_follow_is_asked_about(office: Office) -> None:
    """Fail closed: marks that nobody can read let no follow count by itself."""
    come_and_go(office)
    for path in office.keys_folder.glob("tombstone-*.key"):
        path.unlink()
    deliver(office, an_event("follow", 1, at=2))
    assert take_in(office).events.quarantined == {UNCERTAIN: 1}
    with reading(office.warehouse) as warehouse:
        since = tombstones.certain_since_ms(warehouse, office.tombstone_keys, office.now())
    assert since > NOON_MS + 12 * HOUR


def test_two_programs_make_one_key_of_tombstones(office: Office) -> None:
    """Whoever comes second takes the first one's key: no mark is under a key that was lost."""
    first = tombstones.TombstoneKeys(office.keys_folder).current(office.now())
    assert tombstones.TombstoneKeys(office.keys_folder).current(office.now()) == first
    assert list(office.keys_folder.glob(".tombstone*")) == []
