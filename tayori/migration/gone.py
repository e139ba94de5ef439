"""Cases that the old system no longer has: taken back here too, by a handler's decision, before the cut-over."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import record_classes
from tayori.errors import Refused
from tayori.migration.cases import OldSystem
from tayori.office import Office
from tayori.retention import outgoing
from tayori.retention.disposal import is_held
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disposal_holds, migrating
from tayori.warehouse.engines import reading, writing

ROLE: Final = "responsible"


def gone_cases(office: Office, old: OldSystem) -> list[int]:
    """Give the numbers of the cases here that the old system, read anew, no longer has in scope."""
    index = office.index
    there = {index.of_source_key(old.name, case.key) for page in old.pages(None, None) for case in page.cases}
    with reading(office.warehouse) as people:
        return [number for number, key in migrating.numbers(people, old.name) if key not in there]


def take_back(office: Office, by: Credential, old: OldSystem, expected: int) -> int:
    """Take back the cases that the old system deleted: rows, keys, files written out. Give how many.

    `expected` is the number that the handler was shown: another one takes back nothing.

    Raises:
        Refused: the handler is not a responsible one, the cut-over is done, the number is another, or a hold (廃棄の
            停止) keeps one of them.

    """
    gone = gone_cases(office, old)
    if len(gone) != expected:
        raise Refused(f"{len(gone)} cases are gone from the old system, not {expected}; look at them again.")
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        roster.require_role(people, by.handler_id, ROLE, office.today())
        row = migrating.find(people, old.name)
        if row.phase == migrating.CUT_OVER:
            raise Refused("The cut-over is done: cases live here now and end by disposal.")
        what = f"cases gone from {old.name}"
        record(people, Evidence(by.handler_id, Purpose.INTAKE), Action.ERASE, what, count=len(gone), now=office.now())
        named = migrating.named(people, gone)
        _refuse_held(people, named)
        migrating.clear(people, gone)
        migrating.note(people, old.name, report=None)
    with writing(office.vault) as vault:  # rows before keys (ADR 0006): a row without its key would stop the desk
        office.case_keys.destroy(vault, gone)
    outgoing.clear(office, [receipt for receipt, _ in named])
    return len(gone)


def _refuse_held(people: Connection, named: Sequence[tuple[str, str]]) -> None:
    series = {addressee: one.name for one in record_classes().series for addressee in one.addressees}
    standing = disposal_holds.active(people)
    held = sum(is_held(standing, series[addressee], receipt) for receipt, addressee in named)
    if held:
        raise Refused(f"A hold keeps {held} of these cases; lift it first (`tayori disposal lift`). Nothing was done.")
