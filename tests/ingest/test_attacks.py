"""Attacks on the intake: what was sealed by a stranger, comes too late, or comes before its time."""

from datetime import timedelta

import pytest

from expectations.gate import gate
from tayori.domain.identifiers import RunId
from tayori.ingest import quarantine, returning
from tayori.ingest.following import UNCERTAIN
from tayori.ingest.inbox import EVENTS
from tayori.office import Office
from tayori.retention.erase import erase_leavers
from tayori.warehouse import erasure, inbox
from tayori.warehouse.engines import writing
from tests.ingest.builders import an_event, deliver, followers, rows, submit, take_in
from tests.ingest.test_returning import Line
from tests.support.builders import START, TestClock, a_line_id

FORGED = (
    b"no JSON at all",
    b'{"events": []}',
    b"7",
    b'[["follow"]]',
    b'[["follow", "noon", ["id"], {}, 0, "user", "U", null, ""]]',
    b'[["follow", 9e99, "id", "active", false, "user", "U", null, ""]]',
    b'[["follow", 18446744073709551615, "id", "active", false, "user", "U", null, ""]]',
    b"[null, 7, {}]",
)


@pytest.mark.parametrize("content", FORGED)
def test_a_row_that_the_door_never_wrote_does_not_stop_the_others(office: Office, content: bytes) -> None:
    """Whoever may INSERT can seal anything; it is set aside, and what came beside it is applied."""
    box = office.sealer.seal(EVENTS, content)
    with writing(office.inbox) as connection:
        inbox.put(connection, EVENTS, box.epoch, box.box, office.now())
    deliver(office, an_event(person=2))
    counts = take_in(office)
    assert (counts.rows, counts.events.applied) == (2, 1)
    assert len(quarantine.list_waiting(office)) == counts.events.quarantined.total() >= 1
    assert take_in(office).rows == 0


def test_an_old_follow_never_brings_back_who_was_erased(office: Office, clock: TestClock) -> None:
    """However late an old follow comes again, who left after it stays forgotten: its time is past our memory (L14)."""
    old = an_event("follow", 1, at=0)
    deliver(office, old, an_event("unfollow", 1, at=1_000))
    take_in(office)
    erase_leavers(office, RunId("r"), bytes(32))
    for days in (6, 3, 4, 2, 2, 30):
        clock.forward(days=days)
        with writing(office.warehouse) as warehouse:
            erasure.expire(warehouse, "warehouse", office.now())
        deliver(office, old | {"webhookEventId": an_event()["webhookEventId"]})
        deliver(office, old)
        take_in(office)
        assert followers(office) == {}


def test_a_follow_that_waited_as_long_as_the_inbox_keeps_it_counts(office: Office, clock: TestClock) -> None:
    """A follow that nobody applied for thirteen days is one still, once LINE shows a profile."""
    deliver(office, an_event("follow", 1))
    clock.forward(days=13)
    assert take_in(office).events.quarantined == {UNCERTAIN: 1}
    assert returning.confirm_follows(office, Line({a_line_id(1)}), gate).counted == 1
    assert len(followers(office)) == 1


def test_settings_before_their_follow_are_taken_up_with_it(office: Office) -> None:
    """Settings that overtook their follow wait, sealed, and hold as soon as the follow is here; the latest wins."""
    submit(office, 1, 1, birth_year=1970, confirmed_at=START.isoformat())
    submit(office, 1, 2, birth_year=1971, confirmed_at=(START + timedelta(seconds=1)).isoformat())
    assert take_in(office).receptions.quarantined == {"person_does_not_follow": 2}
    deliver(office, an_event("follow", 1))
    take_in(office)
    assert rows(office, "SELECT birth_year FROM reception_settings") == [(1971,)]
    assert quarantine.list_waiting(office) == []
    assert {row[0] for row in rows(office, "SELECT state FROM quarantine WHERE sealed IS NULL")} == {"taken_up"}


def test_settings_of_a_life_before_are_never_taken_up(office: Office, clock: TestClock) -> None:
    """Who left and came back starts with nothing set, whichever of their old settings is still under way."""
    submit(office, 1, 1)
    take_in(office)
    clock.forward(hours=2)
    deliver(office, an_event("unfollow", 1, at=2 * 3_600_000))
    take_in(office)
    submit(office, 1, 2)
    assert take_in(office).receptions.ignored == {"left_since": 1}
    clock.forward(hours=2)
    deliver(office, an_event("follow", 1, at=4 * 3_600_000))
    take_in(office)
    assert len(followers(office)) == 1
    assert rows(office, "SELECT birth_year FROM reception_settings") == []
    assert rows(office, "SELECT state FROM quarantine") == [("erased",)]


def test_nothing_of_an_erased_person_is_kept_when_their_settings_come_late(office: Office, clock: TestClock) -> None:
    """Settings that were under way while their person left and was erased leave no row, sealed or not (L14)."""
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=2 * 3_600_000))
    clock.forward(hours=2)
    take_in(office)
    erase_leavers(office, RunId("r"), bytes(32))
    submit(office, 1)
    assert take_in(office).receptions.ignored == {"left_since": 1}
    assert rows(office, "SELECT * FROM quarantine") == []


def test_settings_of_a_new_life_wait_for_its_follow(office: Office, clock: TestClock) -> None:
    """Settings confirmed after the leaving overtake the follow that brings the person back: they hold."""
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=1_000))
    take_in(office)
    clock.forward(hours=1)
    submit(office, 1, birth_year=1999, confirmed_at=office.now().isoformat())
    assert take_in(office).receptions.quarantined == {"person_does_not_follow": 1}
    deliver(office, an_event("follow", 1, at=3_600_000))
    take_in(office)
    assert rows(office, "SELECT birth_year FROM reception_settings") == [(1999,)]
