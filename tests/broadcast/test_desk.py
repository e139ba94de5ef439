"""The desk: two people, exactly this content, exactly these people; everything else is refused (I7, I10)."""

from datetime import timedelta

import pytest

from tayori.broadcast import control, desk, freeze
from tayori.broadcast.freeze import Held
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.vault import audit
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import (
    GENRE_NAME,
    ME,
    TEXT,
    Staff,
    a_submitted,
    an_approved,
    handler,
    leave,
    residents,
    some_writing,
    staff,
)
from tests.support.builders import TestClock

WOMEN = {"sex": "女性"}


def state_of(office: Office, broadcast_id: BroadcastId) -> BroadcastState:
    return control.status(office, broadcast_id).state


def test_one_handler_cannot_submit_and_approve(sqlite_office: Office) -> None:
    """Who submits a broadcast cannot approve it, even in both roles."""
    residents(sqlite_office, 20)
    both = handler(sqlite_office, "sato", "writer", "approver")
    broadcast_id = a_submitted(sqlite_office, Staff(both, both))
    with pytest.raises(Refused, match="another handler"):
        desk.approve(sqlite_office, both, broadcast_id, desk.review(sqlite_office, broadcast_id))


def test_only_an_approver_approves_and_only_a_writer_writes(sqlite_office: Office) -> None:
    """Roles are the roster's; a writer's colleague who is no approver cannot approve."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = a_submitted(sqlite_office, who)
    colleague = handler(sqlite_office, "ito", "writer")
    with pytest.raises(Refused, match="approver"):
        desk.approve(sqlite_office, colleague, broadcast_id, desk.review(sqlite_office, broadcast_id))
    with pytest.raises(Refused, match="writer"):
        desk.draft(sqlite_office, who.approver, some_writing(sqlite_office))


def test_an_approval_binds_what_was_seen(sqlite_office: Office) -> None:
    """A broadcast that was altered after it was shown is not approved by that look."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = a_submitted(sqlite_office, who)
    seen = desk.review(sqlite_office, broadcast_id)
    new = some_writing(sqlite_office, messages=[{"type": "text", "text": "別の内容"}])
    desk.alter(sqlite_office, who.writer, broadcast_id, new)
    desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    with pytest.raises(Refused, match="changed since it was shown"):
        desk.approve(sqlite_office, who.approver, broadcast_id, seen)


def test_altering_voids_both_signatures(sqlite_office: Office) -> None:
    """An approved broadcast that is written anew is a draft without signatures, and does not start."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    desk.alter(sqlite_office, who.writer, broadcast_id, some_writing(sqlite_office))
    with reading(sqlite_office.warehouse) as connection:
        assert broadcasts.signatures(connection, broadcast_id) == {}
    with pytest.raises(Refused, match="only what two handlers approved"):
        freeze.start(sqlite_office, broadcast_id, ME)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": b'[{"type":"text","text":"x"}]'},
        {"segment": '{"sex":["女性"]}'},
        {"genre": 4},
        {"approved_count": 21},
        {"not_after_hours": 48},
        {"small_audience_reason": "because"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_changed_behind_the_desk_is_held(sqlite_office: Office, change: dict[str, object]) -> None:
    """Any part that an approval binds, changed in the store afterwards, voids the signatures: held, nothing sent."""
    residents(sqlite_office, 20)
    broadcast_id = an_approved(sqlite_office)
    values = dict(change)
    if hours := values.pop("not_after_hours", None):
        values["not_after"] = sqlite_office.now() + timedelta(hours=float(str(hours)))
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, **values)
    with pytest.raises(Tampered, match="not what was approved"):
        freeze.start(sqlite_office, broadcast_id, ME)
    assert state_of(sqlite_office, broadcast_id) is BroadcastState.HELD


def test_an_unapproved_broadcast_does_not_start(sqlite_office: Office) -> None:
    """Submitted is not approved."""
    residents(sqlite_office, 20)
    with pytest.raises(Refused, match="only what two handlers approved"):
        freeze.start(sqlite_office, a_submitted(sqlite_office, staff(sqlite_office)), ME)


def test_a_segment_for_nobody_is_refused(sqlite_office: Office) -> None:
    """Nobody matches: refused with a sentence, and the draft stays a draft."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, some_writing(sqlite_office, WOMEN))
    with pytest.raises(Refused, match="nobody"):
        desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    assert state_of(sqlite_office, broadcast_id) is BroadcastState.DRAFT


def test_everybody_is_reached_on_purpose_only(sqlite_office: Office) -> None:
    """A condition that happens to match everybody who chose the genre is refused; `everyone: true` is how to say it."""
    residents(sqlite_office, 20, chosen=[(None, 1, None)] * 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, some_writing(sqlite_office, WOMEN))
    with pytest.raises(Refused, match="everyone: true"):
        desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    assert state_of(sqlite_office, a_submitted(sqlite_office, Staff(who.writer, who.approver))) == "submitted"


def test_a_small_audience_needs_a_reason(sqlite_office: Office) -> None:
    """Fewer than ten people: only with a reason, which both sign."""
    residents(sqlite_office, 20, chosen=[(None, 1, None)] * 3)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, some_writing(sqlite_office, WOMEN))
    with pytest.raises(Refused, match="say why"):
        desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    again = an_approved(sqlite_office, who, segment=WOMEN, reason="施設の利用者だけの連絡")
    assert freeze.start(sqlite_office, again, ME) is BroadcastState.SENDING


def test_an_audience_that_drifted_is_held_until_approved_again(office: Office) -> None:
    """More than 5 % left since the approval: held; approved again with today's count, it starts."""
    people = residents(office, 100)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    leave(office, *people[:6])
    with pytest.raises(Held, match="100 people were approved, 94"):
        freeze.start(office, broadcast_id, ME)
    assert state_of(office, broadcast_id) is BroadcastState.HELD
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    freeze.start(office, broadcast_id, ME)
    assert freeze.freeze(office, broadcast_id, ME).people == 94


def test_a_margin_is_let_through(office: Office) -> None:
    """5 % exactly is within the margin: it starts."""
    people = residents(office, 100)
    broadcast_id = an_approved(office)
    leave(office, *people[:5])
    assert freeze.start(office, broadcast_id, ME) is BroadcastState.SENDING
    assert freeze.freeze(office, broadcast_id, ME).people == 95


def test_the_window_holds(sqlite_office: Office, clock: TestClock) -> None:
    """Before its window a broadcast waits; after it, it is held and nothing is sent."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    now = sqlite_office.now()
    new = desk.written(GENRE_NAME, {"everyone": True}, TEXT, now + timedelta(hours=2), now + timedelta(hours=4))
    broadcast_id = desk.draft(sqlite_office, who.writer, new)
    desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    desk.approve(sqlite_office, who.approver, broadcast_id, desk.review(sqlite_office, broadcast_id))
    with pytest.raises(Refused, match="not due yet"):
        freeze.start(sqlite_office, broadcast_id, ME)
    assert state_of(sqlite_office, broadcast_id) is BroadcastState.SCHEDULED
    clock.forward(hours=5)
    with pytest.raises(Held, match="window"):
        freeze.start(sqlite_office, broadcast_id, ME)


def test_canaries_and_other_genres_are_in_no_audience(sqlite_office: Office) -> None:
    """An audience is who chose the genre; whoever chose another one is not counted, whatever the segment says."""
    residents(sqlite_office, 20)
    residents(sqlite_office, 30, seed=2, genres=frozenset({4}))
    assert desk.segment_count(sqlite_office, 3, '{"everyone":true}') == 20


def test_every_decision_is_in_the_access_log(sqlite_office: Office) -> None:
    """Draft, submission, approval and cancellation each leave a line with handler and count; the chain holds."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    control.cancel(sqlite_office, who.approver, broadcast_id, "中止")
    with reading(sqlite_office.warehouse) as connection:
        audit.verify(connection, sqlite_office.signing_key.public_key())
        rows = connection.exec_driver_sql(
            "SELECT actor, object, count FROM audit_entry WHERE action = 'decide' ORDER BY seq"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("suzuki", f"broadcast {broadcast_id} drafted", 0),
        ("suzuki", f"broadcast {broadcast_id}: draft > submitted", 20),
        ("tanaka", f"broadcast {broadcast_id}: submitted > approved", 20),
        ("tanaka", f"broadcast {broadcast_id}: approved > cancelled", 0),
    ]


def test_what_is_not_understood_is_told_by_its_place(sqlite_office: Office) -> None:
    """An unknown genre, a window that runs backwards, a missing broadcast: each its own sentence."""
    now = sqlite_office.now()
    with pytest.raises(BadInput, match="no such genre"):
        desk.written("釣り", {"everyone": True}, TEXT, now, now + timedelta(hours=1))
    with pytest.raises(BadInput, match="window"):
        desk.written(GENRE_NAME, {"everyone": True}, TEXT, now, now - timedelta(hours=1))
    with pytest.raises(NotFound, match="No broadcast"):
        desk.review(sqlite_office, BroadcastId("b-0"))
