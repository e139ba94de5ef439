"""The emergency lane: two approve a template beforehand, the duty officer alone fills it in and sends it (I10)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from sandbox.line.serve import RunningPlatform
from tayori import watch
from tayori.broadcast import control, desk, emergency, freeze, standing
from tayori.broadcast.freeze import Held
from tayori.domain.emergency import Verdict, fill, read_choices, stored_choices
from tayori.domain.identifiers import BroadcastId
from tayori.domain.material import Material
from tayori.domain.messages import message_bytes, read_messages
from tayori.domain.standing import Kind
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import broadcast_signature
from tayori.warehouse.schema.kinds import emergency as lane
from tests.broadcast.builders import EVERYONE, ME, Staff, handler, residents, some_writing, staff
from tests.broadcast.kinds import END, SHELTER, URGENT, VALUES, a_template, signed, some_news, tokyo
from tests.broadcast.rig import assert_once_each, send
from tests.support.builders import TestClock
from tests.support.wording import HOST

PEOPLE = 60
NOW = {"shelter": "四谷小学校", "opened": "09:45"}  # the clock shows 10:00


@pytest.fixture
def who(office: Office) -> Staff:
    """Give two handlers, and residents who asked for urgent news."""
    residents(office, PEOPLE, genres=frozenset({URGENT}))
    return staff(office)


@pytest.fixture
def duty(office: Office) -> Credential:
    """Give the officer on duty."""
    return handler(office, "toban", "duty")


def text_of(office: Office, broadcast_id: BroadcastId) -> str:
    with reading(office.warehouse) as connection:
        return broadcasts.find(connection, broadcast_id).messages.decode("utf-8")


def test_the_duty_officer_alone_sends_a_filled_in_template_once_to_everybody(
    office: Office, who: Staff, duty: Credential, platform: RunningPlatform
) -> None:
    """Filled in from its lists it is due at once, reaches everybody once, and every step is in the access log."""
    template = a_template(office, who)
    broadcast_id = emergency.sign_off(office, duty, template, NOW)
    assert "【避難所】四谷小学校を09:45に開設しました。" in text_of(office, broadcast_id)
    assert control.due(office) == [broadcast_id]
    send(office, platform, broadcast_id)
    assert_once_each(platform, PEOPLE)
    emergency.review(office, who.approver, broadcast_id, Verdict.PROPER)
    with reading(office.warehouse) as connection:
        audit.verify(connection, office.signing_key.public_key())
        lines = connection.exec_driver_sql("SELECT actor, object FROM audit_entry ORDER BY seq").all()
    said = [(row[0], row[1]) for row in lines]
    assert ("toban", f"emergency broadcast {broadcast_id} of template shelter-open signed") in said
    assert ("tanaka", f"emergency broadcast {broadcast_id} reviewed in time: proper") in said


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({**NOW, "shelter": "どこか"}, BadInput, "choose from"),
        ({**NOW, "opened": "25:00"}, BadInput, "time of day"),
        ({"shelter": "四谷小学校"}, BadInput, "Name a value"),
        ({**NOW, "name": "x"}, BadInput, "Name a value"),
        ({**NOW, "opened": "09:29"}, Refused, "older than 30 minutes"),
        ({**NOW, "opened": "10:01"}, Refused, "older than 30 minutes"),
    ],
    ids=["not on its list", "no time", "a value missing", "a value too many", "stale", "still to come"],
)
def test_what_is_not_from_the_lists_or_not_fresh_is_refused(
    sqlite_office: Office, values: dict[str, str], error: type[Exception], said: str
) -> None:
    """Nothing but the closed lists and a time within the half hour; nothing is made otherwise."""
    residents(sqlite_office, PEOPLE, genres=frozenset({URGENT}))
    template = a_template(sqlite_office, staff(sqlite_office))
    with pytest.raises(error, match=said):
        emergency.sign_off(sqlite_office, handler(sqlite_office, "toban", "duty"), template, values)
    assert control.due(sqlite_office) == []


def test_only_on_duty_only_an_approved_template_only_until_its_end(
    office: Office, clock: TestClock, who: Staff, duty: Credential
) -> None:
    """Another role, a template that one signed, one that was paused or whose approval ended: refused."""
    template = a_template(office, who)
    with pytest.raises(Refused, match="当番"):
        emergency.sign_off(office, who.approver, template, NOW)
    half = "half-signed"
    standing.draft_template(office, who.writer, half, some_news(office, "緊急", messages=SHELTER), VALUES, END)
    standing.submit(office, who.writer, half, standing.show(office, half, Kind.TEMPLATE))
    with pytest.raises(Refused, match="The template is submitted"):
        emergency.sign_off(office, duty, half, NOW)
    with pytest.raises(NotFound):
        emergency.sign_off(office, duty, "nowhere", NOW)
    standing.pause(office, who.writer, template, "見直し")
    with pytest.raises(Refused, match="The template is paused"):
        emergency.sign_off(office, duty, template, NOW)
    standing.resume(office, who.writer, template)
    clock.moment = tokyo("2027-04-01T10:00")
    with pytest.raises(Refused, match="approval ended"):
        emergency.sign_off(office, duty, template, NOW)


def test_after_half_an_hour_it_is_held(office: Office, clock: TestClock, who: Staff, duty: Credential) -> None:
    """Content of 09:45 that was not started by 10:15 is stale: held, nothing is sent."""
    broadcast_id = emergency.sign_off(office, duty, a_template(office, who), NOW)
    clock.forward(minutes=15)
    with pytest.raises(Held, match="window"):
        freeze.start(office, broadcast_id, ME)


def test_the_same_is_not_signed_twice_within_the_half_hour(
    office: Office, clock: TestClock, who: Staff, duty: Credential
) -> None:
    """A second press is refused with the first one's id; other values, or a later half hour, are let through."""
    template = a_template(office, who)
    first = emergency.sign_off(office, duty, template, NOW)
    with pytest.raises(Refused, match=first):
        emergency.sign_off(office, duty, template, NOW)
    emergency.sign_off(office, duty, template, {**NOW, "shelter": "大久保小学校"})
    clock.forward(hours=1)
    emergency.sign_off(office, duty, template, {**NOW, "opened": "10:45"})


def test_an_audience_that_grew_is_not_kept_waiting_but_nobody_is_nobody(
    office: Office, who: Staff, duty: Credential
) -> None:
    """Many follow during a disaster: no drift guard holds the lane. Without anybody left it is refused."""
    template = a_template(office, who)
    broadcast_id = emergency.sign_off(office, duty, template, NOW)
    more = residents(office, PEOPLE, seed=2, genres=frozenset({URGENT}))
    assert freeze.start(office, broadcast_id, ME) is BroadcastState.SENDING
    assert freeze.freeze(office, broadcast_id, ME).people == 2 * PEOPLE
    assert len(more) == PEOPLE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": message_bytes(read_messages(SHELTER))}, "not what the duty officer signed"),
        ({"not_after": tokyo("2026-11-02T12:00")}, "not what the duty officer signed"),
        ({"genre": 3}, "not what the duty officer signed"),
        ({"filled_in": '{"opened":"09:45","shelter":"大久保小学校"}'}, "not its template"),
        ({"as_template": b'[{"type":"text","text":"{shelter}{opened}"}]'}, "not what was approved"),
        ({"role": "approve"}, "not signed by the duty officer"),
    ],
    ids=lambda change: next(iter(change)) if isinstance(change, dict) else "",
)
def test_what_is_changed_behind_the_duty_officer_is_held(
    office: Office, who: Staff, duty: Credential, change: dict[str, object], said: str
) -> None:
    """The text, the window, the values, the template, the signature: whatever was changed, nothing is sent."""
    template = a_template(office, who)
    broadcast_id = emergency.sign_off(office, duty, template, NOW)
    values = dict(change)
    with writing(office.warehouse) as connection:
        if filled := values.pop("filled_in", None):
            connection.execute(update(lane).values(filled_in=filled))
        if messages := values.pop("as_template", None):
            rows.change(connection, template, messages=messages)
        if role := values.pop("role", None):
            signed = broadcast_signature.c.broadcast_id == broadcast_id
            connection.execute(update(broadcast_signature).where(signed).values(role=role))
        if values:
            broadcasts.change(connection, broadcast_id, **values)
    with pytest.raises((Tampered, Refused), match=said):
        freeze.start(office, broadcast_id, ME)
    assert control.status(office, broadcast_id).state is BroadcastState.HELD


def test_a_second_person_reviews_within_24_hours_and_the_watch_tells(
    office: Office, clock: TestClock, who: Staff, duty: Credential
) -> None:
    """Not the duty officer, only once, signed; overdue is an alarm until it is done, and done late it says so."""
    broadcast_id = emergency.sign_off(office, duty, a_template(office, who), NOW)
    assert [one.broadcast_id for one in emergency.waiting(office)] == [broadcast_id]
    both = handler(office, "ryouhou", "duty", "approver")
    own = emergency.sign_off(office, both, "shelter-open", {**NOW, "shelter": "大久保小学校"})
    with pytest.raises(Refused, match="second person"):
        emergency.review(office, both, own, Verdict.PROPER)
    with pytest.raises(Refused, match="approver"):
        emergency.review(office, who.writer, broadcast_id, Verdict.PROPER)
    emergency.review(office, who.approver, own, Verdict.IMPROPER)
    with pytest.raises(Refused, match="already"):
        emergency.review(office, who.approver, own, Verdict.PROPER)
    clock.forward(hours=24)
    (alarm,) = [one for one in watch.look(office) if one.code == "emergency_unreviewed"]
    assert broadcast_id in alarm.sentence
    assert own not in alarm.sentence
    emergency.review(office, who.approver, broadcast_id, Verdict.PROPER)
    assert "emergency_unreviewed" not in {one.code for one in watch.look(office)}


def test_only_urgent_broadcasts_are_reviewed(sqlite_office: Office) -> None:
    """A broadcast of another lane has no review."""
    with pytest.raises(NotFound, match="emergency lane"):
        emergency.review(
            sqlite_office, handler(sqlite_office, "tanaka", "approver"), BroadcastId("b-1"), Verdict.PROPER
        )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"shelter": ["四谷小学校"]}, "opened"),
        ({**VALUES, "further": ["x"]}, "further"),
        ({**VALUES, "shelter": []}, "1 to 200 choices"),
        ({**VALUES, "shelter": "anything"}, "1 to 200 choices"),
        ({**VALUES, "shelter": ["{opened}"]}, "no placeholder itself"),
        ({"Shelter!": ["x"]}, "small letters"),
        (["x"], "write a key"),
    ],
)
def test_a_template_has_closed_lists_for_exactly_its_placeholders(values: object, said: str) -> None:
    """A placeholder without a list, a list without a placeholder, an open list: refused when it is written."""
    with pytest.raises(BadInput, match=said):
        read_choices(values, message_bytes(read_messages(SHELTER)))


def test_a_template_is_urgent_and_named(sqlite_office: Office) -> None:
    """Another genre cannot slip into the lane; a name is small letters and hyphens."""
    who = staff(sqlite_office)
    news = some_writing(sqlite_office, messages=SHELTER)
    with pytest.raises(Refused, match="緊急"):
        standing.draft_template(sqlite_office, who.writer, "shelter", news, VALUES, END)
    with pytest.raises(BadInput, match="name"):
        standing.draft_template(sqlite_office, who.writer, "避難所", news, VALUES, END)


def test_the_time_is_the_last_one_that_the_clocks_showed() -> None:
    """Ten past midnight, 23:50 was twenty minutes ago; values of several times are as old as the oldest."""
    messages = message_bytes(read_messages(SHELTER))
    choices = stored_choices(read_choices(VALUES, messages).particulars)
    now = tokyo("2026-12-01T00:10")
    filled = fill(messages, choices, {**NOW, "opened": "23:50"}, now)
    assert now - filled.as_of == timedelta(minutes=20)


def test_leavers_are_not_told(office: Office, who: Staff, duty: Credential) -> None:
    """With nobody left who asked for urgent news, the lane refuses instead of sending to others."""
    template = a_template(office, who)
    everybody = residents(office, 12, seed=9, genres=frozenset({4}))
    assert everybody
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql(f"DELETE FROM genre_choice WHERE genre = {URGENT}")  # noqa: S608
    with pytest.raises(Refused, match="nobody"):
        emergency.sign_off(office, duty, template, NOW)


def a_drafted_template(office: Office, who: Staff, messages: object, values: object) -> str:
    new = desk.written(
        "緊急", EVERYONE, messages, office.now(), office.now() + timedelta(hours=1), Material(frozenset({HOST}))
    )
    return standing.draft_template(office, who.writer, "shelter-open", new, values, END)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text", "text": f"{{shelter}}を開設しました。https://{HOST}/bosai"},
        {"type": "card", "template": "notice", "title": "{shelter}を開設", "date": "{opened}"},
    ],
    ids=["a link", "a card"],
)
def test_a_template_of_any_kind_is_filled_in(
    office: Office, who: Staff, duty: Credential, message: dict[str, object]
) -> None:
    """What could be drafted and approved can be sent when it is needed: links and cards, not plain texts alone."""
    values = {"shelter": ["四谷小学校"]} | ({"opened": "time"} if "date" in message else {})
    template = a_drafted_template(office, who, [message], values)
    signed(office, who, template, Kind.TEMPLATE)
    chosen = {"shelter": "四谷小学校"} | ({"opened": "09:45"} if "date" in message else {})
    broadcast_id = emergency.sign_off(office, duty, template, chosen)
    assert "四谷小学校を開設" in text_of(office, broadcast_id)
    assert freeze.start(office, broadcast_id, ME) is BroadcastState.SENDING


@pytest.mark.parametrize(
    ("message", "values", "said"),
    [
        ({"type": "text", "text": "{a}" + "あ" * 4_990}, {"a": ["短い", "長い" * 20]}, "5030 UTF-16 units"),
        ({"type": "text", "text": "{a}" + "あ" * 4_980}, {"a": ["📣" * 11]}, "5002 UTF-16 units"),
        ({"type": "text", "text": "{a}を見る"}, {"a": ["四谷", "https://evil.example/"]}, "TAYORI_LINK_HOSTS"),
        ({"type": "text", "text": "{a}.{b}を見る"}, {"a": ["evil"], "b": ["x", "com"]}, "TAYORI_LINK_HOSTS"),
        ({"type": "text", "text": "{a}を見る"}, {"a": ["四\u202e谷"]}, "nobody sees"),
        ({"type": "text", "text": "{a}を見る"}, {"a": ["四谷\n"]}, "one line"),
    ],
    ids=["too long", "too long by an emoji", "a link", "a link of two parts", "a turned word", "a line break"],
)
def test_a_value_that_could_not_be_sent_is_refused_when_the_template_is_drafted(
    sqlite_office: Office, message: dict[str, object], values: dict[str, object], said: str
) -> None:
    """Whatever can be chosen later is tried now: in an emergency nobody has the time to shorten a text."""
    who = staff(sqlite_office)
    with pytest.raises(BadInput, match=said):
        a_drafted_template(sqlite_office, who, [message], values)
