"""試し送り: to named staff who linked themselves, marked, in the ledger, and never counted as the broadcast."""

import json

import pytest

from sandbox.line.serve import RunningPlatform
from tayori import staffing
from tayori.broadcast import control, desk, linking, trial
from tayori.broadcast.trial import MARK
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.states import BroadcastState
from tayori.errors import NotFound, Refused
from tayori.line.answers import Verdict
from tayori.line.client import LineClient
from tayori.office import Office
from tayori.retention import run as night
from tayori.vault.roster import Credential
from tayori.warehouse import staff_links
from tayori.warehouse.engines import reading
from tests.broadcast.builders import (
    EVERYONE,
    Someone,
    a_submitted,
    an_approved,
    handler,
    leave,
    residents,
    some_writing,
    staff,
)
from tests.broadcast.rig import TIMEOUTS, assert_once_each, send
from tests.support.builders import TestClock, a_line_id

PEOPLE = 40


def linked(office: Office, who: Credential, one: Someone) -> HandlerId:
    """Let a handler show which follower they are, as the settings page does."""
    return linking.redeem(office, one.line_user_id, linking.offer_link(office, who))


def client(platform: RunningPlatform) -> LineClient:
    return LineClient(platform.base_url, platform.account.access_token, timeouts=TIMEOUTS)


def numbers(office: Office, *handlers: Credential) -> list[int]:
    with reading(office.warehouse) as connection:
        return list(staff_links.numbers_of(connection, [one.handler_id for one in handlers]).values())


def test_a_test_reaches_named_staff_only_and_the_broadcast_still_everybody(
    office: Office, platform: RunningPlatform
) -> None:
    """Two of forty get it, marked, before the approval; the state stays, and the broadcast later reaches all forty."""
    people, who = residents(office, PEOPLE), staff(office)
    broadcast_id = a_submitted(office, who)
    for credential, one in ((who.writer, people[3]), (who.approver, people[7])):
        linked(office, credential, one)
    to = [who.writer.handler_id, who.approver.handler_id]
    tested = trial.send(office, who.writer, broadcast_id, to, client(platform))
    assert tested == trial.Tested(2, 1, Verdict.ACCEPTED)
    assert control.status(office, broadcast_id).state is BroadcastState.SUBMITTED
    counts = platform.control.summary(expected={"range": [0, PEOPLE]})
    assert (counts["reached"], counts["missed"]) == (2, PEOPLE - 2)
    with reading(office.warehouse) as connection:
        lines = connection.exec_driver_sql("SELECT action, object, count FROM audit_entry ORDER BY seq").all()
        calls = connection.exec_driver_sql("SELECT endpoint, status FROM outbound_call").all()
        kept = connection.exec_driver_sql("SELECT staff, outcome FROM test_send").all()
    assert [tuple(line) for line in lines][-2:] == [
        ("open", f"LINE ids of staff, test of broadcast {broadcast_id}", 2),
        ("send", f"test of broadcast {broadcast_id}", 2),
    ]
    assert [tuple(call) for call in calls] == [("multicast", 200)]
    assert [tuple(one) for one in kept] == [(2, "accepted")]
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=None)
    platform.control.friends(6_000)
    send(office, platform, broadcast_id)
    assert_once_each(platform, PEOPLE)
    assert control.status(office, broadcast_id).counts["accepted"] == PEOPLE


def test_it_is_marked_as_a_test_before_everything_else(sqlite_office: Office, platform: RunningPlatform) -> None:
    """The mark is the first message; five messages leave no room, so it goes before them in a call of its own."""
    people, who = residents(sqlite_office, PEOPLE), staff(sqlite_office)
    linked(sqlite_office, who.writer, people[0])
    five = some_writing(sqlite_office, EVERYONE, [{"type": "text", "text": str(at)} for at in range(5)])
    broadcast_id = desk.draft(sqlite_office, who.writer, five)
    tested = trial.send(sqlite_office, who.writer, broadcast_id, [who.writer.handler_id], client(platform))
    assert tested.calls == 2
    one, many = (
        json.loads(trial.marked(b'[{"type":"text","text":"x"}]')[0]),
        trial.marked(desk.review(sqlite_office, broadcast_id).messages),
    )
    assert [message["text"] for message in one] == [MARK, "x"]
    assert [len(json.loads(part)) for part in many] == [1, 5]


def test_a_lost_answer_is_asked_again_under_the_same_key(sqlite_office: Office, platform: RunningPlatform) -> None:
    """LINE took it and the answer was lost: the second call finds it accepted, and nobody got it twice."""
    people, who = residents(sqlite_office, PEOPLE), staff(sqlite_office)
    linked(sqlite_office, who.writer, people[0])
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "error", "accepted": True}])
    tested = trial.send(
        sqlite_office, who.writer, an_approved(sqlite_office, who), [who.writer.handler_id], client(platform),
        sleep=lambda _: None,
    )  # fmt: skip
    assert tested.verdict is Verdict.ACCEPTED
    counts = platform.control.summary(expected={"range": [0, 1]})
    assert (counts["reached"], counts["doubled"]) == (1, 0)


def test_nobody_is_tested_on_who_did_not_link_themselves(sqlite_office: Office, platform: RunningPlatform) -> None:
    """Not linked, unknown, ended, or too many: refused, and LINE hears nothing."""
    people, who = residents(sqlite_office, PEOPLE), staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    linked(sqlite_office, who.writer, people[0])
    line = client(platform)
    to = [who.writer.handler_id, who.approver.handler_id]
    with pytest.raises(NotFound, match="Not linked: tanaka"):
        trial.send(sqlite_office, who.writer, broadcast_id, to, line)
    with pytest.raises(NotFound, match="roster"):
        trial.send(sqlite_office, who.writer, broadcast_id, [HandlerId("nobody")], line)
    with pytest.raises(Refused, match="1 to 20"):
        trial.send(sqlite_office, who.writer, broadcast_id, [], line)
    auditor = handler(sqlite_office, "kansa", "auditor")
    with pytest.raises(Refused, match="approver"):
        trial.send(sqlite_office, auditor, broadcast_id, [who.writer.handler_id], line)
    with pytest.raises(NotFound, match="No broadcast"):
        trial.send(sqlite_office, who.writer, BroadcastId("b-0"), [who.writer.handler_id], line)
    assert platform.control.summary(expected={"range": [0, PEOPLE]})["reached"] == 0


def test_a_code_works_once_for_ten_minutes_and_for_followers_only(office: Office, clock: TestClock) -> None:
    """Used up, expired, replaced by a newer one, wrong, or entered by somebody who is no follower: refused."""
    people, who = residents(office, 3), staff(office)
    code = linking.offer_link(office, who.writer)
    linking.redeem(office, people[0].line_user_id, f" {code.lower()} ")
    old = linking.offer_link(office, who.approver)
    new = linking.offer_link(office, who.approver)
    for wrong in (code, old, "AAAAAAAA", ""):
        with pytest.raises(Refused, match="not valid"):
            linking.redeem(office, people[1].line_user_id, wrong)
    with pytest.raises(Refused, match="not valid"):
        linking.redeem(office, a_line_id(999), new)
    with pytest.raises(Refused, match="not valid"):
        linking.redeem(office, people[1].line_user_id, new)
    late = linking.offer_link(office, who.approver)
    clock.forward(minutes=10)
    with pytest.raises(Refused, match="not valid"):
        linking.redeem(office, people[1].line_user_id, late)
    assert numbers(office, who.writer, who.approver) == [people[0].number]


def test_the_link_ends_with_either_side(office: Office) -> None:
    """The follower leaves and is erased, the handler's end is set, or they take it back: no link is left."""
    people, who = residents(office, 5), staff(office)
    chief = handler(office, "chief", "responsible")
    linked(office, who.writer, people[0])
    linked(office, who.approver, people[1])
    linked(office, chief, people[2])
    leave(office, people[0])
    assert numbers(office, who.writer) == []
    night.retain(office)
    staffing.dismiss(office, chief, who.approver.handler_id, office.today())
    assert linking.unlink(office, chief)
    with reading(office.warehouse) as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM staff_link").scalar()
        said = connection.exec_driver_sql("SELECT object FROM audit_entry WHERE object = 'staff link of chief'").all()
    assert left == 0
    assert ("staff link of chief",) in [tuple(one) for one in said]


def test_one_follower_is_one_handler(sqlite_office: Office) -> None:
    """Linked anew, the earlier tie of either side is forgotten."""
    people, who = residents(sqlite_office, 2), staff(sqlite_office)
    linked(sqlite_office, who.writer, people[0])
    linked(sqlite_office, who.approver, people[0])
    assert numbers(sqlite_office, who.writer) == []
    linked(sqlite_office, who.approver, people[1])
    assert numbers(sqlite_office, who.writer, who.approver) == [people[1].number]
