"""Wishes of residents: erased by their own wish, in whatever order things come, each once, and never by another's."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from tayori.certificates.wording import printed
from tayori.domain.identifiers import LineUserId, RunId
from tayori.ingest.following import OLDER
from tayori.ingest.inbox import NOT_OURS
from tayori.ingest.submissions import ERASE, WISH, wish_of
from tayori.ingest.wishes import CAUSE, CLOCKS_DIFFER, NOT_KNOWN
from tayori.office import Office
from tayori.retention.erase import erase_leavers
from tayori.warehouse import inbox
from tayori.warehouse.engines import writing
from tests.ingest.builders import NOON_MS, an_event, deliver, rows, submit, take_in
from tests.support.builders import START, TestClock, a_line_id

STATE = "SELECT left_cause FROM person WHERE person_no > 0 ORDER BY person_no"
JUST_NOW = 3_600_000  # ms from the builders' noon to the clock's start


def wish(office: Office, person: int = 1, number: int = 1, **changes: Any) -> None:  # noqa: ANN401 - any field
    """Hand in a person's wish to be erased, as their page does; None takes a field away."""
    written = wish_of(ERASE, a_line_id(person), office.now(), f"{number:032x}") | changes
    put(office, orjson.dumps({name: value for name, value in written.items() if value is not None}))


def put(office: Office, content: bytes) -> None:
    box = office.sealer.seal(WISH, content)
    with writing(office.inbox) as connection:
        inbox.put(connection, WISH, box.epoch, box.box, office.now())


def followed(office: Office, *people: int, at: int = 0) -> None:
    deliver(office, *(an_event("follow", person, at=at) for person in people))
    take_in(office)


def test_a_wish_marks_its_person_and_nobody_else(office: Office) -> None:
    """L14: out of every audience at once, marked with the cause, the others as they were."""
    followed(office, 1, 2)
    submit(office, 1, number=1)
    submit(office, 2, number=2)
    take_in(office)
    wish(office, 1)
    counts = take_in(office)
    assert (counts.wishes.received, counts.wishes.applied) == (1, 1)
    assert rows(office, STATE) == [(CAUSE,), (None,)]
    assert rows(office, "SELECT DISTINCT person_no FROM genre_choice") == [(2,)]


def test_the_night_erases_who_wished_it(office: Office) -> None:
    """What follows is what follows every leaving: rows, key, journal under the cause."""
    followed(office, 1)
    submit(office, 1)
    wish(office, 1)
    take_in(office)
    assert erase_leavers(office, RunId("night"), bytes(32)).residents == 1
    assert rows(office, "SELECT 1 FROM person") == []
    assert rows(office, "SELECT 1 FROM reception_settings") == []
    assert rows(office, "SELECT cause FROM erasure_journal") == [(CAUSE,)]


def test_a_wish_counts_once(office: Office) -> None:
    """Sent twice under one number it is a duplicate; a second wish of somebody marked already changes nothing."""
    followed(office, 1)
    wish(office, 1)
    wish(office, 1)
    counts = take_in(office).wishes
    assert (counts.received, counts.applied, counts.duplicate) == (2, 1, 1)
    wish(office, 1, number=2)
    assert take_in(office).wishes.ignored == {NOT_KNOWN: 1}


def test_a_wish_of_somebody_unknown_creates_nobody_and_ends_what_waits(office: Office) -> None:
    """What they set before their follow was known is gone, and does not come back with a later follow."""
    submit(office, 9, confirmed_at=(START - timedelta(minutes=5)).isoformat())
    take_in(office)
    wish(office, 9)
    assert take_in(office).wishes.ignored == {NOT_KNOWN: 1}
    assert rows(office, "SELECT 1 FROM person") == []
    assert rows(office, "SELECT state, sealed FROM quarantine") == [("erased", None)]
    followed(office, 9, at=JUST_NOW + 60_000)
    assert rows(office, "SELECT 1 FROM reception_settings") == []


def test_who_comes_back_after_a_wish_is_a_new_person(office: Office, clock: TestClock) -> None:
    """Blocked and unblocked after the wish: a fresh number with nothing set, the old one erased that night."""
    followed(office, 1)
    submit(office, 1)
    wish(office, 1)
    take_in(office)
    clock.forward(minutes=10)
    deliver(office, an_event("unfollow", 1, at=JUST_NOW + 300_000), an_event("follow", 1, at=JUST_NOW + 400_000))
    take_in(office)
    assert rows(office, STATE) == [(CAUSE,), (None,)]
    assert rows(office, "SELECT person_no FROM reception_settings") == [(1,)]


def test_a_wish_from_before_a_later_follow_erases_nobody(office: Office) -> None:
    """A wish that comes late is about who the person was before they came back."""
    followed(office, 1, at=JUST_NOW)
    wish(office, 1, wished_at=(START - CLOCKS_DIFFER - timedelta(seconds=1)).isoformat())
    assert take_in(office).wishes.ignored == {OLDER: 1}
    assert rows(office, STATE) == [(None,)]


def test_a_minute_between_the_clocks_counts_for_the_wish(office: Office) -> None:
    """LINE's clock ahead of ours by seconds does not make a wish too old."""
    followed(office, 1, at=JUST_NOW + 30_000)
    wish(office, 1)
    assert take_in(office).wishes.applied == 1
    assert rows(office, "SELECT last_event_ms FROM person") == [(NOON_MS + JUST_NOW + 30_000,)]


def test_a_follow_from_before_the_wish_that_comes_late_brings_nobody_back(office: Office) -> None:
    """The mark of leaving holds for a wish as it does for a block (L14)."""
    wish(office, 1)
    take_in(office)
    followed(office, 1, at=0)
    assert rows(office, "SELECT 1 FROM person") == []


def test_follow_settings_and_wish_of_one_block(office: Office) -> None:
    """All three at once: the person is known, and marked, and in no audience."""
    deliver(office, an_event("follow", 1))
    submit(office, 1)
    wish(office, 1)
    counts = take_in(office)
    assert counts.wishes.applied == 1
    assert rows(office, STATE) == [(CAUSE,)]
    assert rows(office, "SELECT 1 FROM genre_choice") == []


BAD: dict[str, dict[str, Any]] = {
    "no wish that there is": {"wish": "promote"},
    "no wish": {"wish": None},
    "no number": {"wish_id": None},
    "a number of another form": {"wish_id": "1"},
    "no id": {"line_user_id": None},
    "an id of another form": {"line_user_id": "U1"},
    "an id that is no text": {"line_user_id": 7},
    "no moment": {"wished_at": None},
    "a moment without its zone": {"wished_at": "2026-11-02T01:00:00"},
    "a moment to come": {"wished_at": (START + timedelta(hours=1)).isoformat()},
    "a field more": {"religion": "x"},
    "a code where none belongs": {"wish": "link"},
    "a code of another form": {"wish": "link", "code": "'; --"},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_a_wish_that_the_page_never_writes_is_set_aside(sqlite_office: Office, changes: dict[str, Any]) -> None:
    """Whoever may INSERT can seal anything: it erases nobody, is kept sealed, and stops nothing beside it."""
    followed(sqlite_office, 1, 2)
    wish(sqlite_office, 1, **changes)
    wish(sqlite_office, 2, number=2)
    counts = take_in(sqlite_office)
    assert counts.wishes.applied == 1
    assert counts.events.quarantined == {NOT_OURS: 1}
    assert rows(sqlite_office, STATE) == [(None,), (CAUSE,)]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"wish":', b'"erase"'])
def test_what_is_no_wish_at_all_is_set_aside(sqlite_office: Office, content: bytes) -> None:
    """As above, for what is not even written as one."""
    put(sqlite_office, content)
    assert take_in(sqlite_office).events.quarantined == {NOT_OURS: 1}


def test_a_wish_holds_no_attribute() -> None:
    """L5: an id, a moment, a number; nothing that a person chose."""
    written = wish_of(ERASE, LineUserId(a_line_id(1)), START, "0" * 32)
    assert set(written) == {"wish", "wish_id", "line_user_id", "wished_at"}


def test_a_certificate_has_words_for_the_cause() -> None:
    """P12: the night that erases who wished it can print why."""
    assert "本人" in printed("causes", CAUSE)
