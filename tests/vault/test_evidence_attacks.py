"""Attacks on the evidence: a log that is cut and signed over, a roster that is written past its log."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tayori import staffing
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import Refused, Tampered
from tayori.office import Office
from tayori.vault.audit import Action, record, sign_head
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse.engines import is_sqlite, reading, writing
from tests.support.builders import TestClock

PASSPHRASE = "a dummy passphrase"
EVIDENCE = Evidence("flow:ingest", Purpose.RECEPTION)


def write_lines(office: Office, count: int) -> None:
    for number in range(count):
        with writing(office.warehouse) as people:
            record(people, EVIDENCE, Action.WRITE, f"run {number}", count=number, now=office.now())


def sign(office: Office) -> int:
    with writing(office.warehouse) as people:
        return sign_head(people, office.signing_key, office.today(), office.now()).seq


def tamper(office: Office, *statements: str) -> None:
    with writing(office.warehouse) as people:
        if is_sqlite(people):
            people.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_update"))
            people.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_delete"))
        else:
            people.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        for statement in statements:
            people.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entry WHERE seq > 2",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET hash = before WHERE seq = 3",
        "UPDATE audit_entry SET count = 99 WHERE seq = 4",
        "DELETE FROM audit_entry WHERE seq = 4",
    ],
)
def test_a_log_that_was_cut_is_not_signed_over(office: Office, clock: TestClock, statement: str) -> None:
    """The night's signature goes on from the one before, or is refused: it never makes a rewritten log whole."""
    write_lines(office, 3)
    sign(office)
    clock.forward(days=1)
    write_lines(office, 2)
    tamper(office, statement)
    with pytest.raises(Tampered):
        sign(office)


def test_an_honest_log_is_signed_every_night_and_twice_a_day(office: Office, clock: TestClock) -> None:
    """Each head covers what came since; a second one of the same day takes the place of the first."""
    assert sign(office) == 0
    write_lines(office, 3)
    assert (sign(office), sign(office)) == (3, 3)
    clock.forward(days=1)
    write_lines(office, 2)
    assert sign(office) == 5


def appointed(office: Office, handler: str, role: str, by: Credential | None = None) -> Credential:
    new = NewHandler(HandlerId(handler), "模擬 太郎", (role,), "乙", date(2026, 4, 1))
    return staffing.appoint(office, by, new, PASSPHRASE)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE handler SET roles = 'approver,responsible' WHERE handler_id = 'w-1'",
        "UPDATE handler SET starts_on = '2020-01-01' WHERE handler_id = 'w-1'",
        "UPDATE handler SET ends_on = NULL WHERE handler_id = 'w-2'",
        "UPDATE handler SET ends_on = '2030-03-31' WHERE handler_id = 'w-2'",
        "UPDATE handler SET handler_id = 'w-9' WHERE handler_id = 'w-1'",
    ],
)
def test_a_roster_written_past_its_log_is_found(office: Office, statement: str) -> None:
    """Roles, key and days of each handler are those of the line by which a responsible one decided them (I10, L17)."""
    chief = appointed(office, "chief", "responsible")
    appointed(office, "w-1", "writer", chief)
    appointed(office, "w-2", "writer", chief)
    staffing.dismiss(office, chief, HandlerId("w-2"), date(2026, 12, 31))
    staffing.dismiss(office, chief, HandlerId("w-2"), date(2026, 11, 30))
    with reading(office.warehouse) as people:
        assert staffing.verify(people) == 3
    tamper(office, statement)
    with reading(office.warehouse) as people, pytest.raises(Tampered, match="w-"):
        staffing.verify(people)


def test_the_roster_never_runs_out_of_responsible_handlers(office: Office) -> None:
    """Two who end on the same day leave nobody on the next: the second is refused, whatever the day's name."""
    chief = appointed(office, "chief", "responsible")
    appointed(office, "deputy", "responsible", chief)
    today = office.today()
    staffing.dismiss(office, chief, HandlerId("deputy"), today)
    for last_day in (today - timedelta(days=9), today, today + timedelta(days=400)):
        with pytest.raises(Refused, match="only responsible"):
            staffing.dismiss(office, chief, HandlerId("chief"), last_day)
