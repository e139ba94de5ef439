"""Return to 甲 what a contract held, and record its receipt; only then may the contractor's copy be erased."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import AtEnd, RecordClass, record_classes
from tayori.errors import Refused, Tampered, Unavailable
from tayori.office import TOKYO, Office
from tayori.retention import archive, handover
from tayori.retention.archive import Parts, Row, Written
from tayori.retention.closing import (
    ROLE,
    DoorAnswers,
    instruction,
    no_door,
    refuse_unfinished,
    require_signed,
    standing,
)
from tayori.retention.ward_statements import Handed, Receipt, receipt_of, ward_key
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.cases import SEALED, open_cases
from tayori.vault.identity import open_line_ids
from tayori.vault.roster import Credential
from tayori.warehouse import closing, journal
from tayori.warehouse.closing import ClosingRow, ClosingState
from tayori.warehouse.engines import reading, writing

FOLDER: Final = "handover"
STEP: Final = "archive"


@dataclass(frozen=True, slots=True)
class Returned:
    """What was written for 甲: where, its hash and size, rows by class, and the end of the contract it belongs to."""

    closing_id: str
    archive: Path
    sha256: str
    size: int
    rows: Mapping[str, int]


def hand_over(
    office: Office,
    by: Credential,
    contract: Contract,
    folder: Path | None = None,
    door_answers: DoorAnswers = no_door,
) -> Returned:
    """Write everything that is returned into one archive sealed to 甲's key, and enter it into the ledger of copies.

    Written again before the receipt came, it replaces the one before; a receipt for that one is not valid then.

    Raises:
        NotFound: the end of the contract was not signed.
        Refused: not a responsible handler, a side has not signed, the receipt is there, or something is unfinished.
        Tampered: what was signed changed, or a sealed value does not belong to its place.
        Unavailable: the disk did not take it.

    """
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, by.handler_id, ROLE, office.today())
        row = standing(warehouse, contract)
        if row.state not in {ClosingState.SIGNED, ClosingState.RETURNED}:
            raise Refused(f"The end of contract {contract.value} is {row.state}; there is nothing to return now.")
        require_signed(warehouse, office, row)
        what = f"hand-over of contract {contract.value}, {row.closing_id}"
        record(warehouse, _evidence(by), Action.EXPORT, what, count=0, now=office.now())
    refuse_unfinished(office, contract, door_answers)
    written = _write(office, by, row, folder or office.settings.home / FOLDER)
    with writing(office.warehouse) as warehouse:
        found = {"sha256": written.sha256, "size": written.size, "rows": written.rows, "path": str(written.path)}
        journal.finish_step(warehouse, row.closing_id, STEP, found, office.now())
        row = replace(row, state=ClosingState.RETURNED, archive_file=written.path.name, archive_sha256=written.sha256)
        changed = {name: getattr(row, name) for name in ("state", "archive_file", "archive_sha256")}
        closing.change(warehouse, row.closing_id, **changed)
        handover.enter(warehouse, row, archive.recipient(office), by.handler_id, office.now())
    totals = {name: sum(tables.values()) for name, tables in written.rows.items()}
    return Returned(row.closing_id, written.path, written.sha256, written.size, totals)


def _write(office: Office, by: Credential, row: ClosingRow, folder: Path) -> Written:
    told = instruction(office, row)
    spared = set(told.erase_without_return) if told is not None else set()
    tables = [(table, one) for table, one in closing.tables_to_return(row.contract) if one.name not in spared]
    head = {
        "closing": row.closing_id,
        "contract": row.contract.value,
        "document": row.document_no,
        "classes_version": record_classes().version,
        "written_on": office.today().isoformat(),
    }
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:

        def blocks(table: Table, size: int) -> Iterator[Sequence[Row]]:
            return closing.blocks(warehouse, table, row.contract, size)

        def reveal(table: Table, block: Sequence[Row]) -> list[dict[str, Any]]:
            return _revealed(office, by, vault, table, block)

        name = f"{row.closing_id}.tar.age"
        parts = Parts(head, tables, blocks, reveal)
        return archive.write(parts, folder / name, archive.recipient(office), office.now())


def _revealed(
    office: Office, by: Credential, vault: Connection, table: Table, block: Sequence[Row]
) -> list[dict[str, Any]]:
    """Open what is sealed in a block; one line of the access log a block, with its count."""
    if table.name != "person" and table.name not in SEALED:
        return [dict(row) for row in block]
    with writing(office.warehouse) as log:
        what = f"{table.name} for the hand-over"
        recorded = record(log, _evidence(by), Action.OPEN, what, count=len(block), now=office.now())
    if table.name in SEALED:
        return open_cases(vault, office.case_keys, table.name, block, recorded)
    with reading(office.warehouse) as people:
        numbers = [row["person_no"] for row in block]
        opened = open_line_ids(people, vault, office.person_keys, numbers, recorded)
    if len(opened) < len(block):
        lost = len(block) - len(opened)
        raise Unavailable(f"{lost} people have no key in the vault; restore it. Nothing was returned.")
    return [dict(row) | {"line_user_id": opened[row["person_no"]]} for row in block]


def receive_receipt(office: Office, by: Credential, contract: Contract, token: str) -> Receipt:
    """Check and record 甲's receipt for the archive that was returned last; it ends the copy in the ledger.

    Raises:
        NotFound: the end of the contract was not signed.
        Refused: nothing was returned yet, or the receipt is for another contract, archive, classes or day.
        Tampered: the receipt is not signed by 甲, or what both sides signed changed.
        BadInput: it has not the form of a receipt.

    """
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, by.handler_id, ROLE, office.today())
        row = standing(warehouse, contract)
        if row.state is not ClosingState.RETURNED:
            raise Refused(f"The end of contract {contract.value} is {row.state}; no receipt is waited for.")
        require_signed(warehouse, office, row)
        stated = checked_receipt(warehouse, office, row, token)
        what = f"receipt for the hand-over of {row.closing_id}"
        record(warehouse, _evidence(by), Action.DECIDE, what, count=0, now=office.now())
        closing.change(warehouse, row.closing_id, state=ClosingState.RECEIVED, receipt=token)
        handover.end(warehouse, office, row, token, by.handler_id)
    return stated


def checked_receipt(warehouse: Connection, office: Office, row: ClosingRow, token: str) -> Receipt:
    """Give what a receipt states, if it is 甲's and for the archive of this end of the contract."""
    step = journal.finished_steps(warehouse, row.closing_id).get(STEP)
    if step is None or row.archive_sha256 is None or step.found["sha256"] != row.archive_sha256:
        raise Tampered("The record of what was returned does not hold together; return it anew.")
    handed = Handed(
        closing_id=row.closing_id,
        contract=row.contract,
        archive_sha256=row.archive_sha256,
        classes=frozenset(step.found["rows"]),
        written_on=step.done_at.astimezone(TOKYO).date(),
    )
    return receipt_of(token, ward_key(office), handed, office.today())


def require_erasable(warehouse: Connection, office: Office, row: ClosingRow) -> None:
    """Let the contractor's copy be erased only where 甲 has what is to be returned, or instructed otherwise.

    Raises:
        Refused: a class that is returned has no receipt, or 甲 wants everything kept until a day that has not come.
        Tampered: the receipt or a signature does not hold any more.

    """
    require_signed(warehouse, office, row)
    told = instruction(office, row)
    if told is not None and told.keep_until is not None and office.today() < told.keep_until:
        raise Refused(f"甲 instructed to keep everything until {told.keep_until} (document {told.document_no}).")
    spared = set(told.erase_without_return) if told is not None else set()
    covered = set(checked_receipt(warehouse, office, row, row.receipt).classes) if row.receipt is not None else set()
    lacking = [one for one in _returned(row.contract) if one.name not in covered | spared]
    if lacking:
        named = "、".join(one.term for one in lacking)
        raise Refused(f"There is no receipt of 甲 for: {named}. Return them and record it; nothing was erased.")


def _returned(contract: Contract) -> list[RecordClass]:
    return [one for one in record_classes().of_contract(contract) if one.at_end is AtEnd.RETURN]


def archive_of(office: Office, row: ClosingRow) -> Path | None:
    """Give the file of the archive that was returned, where it still lies as it was written; None where it is gone."""
    with reading(office.warehouse) as warehouse:
        step = journal.finished_steps(warehouse, row.closing_id).get(STEP)
    if step is None:
        return None
    path = Path(step.found["path"])
    return path if path.is_file() and archive.file_sha256(path) == step.found["sha256"] else None


def _evidence(by: Credential) -> Evidence:
    return Evidence(by.handler_id, Purpose.CLOSING)
