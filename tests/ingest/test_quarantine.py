"""Quarantine: what was refused is kept sealed, shown by place and rule, opened only by name, and ends."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import NotFound, Refused, Tampered
from tayori.ingest import quarantine
from tayori.ingest.quarantine import SetAside
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.roster import NewHandler
from tayori.warehouse import audit
from tayori.warehouse.engines import reading, writing
from tests.ingest.builders import rows
from tests.support.builders import TestClock

CLERK = Evidence("h-1", Purpose.INSPECTION)


def held(office: Office, content: bytes = b"marked content") -> int:
    with writing(office.warehouse) as people:
        quarantine.set_aside(office, people, "test", [SetAside(7, "a_rule", content)])
    return quarantine.list_waiting(office)[0].quarantine_no


def approved(office: Office, number: int, role: str = "responsible") -> str:
    new = NewHandler(HandlerId("chief"), "模擬 統", (role,), "甲", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        known = people.execute(text("SELECT 1 FROM handler WHERE handler_id = 'chief'")).scalar()
        if not known:
            roster.enrol(people, office.handlers_folder, new, "a dummy passphrase", office.now())
    with reading(office.warehouse) as people:
        unlocked = roster.unlock(people, office.handlers_folder, new.handler_id, "a dummy passphrase", office.today())
    return quarantine.approve(office, number, unlocked)


def test_a_row_is_shown_by_place_rule_and_end_and_never_by_content(office: Office) -> None:
    """The list and one row say where it came from, which rule refused it and when it ends; the content is sealed."""
    number = held(office)
    row = quarantine.show(office, number)
    assert (row.source, row.row_no, row.rule, row.state) == ("test", 7, "a_rule", "waiting")
    assert row.expires_at - row.received_at == timedelta(days=14)
    assert "marked" not in repr(row)
    assert b"marked" not in bytes(rows(office, "SELECT sealed FROM quarantine")[0][0])


def test_opening_and_deciding_stand_in_the_log(office: Office) -> None:
    """Who opened, discarded or released a row, and for what purpose, is a line of the access log."""
    first = held(office)
    assert quarantine.open_content(office, first, CLERK) == b"marked content"
    quarantine.discard(office, first, CLERK)
    with writing(office.warehouse) as people:
        quarantine.set_aside(office, people, "test", [SetAside(8, "a_rule", b"second")])
    second = quarantine.list_waiting(office)[0].quarantine_no
    approval = approved(office, second)
    assert quarantine.release(office, second, approval, CLERK) == b"second"
    with reading(office.warehouse) as people:
        lines = [(line.actor, line.action, line.object) for line in audit.lines(people)]
    assert lines == [
        ("h-1", "open", f"quarantine {first}"),
        ("h-1", "decide", f"quarantine {first} discarded"),
        ("chief", "decide", f"quarantine {second} approved for release, {approval}"),
        ("h-1", "open", f"quarantine {second}"),
        ("h-1", "decide", f"quarantine {second} released by approval {approval}"),
    ]


def test_what_ended_has_no_content_and_is_not_decided_again(office: Office) -> None:
    """A discarded row keeps its place and rule; its content is gone and no further decision is possible."""
    number = held(office)
    quarantine.discard(office, number, CLERK)
    assert quarantine.list_waiting(office) == []
    assert quarantine.show(office, number).state == "discarded"
    with pytest.raises(NotFound, match="ended"):
        quarantine.open_content(office, number, CLERK)
    with pytest.raises(Refused, match="discarded"):
        quarantine.release(office, number, "A-12", CLERK)


def test_a_release_has_an_approval_of_this_row_by_another_hand(office: Office) -> None:
    """No number, an invented one, another row's, and the approver's own hand release nothing."""
    number = held(office)
    with writing(office.warehouse) as people:
        quarantine.set_aside(office, people, "test", [SetAside(8, "a_rule", b"second")])
    other = approved(office, quarantine.list_waiting(office)[1].quarantine_no)
    for approval in ("", "架空 太郎", "A-12", other):
        with pytest.raises(Refused, match="approval"):
            quarantine.release(office, number, approval, CLERK)
    with pytest.raises(Refused, match="another handler"):
        quarantine.release(office, number, approved(office, number), Evidence("chief", Purpose.INTAKE))
    assert quarantine.show(office, number).state == "waiting"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quarantine SET sealed = signature FROM quarantine_approval",
        "UPDATE quarantine SET rule = 'another'",
        "UPDATE quarantine_approval SET handler_id = 'h-1'",
    ],
)
def test_what_was_not_approved_is_not_released(office: Office, statement: str) -> None:
    """An approval is a signature under this row's place and sealed content; a changed row or hand voids it."""
    number = held(office)
    approval = approved(office, number)
    with writing(office.warehouse) as people:
        people.execute(text(statement))
    with pytest.raises(Tampered):
        quarantine.release(office, number, approval, Evidence("h-2", Purpose.INTAKE))


def test_only_a_responsible_handler_approves(office: Office) -> None:
    """Another role is refused, and nothing is written."""
    number = held(office)
    with pytest.raises(Refused, match="responsible"):
        approved(office, number, role="desk")


def test_a_row_that_does_not_exist_is_not_found(office: Office) -> None:
    """Numbers that nobody gave out are refused with a sentence."""
    with pytest.raises(NotFound, match="17"):
        quarantine.show(office, 17)


def test_a_row_is_not_set_aside_twice(office: Office) -> None:
    """The same row of the same source stands once, even if it was decided in the meantime."""
    number = held(office)
    quarantine.discard(office, number, CLERK)
    with writing(office.warehouse) as people:
        quarantine.set_aside(office, people, "test", [SetAside(7, "a_rule", b"again")])
    assert quarantine.list_waiting(office) == []


def test_what_is_over_is_opened_by_nobody(office: Office, clock: TestClock) -> None:
    """A row whose time is over is as gone for everybody, whether its content was ended already or not."""
    number = held(office)
    clock.forward(days=14)
    with pytest.raises(NotFound, match="ended"):
        quarantine.open_content(office, number, CLERK)
