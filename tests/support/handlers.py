"""Handlers of the roster for tests: every one is a dummy, each with a credential of their own."""

from datetime import date

from tayori.domain.identifiers import HandlerId
from tayori.office import Office
from tayori.vault.roster import Credential, NewHandler, enrol
from tayori.warehouse.engines import writing

PASSPHRASE = "a dummy passphrase"


def a_handler(office: Office, handler_id: str, *roles: str, side: str = "乙") -> Credential:
    """Put a handler into the roster; give their credential."""
    new = NewHandler(HandlerId(handler_id), f"模擬 {handler_id}", roles or ("responsible",), side, date(2026, 4, 1))
    with writing(office.warehouse) as people:
        return enrol(people, office.handlers_folder, new, PASSPHRASE, office.now())
