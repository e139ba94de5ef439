"""Reception settings: voluntary, of people who follow, and the latest confirmation wins."""

from datetime import timedelta

from tayori.domain.identifiers import LineUserId
from tayori.domain.reception import ReceptionSettings
from tayori.ingest import quarantine
from tayori.ingest.following import OLDER
from tayori.ingest.quarantine import NOT_FOLLOWING
from tayori.ingest.submissions import submission_of, submit_reception
from tayori.office import Office
from tests.ingest.builders import an_event, deliver, rows, submit, take_in
from tests.support.builders import START, a_line_id

SETTINGS = "SELECT birth_year, sex, area, purpose_version FROM reception_settings"


def followed(office: Office, *numbers: int) -> None:
    deliver(office, *(an_event("follow", number) for number in numbers))
    take_in(office)


def test_settings_are_put_with_the_wording_that_was_confirmed(office: Office) -> None:
    """What a person set stands in the warehouse with the version and the time of their confirmation."""
    followed(office, 1)
    submit(office, 1, genres=[3, 1])
    assert take_in(office).receptions.applied == 1
    assert rows(office, SETTINGS) == [(1980, 1, 3, "2026-11")]
    assert rows(office, "SELECT genre, birth_year FROM genre_choice ORDER BY genre") == [(1, 1980), (3, 1980)]


def test_what_is_absent_clears_what_was_set(office: Office) -> None:
    """A later submission replaces the earlier one whole: clearing is as easy as setting (L1)."""
    followed(office, 1)
    submit(office, 1)
    submit(office, 1, number=2, birth_year=None, sex=None, area=None, genres=None)
    counts = take_in(office).receptions
    assert (counts.applied, counts.ignored) == (1, {OLDER: 1})
    assert rows(office, SETTINGS) == [(None, None, None, "2026-11")]
    assert rows(office, "SELECT 1 FROM genre_choice") == []


def test_an_older_confirmation_that_comes_late_changes_nothing(office: Office) -> None:
    """The confirmation's own time decides, in one block and across blocks."""
    followed(office, 1)
    older = (START - timedelta(hours=1)).isoformat()
    submit(office, 1, number=1, area=5)
    submit(office, 1, number=2, area=6, confirmed_at=older)
    assert take_in(office).receptions.ignored == {OLDER: 1}
    submit(office, 1, number=3, area=7, confirmed_at=older)
    assert take_in(office).receptions.ignored == {OLDER: 1}
    assert rows(office, "SELECT area FROM reception_settings") == [(5,)]


def test_one_submission_counts_once(office: Office) -> None:
    """A submission that is sent twice is a duplicate, known by its id."""
    followed(office, 1)
    submit(office, 1)
    submit(office, 1)
    counts = take_in(office).receptions
    assert (counts.received, counts.applied, counts.duplicate) == (2, 1, 1)


def test_settings_of_somebody_who_does_not_follow_wait_sealed_and_can_be_found(office: Office) -> None:
    """Nobody is created by a submission: it waits in quarantine under the look-up value, for the eraser to find."""
    submit(office, 9)
    counts = take_in(office).receptions
    assert counts.quarantined == {NOT_FOLLOWING: 1}
    index = office.index.of_line_id(a_line_id(9))
    assert [bytes(found) for (found,) in rows(office, "SELECT line_index FROM quarantine")] == [index]
    assert rows(office, "SELECT 1 FROM person") == []


def test_settings_of_a_leaver_are_not_put(office: Office) -> None:
    """Between the leave and the erasure nothing more is recorded of a person."""
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=1))
    submit(office, 1)
    assert take_in(office).receptions.quarantined == {NOT_FOLLOWING: 1}
    assert rows(office, SETTINGS) == []


def test_a_follow_and_settings_of_one_block_come_in_together(office: Office) -> None:
    """Settings that arrive with the follow find the person, whichever row came first."""
    submit(office, 1)
    deliver(office, an_event("follow", 1))
    assert take_in(office).receptions.applied == 1


def test_a_refused_submission_keeps_its_siblings(office: Office) -> None:
    """A creed where an area belongs is refused and sealed; the settings beside it are put."""
    followed(office, 1, 2)
    submit(office, 1, number=1, area="仏教")
    submit(office, 2, number=2)
    submit(office, 2, number=3, religion="ダミー")
    counts = take_in(office).receptions
    assert counts.applied == 1
    assert counts.quarantined == {"area_is_unknown": 1, "field_is_not_in_the_register": 1}
    assert {row.rule for row in quarantine.list_waiting(office)} == set(counts.quarantined)


def test_the_settings_of_the_domain_pass_the_gate_as_a_submission(office: Office) -> None:
    """What the page will hand in, written from the domain's own value, is taken in."""
    followed(office, 1)
    settings = ReceptionSettings(
        line_user_id=LineUserId(a_line_id(1)),
        purpose_version="2026-11",
        confirmed_at=office.now(),
        genres=frozenset({11}),
    )
    submit_reception(office.inbox, office.sealer, submission_of(settings, "0" * 32), office.now())
    assert take_in(office).receptions.applied == 1
