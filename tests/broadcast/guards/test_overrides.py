"""Overrides: exactly this guard, exactly this broadcast and content, under a second handler's own signature (I10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tayori.broadcast import control, desk
from tayori.broadcast.guards import judging, overrides
from tayori.broadcast.guards.judging import Verdict
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import Office
from tayori.vault import audit
from tayori.warehouse import broadcasts
from tayori.warehouse import overrides as stored
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.overrides import OverrideRow
from tests.broadcast.builders import Staff, handler, leave, residents, some_writing, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_held, assert_starts, start, states, written
from tests.support.builders import START, TestClock

AGE, WHY = "content_age", "毎年同じ案内のため"
STALE = Plan(content_at=START - timedelta(days=60))


def held(office: Office, who: Staff, plan: Plan = STALE) -> BroadcastId:
    """Give a broadcast that is held for its age."""
    broadcast_id = approved(office, who, plan)
    assert_held(office, broadcast_id, AGE, "days old")
    return broadcast_id


def override_of(office: Office, broadcast_id: BroadcastId, guard: str = AGE) -> OverrideRow:
    with reading(office.warehouse) as connection:
        found = stored.find(connection, broadcast_id, guard)
    assert found is not None
    return found


def put(office: Office, row: OverrideRow) -> None:
    """Write an override behind the desk."""
    with writing(office.warehouse) as connection:
        stored.put(connection, row)


def assert_tampered(office: Office, broadcast_id: BroadcastId, sentence: str) -> None:
    with pytest.raises(Tampered, match=sentence):
        start(office, broadcast_id)
    assert states(office, [broadcast_id]) == [BroadcastState.HELD]


def test_a_second_handler_lets_one_guard_pass(office: Office) -> None:
    """Held, overridden, approved again, started; guard, handler, reason and moment are kept and in the log."""
    residents(office, 20)
    who = staff(office)
    broadcast_id = held(office, who)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    standing = control.status(office, broadcast_id)
    assert (standing.state, standing.held_by, standing.reason) == (BroadcastState.APPROVED, None, None)
    one = override_of(office, broadcast_id)
    assert (one.handler_id, one.reason, one.signed_at) == ("tanaka", WHY, office.now())
    with reading(office.warehouse) as connection:
        audit.verify(connection, office.signing_key.public_key())
        told = connection.exec_driver_sql("SELECT actor, object FROM audit_entry ORDER BY seq DESC LIMIT 3").all()
    assert [tuple(row) for row in told] == [
        ("tanaka", f"broadcast {broadcast_id}: content_age overridden"),
        ("tanaka", f"broadcast {broadcast_id}: held > approved"),
        ("flow:broadcast", f"broadcast {broadcast_id}: approved > held"),
    ]
    assert_starts(office, broadcast_id)


def test_it_opens_one_guard_and_no_other(office: Office, clock: TestClock) -> None:
    """Another guard that says no holds it again, under its own name; each needs its own signature."""
    residents(office, 20)
    who = staff(office)
    broadcast_id = held(office, who, replace(STALE, begins=0 * HOUR))
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    clock.forward(hours=24)
    assert_held(office, broadcast_id, "lateness", "behind its planned moment")
    with pytest.raises(Refused, match="held by lateness; content_age does not stand in its way"):
        overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    overrides.override(office, who.approver, broadcast_id, "lateness", WHY)
    assert_starts(office, broadcast_id)


@pytest.mark.parametrize("hand", ["drafter", "submitter", "writer", "former"])
def test_the_wrong_hand_is_refused(office: Office, hand: str) -> None:
    """Who drafted it, who submitted it, who is no approver, and whose time is over: none of them opens a guard."""
    residents(office, 20)
    drafter, submitter = (handler(office, name, "writer", "approver") for name in ("sato", "ito"))
    who = Staff(submitter, handler(office, "tanaka", "approver"))
    broadcast_id = desk.draft(office, drafter, written(office, STALE))
    desk.submit(office, submitter, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert_held(office, broadcast_id, AGE, "days old")
    former = handler(office, "mori", "approver")
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("UPDATE handler SET ends_on = '2026-11-01' WHERE handler_id = 'mori'")
    hands = {"drafter": drafter, "submitter": submitter, "writer": handler(office, "abe", "writer"), "former": former}
    with pytest.raises(Refused):
        overrides.override(office, hands[hand], broadcast_id, AGE, WHY)
    assert states(office, [broadcast_id]) == [BroadcastState.HELD]


def test_a_forged_override_holds(office: Office) -> None:
    """A signature by a key that is not the handler's opens nothing."""
    residents(office, 20)
    who = staff(office)
    broadcast_id = held(office, who)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    one = override_of(office, broadcast_id)
    put(office, replace(one, signature=who.writer.sign(one.statement)))
    assert_tampered(office, broadcast_id, "signature of tanaka does not match")


def test_an_override_by_the_writers_own_hand_holds(office: Office) -> None:
    """Written behind the desk with the submitter's true signature: still one hand."""
    residents(office, 20)
    both = handler(office, "sato", "writer", "approver")
    who = Staff(both, handler(office, "tanaka", "approver"))
    broadcast_id = held(office, who)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    one = override_of(office, broadcast_id)
    put(office, replace(one, handler_id=both.handler_id, key_id=both.key_id, signature=both.sign(one.statement)))
    assert_tampered(office, broadcast_id, "by the hand that wrote")


def test_an_override_by_one_who_is_no_approver_holds(sqlite_office: Office) -> None:
    """A true signature, by a handler without the role."""
    residents(sqlite_office, 20)
    who, clerk = staff(sqlite_office), handler(sqlite_office, "abe", "writer")
    broadcast_id = held(sqlite_office, who)
    overrides.override(sqlite_office, who.approver, broadcast_id, AGE, WHY)
    one = override_of(sqlite_office, broadcast_id)
    put(
        sqlite_office,
        replace(one, handler_id=clerk.handler_id, key_id=clerk.key_id, signature=clerk.sign(one.statement)),
    )
    with pytest.raises(Refused, match="approver"):
        start(sqlite_office, broadcast_id)
    assert states(sqlite_office, [broadcast_id]) == [BroadcastState.HELD]


@pytest.mark.parametrize("change", ["guard", "broadcast", "reason"])
def test_an_override_moved_elsewhere_holds(office: Office, change: str) -> None:
    """A true override, copied to another guard or broadcast, or with another reason, opens nothing."""
    residents(office, 20)
    who = staff(office)
    first, second = approved(office, who, replace(STALE, begins=-13 * HOUR)), approved(office, who, STALE)
    overrides.override(office, who.approver, first, AGE, WHY)
    one = override_of(office, first)
    match change:
        case "guard":
            put(office, replace(one, guard="lateness"))
            assert_tampered(office, first, "override of lateness was not given for this broadcast")
        case "broadcast":
            put(office, replace(one, broadcast_id=second))
            assert_tampered(office, second, "override of content_age was not given for this broadcast")
        case _:
            overrides.override(office, who.approver, first, "lateness", WHY)
            put(office, replace(one, reason="別の理由"))
            assert_tampered(office, first, "override of content_age was not given for this broadcast")


def test_altering_voids_an_override(office: Office) -> None:
    """Written anew and signed anew, the broadcast is held again: what was opened was another content."""
    residents(office, 20)
    who = staff(office)
    broadcast_id = held(office, who)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    desk.alter(office, who.writer, broadcast_id, written(office, STALE))
    with reading(office.warehouse) as connection:
        assert stored.find(connection, broadcast_id, AGE) is None
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert_held(office, broadcast_id, AGE, "days old")


def test_an_override_that_outlived_a_change_holds(sqlite_office: Office) -> None:
    """Brought back after the broadcast was written anew, it is not for this content."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = held(sqlite_office, who)
    overrides.override(sqlite_office, who.approver, broadcast_id, AGE, WHY)
    one = override_of(sqlite_office, broadcast_id)
    desk.alter(sqlite_office, who.writer, broadcast_id, written(sqlite_office, STALE))
    desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    desk.approve(sqlite_office, who.approver, broadcast_id, desk.review(sqlite_office, broadcast_id))
    put(sqlite_office, one)
    assert_tampered(sqlite_office, broadcast_id, "not given for this broadcast as it is")


def test_approving_again_keeps_an_override(office: Office) -> None:
    """The number is the drift guard's; the override is of this content for this segment."""
    people = residents(office, 100)
    who = staff(office)
    broadcast_id = held(office, who)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    leave(office, *people[:10])
    assert_held(office, broadcast_id, "audience_drift", "100 people were approved, 90")
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert_starts(office, broadcast_id)


@pytest.mark.parametrize(
    "name", [*("signatures", "audience_empty", "window", "audience_drift", "audience_small", "validation"), "quota"]
)
def test_some_guards_nobody_overrides(sqlite_office: Office, name: str) -> None:
    """By design, and by the ward's policy, however good the reason."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = held(sqlite_office, who)
    with pytest.raises(Refused, match=f"Nobody may override {name}"):
        overrides.override(sqlite_office, who.approver, broadcast_id, name, WHY)


def test_an_override_of_what_nobody_may_override_opens_nothing(sqlite_office: Office) -> None:
    """Signed by a true approver behind the desk, for a guard that the design forbids: held all the same."""
    people = residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = held(sqlite_office, who)
    overrides.override(sqlite_office, who.approver, broadcast_id, AGE, WHY)
    leave(sqlite_office, *people)
    with reading(sqlite_office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
    statement = overrides._statement(row.proposal, "audience_empty", WHY)  # noqa: SLF001 - as a forger would
    forged = override_of(sqlite_office, broadcast_id)
    put(
        sqlite_office,
        replace(forged, guard="audience_empty", statement=statement, signature=who.approver.sign(statement)),
    )
    assert_held(sqlite_office, broadcast_id, "audience_empty", "nobody")


def test_what_stands_in_no_way_is_not_overridden(sqlite_office: Office, clock: TestClock) -> None:
    """No override in advance of a no, none of a draft, none after the window, none without reason or name."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    fresh = approved(sqlite_office, who)
    with pytest.raises(Refused, match="burst does not stand in its way"):
        overrides.override(sqlite_office, who.approver, fresh, "burst", WHY)
    draft = desk.draft(sqlite_office, who.writer, written(sqlite_office, STALE))
    with pytest.raises(Refused, match="not approved by two handlers"):
        overrides.override(sqlite_office, who.approver, draft, AGE, WHY)
    with pytest.raises(BadInput, match="the guards are validation, signatures"):
        overrides.override(sqlite_office, who.approver, fresh, "weather", WHY)
    for reason, sentence in (("  ", "needs its reason"), ("長" * 201, "longer than 200")):
        with pytest.raises(BadInput, match=sentence):
            overrides.override(sqlite_office, who.approver, fresh, AGE, reason)
    late = held(sqlite_office, who)
    clock.forward(hours=48)
    with pytest.raises(Refused, match="window"):
        overrides.override(sqlite_office, who.approver, late, AGE, WHY)


def test_before_anybody_sends_every_guard_says_its_word(office: Office, clock: TestClock) -> None:
    """`check` lists them all and changes nothing; an override is told as one, LINE that was not asked too."""
    residents(office, 20)
    who = staff(office)
    broadcast_id = approved(office, who, STALE)
    overrides.override(office, who.approver, broadcast_id, AGE, WHY)
    clock.forward(hours=12)
    found = {one.guard: one for one in judging.examine(office, broadcast_id)}
    no = {name: one.verdict for name, one in found.items() if one.verdict is not Verdict.PASSES}
    assert no == {
        "validation": Verdict.NOT_ASKED,
        "quota": Verdict.NOT_ASKED,
        "quiet_hours": Verdict.WAITS,
        "lateness": Verdict.HOLDS,
        AGE: Verdict.OVERRIDDEN,
    }
    assert "60 days old" in (found[AGE].sentence or "")
    assert states(office, [broadcast_id]) == [BroadcastState.APPROVED]
    clock.forward(hours=-11)
    start(office, broadcast_id)
    with pytest.raises(Refused, match="sending; guards look at it before it starts"):
        judging.examine(office, broadcast_id)


def test_who_rewrote_it_is_its_drafter_and_overrides_nothing(sqlite_office: Office, clock: TestClock) -> None:
    """The hand that wrote the words that are sent cannot be the second one, whoever wrote the first version."""
    residents(sqlite_office, 20)
    who, both = staff(sqlite_office), handler(sqlite_office, "sato", "writer", "approver")
    broadcast_id = desk.draft(sqlite_office, who.writer, some_writing(sqlite_office))
    said = [{"type": "text", "text": "訂正版"}]
    desk.alter(sqlite_office, both, broadcast_id, some_writing(sqlite_office, messages=said))
    desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))
    desk.approve(sqlite_office, who.approver, broadcast_id, desk.review(sqlite_office, broadcast_id))
    clock.forward(hours=12)
    with pytest.raises(Refused, match="another handler has to"):
        overrides.override(sqlite_office, both, broadcast_id, "quiet_hours", WHY)
