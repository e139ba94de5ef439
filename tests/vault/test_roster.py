"""Handlers are credentials: a stranger, or one out of time, or with another key, does nothing (I10, L17)."""

from datetime import date

import pytest

from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse import roster as roster_rows
from tayori.warehouse.engines import reading, writing

PASSPHRASE = "a dummy passphrase"


def enrolled(office: Office, handler_id: str = "writer-1", *roles: str) -> Credential:
    new = NewHandler(HandlerId(handler_id), "模擬 太郎", roles or ("writer",), "乙", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        return roster.enrol(people, office.handlers_folder, new, PASSPHRASE, office.now())


def test_a_signature_of_the_roster_holds_and_no_other(office: Office) -> None:
    """What a handler signed verifies; other bytes, other handlers and strangers do not."""
    one, two = enrolled(office), enrolled(office, "writer-2")
    with reading(office.warehouse) as people:
        roster.verify_signature(people, one.handler_id, b"statement", one.sign(b"statement"))
        for handler, statement, by in ((one, b"other", one), (one, b"statement", two), (two, b"statement", one)):
            with pytest.raises(Tampered):
                roster.verify_signature(people, handler.handler_id, statement, by.sign(b"statement"))
        with pytest.raises(Tampered):
            roster.verify_signature(people, HandlerId("stranger"), b"statement", one.sign(b"statement"))


def test_the_key_opens_with_the_passphrase_only(office: Office) -> None:
    """A wrong passphrase opens nothing; the key file is readable by its owner alone."""
    made = enrolled(office)
    with reading(office.warehouse) as people:
        opened = roster.unlock(people, office.handlers_folder, made.handler_id, PASSPHRASE, office.today())
        assert opened.key_id == made.key_id
        with pytest.raises(Refused):
            roster.unlock(people, office.handlers_folder, made.handler_id, "another passphrase", office.today())
    assert roster.key_path(office.handlers_folder, made.handler_id).stat().st_mode & 0o777 == 0o600


def test_who_left_the_roster_does_nothing(office: Office) -> None:
    """Before the first day and after the last one a handler is refused, and a stranger is not found."""
    made = enrolled(office)
    with writing(office.warehouse) as people:
        roster_rows.end(people, made.handler_id, date(2026, 10, 31))
    with reading(office.warehouse) as people:
        for day in (date(2026, 3, 31), date(2026, 11, 1)):
            with pytest.raises(Refused):
                roster.unlock(people, office.handlers_folder, made.handler_id, PASSPHRASE, day)
        with pytest.raises(NotFound):
            roster.require_role(people, HandlerId("stranger"), "writer", office.today())


def test_a_role_is_held_or_refused(office: Office) -> None:
    """A handler acts only in roles that the roster gives them."""
    enrolled(office)
    with reading(office.warehouse) as people:
        assert roster.require_role(people, HandlerId("writer-1"), "writer", office.today()).side == "乙"
        with pytest.raises(Refused):
            roster.require_role(people, HandlerId("writer-1"), "approver", office.today())


def test_enrolment_refuses_what_the_ward_does_not_have(office: Office) -> None:
    """An unknown role, an id used before and a short passphrase are refused, and nothing is written."""
    enrolled(office)
    new = NewHandler(HandlerId("x"), "模擬 花子", ("king",), "乙", date(2026, 4, 1))
    with writing(office.warehouse) as people:
        with pytest.raises(BadInput):
            roster.enrol(people, office.handlers_folder, new, PASSPHRASE, office.now())
        enrolled_again = NewHandler(HandlerId("writer-1"), "模擬 花子", ("writer",), "乙", date(2026, 4, 1))
        with pytest.raises(Refused):
            roster.enrol(people, office.handlers_folder, enrolled_again, PASSPHRASE, office.now())
    with reading(office.warehouse) as people:
        assert len(roster_rows.everyone(people)) == 1
