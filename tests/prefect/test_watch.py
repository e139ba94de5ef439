"""The watch tells what is late or stuck, as an artifact and by mail, in counts and sentences."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest

from flows.watch import watch as watch_flow
from tasks import alarms as steps
from tayori import mail, watch
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, Unavailable
from tayori.office import Office
from tayori.warehouse import broadcasts, inbox, quarantine, runs
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import writing
from tayori.warehouse.quarantine import Held
from tayori.warehouse.runs import Outcome
from tests.support.builders import START, TestClock, some_settings
from tests.support.mail_desk import MailDesk, running_desk
from tests.support.prefect_server import PrefectServer


@pytest.fixture
def mail_desk() -> Iterator[MailDesk]:
    """Give a running mail server."""
    with running_desk() as desk:
        yield desk


def _ran(office: Office, story: str, outcome: Outcome, clock: TestClock) -> None:
    with writing(office.warehouse) as connection:
        run_id = runs.begin(connection, story, clock(), office.rng)
        runs.end(connection, run_id, outcome, {}, clock())


def _codes(office: Office) -> set[str]:
    return {alarm.code for alarm in watch.look(office)}


def _a_broadcast(office: Office, state: BroadcastState) -> None:
    values: dict[str, object] = {field.name: None for field in dataclasses.fields(BroadcastRow)}
    values |= {"broadcast_id": f"b-{state}", "genre": 1, "segment": "{}", "messages": b"[]", "content_hash": "0" * 64}
    values |= {"not_before": START, "not_after": START + timedelta(days=1), "state": state, "all_frozen": False}
    values |= {"unit": f"u{state}"[:30], "drafted_by": "hana", "created_at": START}
    with writing(office.warehouse) as connection:
        broadcasts.add(connection, BroadcastRow(**values))  # type: ignore[arg-type]


def test_retention_is_late_after_26_hours_and_not_before(office: Office, clock: TestClock) -> None:
    """A retention run that was not done within 26 hours is told; a failed one does not count as done."""
    _ran(office, "retention", Outcome.DONE, clock)
    clock.forward(hours=26)
    assert _codes(office) == set()
    _ran(office, "retention", Outcome.FAILED, clock)
    clock.forward(seconds=1)
    assert _codes(office) == {"retention_late"}


def test_a_new_installation_has_26_hours_for_its_first_retention(office: Office, clock: TestClock) -> None:
    """Before any run there is nothing to be late; after the first run of any story the hours count."""
    clock.forward(days=3)
    assert _codes(office) == set()
    _ran(office, "ingest", Outcome.DONE, clock)
    clock.forward(hours=27)
    assert _codes(office) == {"retention_late"}


def test_an_inbox_that_nobody_empties_is_told(office: Office, clock: TestClock) -> None:
    """Rows that wait for more than a minute mean that the intake stands still."""
    with writing(office.inbox) as connection:
        inbox.put(connection, "events", 1, b"sealed", clock())
    clock.forward(seconds=60)
    assert _codes(office) == set()
    clock.forward(seconds=1)
    assert _codes(office) == {"inbox_lag"}


def test_held_and_undecided_broadcasts_are_told_by_id(office: Office) -> None:
    """A held broadcast and one with unknown batches each wait for a person; others do not."""
    for state in BroadcastState:
        _a_broadcast(office, state)
    found = {alarm.code: alarm for alarm in watch.look(office)}
    assert set(found) == {"broadcast_held", "batches_unknown"}
    assert "b-held" in found["broadcast_held"].sentence
    assert "b-needs_decision" in found["batches_unknown"].sentence


@pytest.mark.parametrize(
    ("kept", "quiet"), [(timedelta(days=14), timedelta(days=12)), (timedelta(hours=24), timedelta(hours=12))]
)
def test_quarantine_is_told_two_days_before_its_end_or_at_half_of_a_shorter_life(
    office: Office, clock: TestClock, kept: timedelta, quiet: timedelta
) -> None:
    """Nothing leaves quarantine unseen: there is time to decide before the content goes."""
    with writing(office.warehouse) as connection:
        quarantine.add(connection, [Held("file:x", 1, "rule", 1, b"sealed", None, clock(), clock() + kept)])
    clock.moment += quiet - timedelta(seconds=1)
    assert _codes(office) == set()
    clock.forward(seconds=1)
    assert _codes(office) == {"quarantine_ending"}


def test_the_desk_is_told_once_and_again_the_next_day(office: Office, clock: TestClock) -> None:
    """A mail for what is new, a reminder on the next day, silence in between and when all is well."""
    alarm = watch.Alarm("inbox_lag", 3, "x")
    assert not watch.is_news(office, [], None)
    assert watch.is_news(office, [alarm], None)
    with writing(office.warehouse) as connection:
        run_id = runs.begin(connection, watch.STORY, clock(), office.rng)
        runs.end(connection, run_id, Outcome.DONE, watch.counts([alarm]), clock())
        last = runs.find(connection, run_id)
    assert not watch.is_news(office, [alarm], last)
    assert watch.is_news(office, [alarm, watch.Alarm("broadcast_held", 1, "y")], last)
    clock.forward(days=1)
    assert watch.is_news(office, [alarm], last)


def test_a_mail_reaches_the_desk_in_japanese(sqlite_office: Office, mail_desk: MailDesk) -> None:
    """The server of SMTP_URL is given subject, recipient and text."""
    settings = some_settings(sqlite_office.settings.home, smtp_url=mail_desk.url, alarm_mail_to="desk@example.jp")
    assert mail.send(settings, "【便り】", "・受付箱に 3 件\n")
    (received,) = mail_desk.received
    assert (received["To"], received["Subject"]) == ("desk@example.jp", "【便り】")
    assert mail_desk.texts() == ["・受付箱に 3 件\n"]


def test_without_a_mail_server_nothing_is_sent(sqlite_office: Office) -> None:
    """Mail is off unless it is set up."""
    assert not mail.send(sqlite_office.settings, "x", "y")


def test_a_mail_server_that_refuses_is_told_without_its_words(sqlite_office: Office) -> None:
    """A mail that did not arrive is an error, not silence; an address that is none is named as such."""
    with running_desk(refuses=True) as desk:
        settings = some_settings(sqlite_office.settings.home, smtp_url=desk.url, alarm_mail_to="desk@example.jp")
        with pytest.raises(Unavailable, match="TAYORI_SMTP_URL"):
            mail.send(settings, "x", "y")
    wrong = some_settings(sqlite_office.settings.home, smtp_url="desk@example.jp", alarm_mail_to="desk@example.jp")
    with pytest.raises(BadInput, match="TAYORI_SMTP_URL"):
        mail.send(wrong, "x", "y")


def test_a_day_is_a_day_and_not_the_night_after_it(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be parsed may be talk: the watch ends it after its day, the retention comes once a night."""
    past = START - timedelta(days=2)  # the worker's clock runs
    with writing(sqlite_office.warehouse) as connection:
        held = Held("inbox", 1, "unparsed", 1, b"sealed", None, past, past + timedelta(hours=24))
        quarantine.add(connection, [held])
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    assert steps.end_what_is_over.fn() == 1
    with writing(sqlite_office.warehouse) as connection:
        assert quarantine.sealed(connection, 1).sealed is None


@pytest.mark.prefect
def test_the_watch_shows_and_mails_what_it_found(
    sqlite_office: Office, mail_desk: MailDesk, prefect_here: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under Prefect the watch ends in a state of its own, leaves an artifact and sends one mail, not two."""
    with writing(sqlite_office.inbox) as connection:
        inbox.put(connection, "events", 1, b"sealed", START)
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    monkeypatch.setenv("TAYORI_SMTP_URL", mail_desk.url)
    monkeypatch.setenv("TAYORI_ALARM_MAIL_TO", "desk@example.jp")
    state = watch_flow(return_state=True)
    assert (state.name, state.is_completed()) == ("Alarm", True)
    watch_flow(return_state=True)
    assert [text.count("受付箱に 1 件") for text in mail_desk.texts()] == [1]
    (shown,) = prefect_here.found("artifacts", artifacts={"key": {"any_": [steps.KEY]}}, sort="CREATED_DESC", limit=1)
    assert "inbox_lag" in shown["data"]
