"""Too many leavers at once are held until two handlers say that it is true; nobody is erased wrongly meanwhile (I7)."""

import pytest

from tayori.errors import NotFound, Refused, Tampered, Unavailable
from tayori.office import Office
from tayori.retention import holds, run
from tayori.settings import Mode
from tayori.vault import audit
from tayori.vault.roster import Credential
from tayori.warehouse import holds as rows
from tayori.warehouse import people
from tayori.warehouse.engines import reading, writing
from tayori.watch import look
from tests.broadcast.builders import handler
from tests.retention.test_reconcile import Page, Platform, a_ward, ids, left, quit_line, scan
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow, leave


def two(office: Office) -> tuple[Credential, Credential]:
    """Give a responsible handler and another one."""
    return handler(office, "suzuki", "responsible"), handler(office, "tanaka", "writer")


def open_hold(office: Office) -> rows.HoldRow:
    with reading(office.warehouse) as warehouse:
        (found,) = [row for row in rows.every(warehouse) if row.state == holds.OPEN]
    return found


def allow(office: Office, *hands: Credential) -> None:
    for one in hands:
        held = open_hold(office)
        holds.allow(office, held.hold_id, one, held.people)


def a_held_scan(office: Office, clock: TestClock, last: int) -> Platform:
    """Give a ward of 100 of whom the first up to `last` are missing: the scan was held."""
    line = a_ward(office, clock, 100)
    scan(office, clock, line)
    quit_line(line, *range(1, last + 1))
    with pytest.raises(Refused, match=f"{last} of 100"):
        scan(office, clock, line)
    return line


def test_a_scan_that_would_lose_too_many_stops_and_asks(office: Office, clock: TestClock) -> None:
    """More than 5 % and more than 20 people missing: nothing is concluded until two handlers sign for so many."""
    line, who = a_held_scan(office, clock, 21), two(office)
    for _ in range(2):
        with pytest.raises(Refused, match="21 of 100"):
            scan(office, clock, line)
    assert "leavers_held" in {alarm.code for alarm in look(office)}
    allow(office, who[1], who[0])
    assert scan(office, clock, line).asked == 0
    assert scan(office, clock, line).quit == 21
    with reading(office.warehouse) as warehouse:
        audit.verify(warehouse, office.signing_key.public_key())


def test_one_hand_allows_nothing(office: Office, clock: TestClock) -> None:
    """One signature, the same hand twice, two who are not responsible: all of it leaves the hold open."""
    line, (responsible, writer) = a_held_scan(office, clock, 29), two(office)
    third = handler(office, "sato", "writer")
    allow(office, writer)
    with pytest.raises(Refused, match="another handler"):
        allow(office, writer)
    with pytest.raises(Refused, match="responsible"):
        allow(office, third)
    with pytest.raises(Refused):
        scan(office, clock, line)
    allow(office, responsible)
    assert scan(office, clock, line).missed == 29


def test_signatures_are_for_a_number_and_for_three_days(office: Office, clock: TestClock) -> None:
    """Where more are missing than was signed for, or later than three days, it is asked for anew."""
    line, who = a_held_scan(office, clock, 29), two(office)
    with pytest.raises(Refused, match="look at it again"):
        holds.allow(office, open_hold(office).hold_id, who[0], 5)
    with pytest.raises(NotFound):
        holds.allow(office, "h-none", who[0], 5)
    allow(office, who[0])
    quit_line(line, 30)
    with pytest.raises(Refused, match="30 of 100"):
        scan(office, clock, line)
    allow(office, who[1])
    with pytest.raises(Refused, match="30 of 100"):
        scan(office, clock, line)
    allow(office, who[0])
    quit_line(line, 31)
    with pytest.raises(Refused, match="31 of 100"):
        scan(office, clock, line)
    allow(office, *who)
    clock.forward(hours=73)
    with pytest.raises(Refused, match="31 of 100"):
        scan(office, clock, line)


def test_a_number_that_was_changed_in_the_table_is_found_out(office: Office, clock: TestClock) -> None:
    """Whoever can write the table cannot widen what was signed."""
    line, who = a_held_scan(office, clock, 29), two(office)
    allow(office, *who)
    with writing(office.warehouse) as warehouse:
        warehouse.exec_driver_sql("UPDATE hold SET people = 90")
        warehouse.exec_driver_sql("UPDATE hold_signature SET people = 90")
    quit_line(line, *range(30, 60))
    with pytest.raises(Tampered):
        scan(office, clock, line)
    assert left(office) == []


def test_two_scans_within_hours_are_one_piece_of_evidence(office: Office, clock: TestClock) -> None:
    """Scans closer than six hours miss nobody twice, however many there are."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    quit_line(line, 4)
    for _ in range(5):
        scan(office, clock, line, hours=1)
    assert left(office) == []
    clock.forward(hours=4)
    assert scan(office, clock, line).quit == 1


@pytest.mark.parametrize(("mode", "gone"), [(Mode.REHEARSAL, 1), (Mode.LIVE, 0)])
def test_only_a_rehearsal_may_scan_twice_at_once(
    sqlite_office: Office, clock: TestClock, mode: Mode, gone: int
) -> None:
    """A setting lets a rehearsal go on without waiting; in live it means nothing."""
    line = a_ward(sqlite_office, clock)
    office = Office(sqlite_office.settings.model_copy(update={"mode": mode, "scan_hours": 0}), clock)
    scan(office, clock, line, hours=0)
    quit_line(line, 4)
    scan(office, clock, line, hours=0)
    assert scan(office, clock, line, hours=0).quit == gone
    office.close()


def test_where_nobody_has_a_profile_nobody_has_left(office: Office, clock: TestClock) -> None:
    """A token that sees no profiles (another channel's, say) proves nothing about those who are missing."""
    line = a_ward(office, clock)
    scan(office, clock, line)
    quit_line(line, 4)
    scan(office, clock, line)
    profiles, line.profiles = line.profiles, set()
    with pytest.raises(Unavailable, match="token"):
        scan(office, clock, line)
    assert left(office) == []
    line.profiles = profiles
    assert scan(office, clock, line).quit == 1


def test_a_list_of_strangers_loses_nobody(office: Office, clock: TestClock) -> None:
    """The list of another account, none of whose ids are ours, is a loss of everybody: held."""
    line = a_ward(office, clock, 50)
    scan(office, clock, line)
    line.listed = ids(*range(500, 560))
    with pytest.raises(Refused, match="50 of 50"):
        scan(office, clock, line)
    assert left(office) == []


class Circles(Platform):
    """A platform that names the same next page again and again."""

    def followers_ids(self, start: str | None = None) -> Page:
        """Give the first page, whatever was asked."""
        assert start in {None, "3"}
        return Page(self.listed[:3], "3")


def test_a_list_that_goes_in_circles_concludes_nothing(office: Office, clock: TestClock) -> None:
    """A list without an end is given up on."""
    line = a_ward(office, clock)
    with pytest.raises(Unavailable, match="circles"):
        scan(office, clock, Circles(line.listed, line.profiles))


def a_flood(office: Office, gone: int) -> None:
    numbers = list(follow(office, [a_line_id(one) for one in range(1, 301)]))
    leave(office, numbers[:gone])


def night(office: Office) -> run.Counts:
    """Let a night erase."""
    return run.erase_leavers(office, run.begin(office))


def test_a_flood_of_leavings_is_held_and_told(office: Office, clock: TestClock) -> None:
    """More than 100 and more than a tenth leave at once: the night erases none of them, until two handlers sign."""
    who = two(office)
    a_flood(office, 101)
    found = night(office)
    assert (found["held"], found["erased"], found["canaries"]) == (101, 0, 5)
    assert len(left(office)) == 101
    assert "leavers_held" in {alarm.code for alarm in look(office)}
    with reading(office.warehouse) as warehouse:
        assert people.count_people(warehouse) == 199
    allow(office, *who)
    clock.forward(hours=1)
    assert night(office)["erased"] == 101


def test_a_hundred_are_no_flood(office: Office) -> None:
    """What a ward may see on a bad day is erased as ever."""
    a_flood(office, 100)
    assert night(office)["erased"] == 100


def test_nobody_in_a_flood_is_held_for_more_than_three_days(office: Office, clock: TestClock) -> None:
    """Undecided, the leavers are erased all the same once they left 72 h ago: LINE signed each of these events."""
    a_flood(office, 150)
    assert night(office)["held"] == 150
    clock.forward(hours=71)
    assert night(office)["held"] == 150
    clock.forward(hours=1, minutes=1)
    assert night(office)["erased"] == 150
