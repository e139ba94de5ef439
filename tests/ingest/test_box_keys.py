"""Box keys from night to night: what is sealed to an old one is taken in, kept and found so long, and no longer."""

from datetime import timedelta

import pytest

from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import NotFound
from tayori.ingest import quarantine
from tayori.office import Office
from tayori.retention import run
from tayori.vault.sealed_box import Sealer
from tests.ingest.builders import an_event, deliver, followers, rows, submit, take_in
from tests.support.builders import TestClock, an_office
from tests.support.people import leave

SEALED = "SELECT epoch, sealed FROM quarantine ORDER BY quarantine_no"
EVIDENCE = Evidence("hanako", Purpose.INTAKE)


def night(office: Office, clock: TestClock) -> None:
    """Do what concerns boxes in a night, and let a day pass."""
    run.expire(office)
    run.renew_box_keys(office)
    clock.forward(days=1)


def submit_without_follow(office: Office) -> None:
    """Somebody's settings come before their follow: they wait in quarantine, with the value by which they are found."""
    submit(office, person=7)
    take_in(office)


def test_what_was_sealed_to_an_old_key_is_taken_in(office: Office, clock: TestClock) -> None:
    """Ingest that stood still for three nights opens what the door sealed before them; then the old keys end."""
    deliver(office, an_event("follow", 1))
    for _ in range(3):
        night(office, clock)
    assert 1 in office.box_keys.epochs()
    taken = take_in(office).events
    assert taken.quarantined == {"follow_older_than_tombstones": 1}  # opened, and so old that LINE is asked first
    night(office, clock)
    assert 1 not in office.box_keys.epochs()


def test_a_door_that_missed_the_new_key_is_heard_for_two_days(office: Office, clock: TestClock) -> None:
    """Sealed to a key that was replaced within 48 hours: taken in. Sealed to one that ended: set aside, and told."""
    late = office.settings.home / "copy-of-the-door.json"
    late.write_bytes(office.inbox_public_file.read_bytes())
    stale = Sealer(late)
    night(office, clock)
    clock.forward(hours=-1)
    run.renew_box_keys(office)
    _arrive(office, stale, 1)
    assert take_in(office).events.applied == 1
    clock.forward(hours=26)
    run.renew_box_keys(office)
    assert 1 not in office.box_keys.epochs()
    _arrive(office, stale, 2)
    assert take_in(office).events.quarantined == {"box_does_not_open": 1}
    assert list(followers(office).values()) != []
    assert [row.rule for row in quarantine.list_waiting(office)] == ["box_does_not_open"]


def _arrive(office: Office, door: Sealer, person: int) -> None:
    held = office.__dict__
    before = office.sealer
    held["sealer"] = door
    deliver(office, an_event("follow", person))
    held["sealer"] = before


def test_a_quarantined_row_keeps_its_key_for_fourteen_days_and_no_longer(office: Office, clock: TestClock) -> None:
    """It opens until its end, its epoch's key being kept for it alone; the night after, both are gone."""
    submit_without_follow(office)
    epoch = rows(office, SEALED)[0][0]
    number = quarantine.list_waiting(office)[0].quarantine_no
    for _ in range(13):
        night(office, clock)
    assert quarantine.open_content(office, number, EVIDENCE)
    for _ in range(3):
        night(office, clock)
    assert rows(office, SEALED)[0][1] is None
    assert epoch not in office.box_keys.epochs()
    assert len(office.box_keys.epochs()) <= 4
    assert quarantine.list_waiting(office) == []


def test_an_erased_persons_quarantined_row_is_found_and_ends_with_its_key(office: Office, clock: TestClock) -> None:
    """Found by its blind index, never opened: the row is blanked in the same night, and its key ends when drained."""
    submit_without_follow(office)
    deliver(office, an_event("follow", 7))
    epoch = rows(office, SEALED)[0][0]
    held = rows(office, "SELECT count(*) FROM quarantine WHERE line_index IS NOT NULL")[0][0]
    take_in(office)
    submit_changed(office)
    leave(office, list(followers(office).values()))
    run_id = run.begin(office)
    run.erase_leavers(office, run_id)
    assert held == 1
    assert rows(office, "SELECT count(*) FROM quarantine WHERE line_index IS NOT NULL OR sealed IS NOT NULL")[0][0] == 0
    for _ in range(4):
        night(office, clock)
    assert epoch not in office.box_keys.epochs()


def submit_changed(office: Office) -> None:
    """A settings page that the gate refuses: it stays sealed, with the value by which its sender is found."""
    submit(office, person=7, number=2, birth_year=1850)
    take_in(office)


def test_the_keys_of_ended_boxes_leave_a_running_program(sqlite_office: Office, clock: TestClock) -> None:
    """Another program ended a box's key: this one opens nothing with what it still had in its memory."""
    office = sqlite_office
    other = an_office(office.settings.home, clock)
    sealed = office.sealer.seal("event", b"x")
    assert other.box_keys.open("event", sealed) == b"x"
    office.box_keys.renew(office.now() + timedelta(days=1))
    office.box_keys.destroy(1)
    assert 1 not in other.box_keys.epochs()
    with pytest.raises(NotFound):
        other.box_keys.open("event", sealed)
    assert other.box_keys._open == {}  # noqa: SLF001 - what is in its memory is the question
    other.close()
