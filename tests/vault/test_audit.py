"""The access log: nothing without a line, no line changed unseen (L11, I5)."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import Tampered, Unavailable
from tayori.office import Office
from tayori.vault.audit import Action, Recorded, record, sign_head, verify
from tayori.warehouse.engines import is_sqlite, reading, writing

EVIDENCE = Evidence("flow:ingest", Purpose.RECEPTION)


def write_lines(office: Office, count: int) -> None:
    for number in range(count):
        with writing(office.warehouse) as people:
            record(people, EVIDENCE, Action.WRITE, f"run {number}", count=number, now=office.now())


def tamper(office: Office, statement: str) -> None:
    with writing(office.warehouse) as people:
        if is_sqlite(people):
            people.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_UPDATE"))
            people.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_DELETE"))
        else:
            people.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        people.execute(text(statement))


def test_an_untouched_log_holds(office: Office) -> None:
    """A log that nobody touched verifies to its last line, signed heads included."""
    write_lines(office, 3)
    with writing(office.warehouse) as people:
        sign_head(people, office.signing_key, office.today(), office.now())
    write_lines(office, 2)
    with reading(office.warehouse) as people:
        assert verify(people, office.signing_key.public_key()) == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET count = 99 WHERE seq = 2",
        "UPDATE audit_entry SET actor = 'flow:other' WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 2",
        "DELETE FROM audit_entry WHERE seq = 3",
        "UPDATE audit_head SET seq = 2",
    ],
)
def test_a_changed_log_does_not_hold(office: Office, statement: str) -> None:
    """A changed, dropped or cut line is found, the last one through the signed head."""
    write_lines(office, 3)
    with writing(office.warehouse) as people:
        sign_head(people, office.signing_key, office.today(), office.now())
    tamper(office, statement)
    with reading(office.warehouse) as people, pytest.raises(Tampered):
        verify(people, office.signing_key.public_key())


def test_the_store_itself_refuses_to_change_a_line(office: Office) -> None:
    """The database refuses to change or delete a line of the log."""
    write_lines(office, 1)
    for statement in ("UPDATE audit_entry SET count = 9", "DELETE FROM audit_entry"):
        with pytest.raises((Unavailable, Exception)), writing(office.warehouse) as people:
            people.execute(text(statement))
    with reading(office.warehouse) as people:
        assert verify(people, office.signing_key.public_key()) == 1


def test_a_head_signed_by_another_key_is_refused(office: Office) -> None:
    """A head counts only when the house's own key signed it."""
    write_lines(office, 1)
    with writing(office.warehouse) as people:
        sign_head(people, Ed25519PrivateKey.generate(), office.today(), office.now() + timedelta(days=1))
    with reading(office.warehouse) as people, pytest.raises(Tampered):
        verify(people, office.signing_key.public_key())


def test_evidence_cannot_be_made_up() -> None:
    """Only a line of the log gives a Recorded; code cannot construct one."""
    with pytest.raises(TypeError):
        Recorded(1, object())
