"""The archive that is returned to 甲 is a copy, of the kind `handover`: entered when written, ended by the receipt.

This is the one place where the end of a contract meets the ledger of copies. Its approval is the end of the contract
itself, which 甲 has signed.
"""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.domain.copies import Proof, copy_kind
from tayori.office import Office
from tayori.retention.copies import ledger
from tayori.warehouse import copies
from tayori.warehouse.closing import ClosingRow
from tayori.warehouse.copies import CopyRow

KIND: Final = "handover"


def enter(warehouse: Connection, row: ClosingRow, recipient: str, made_by: str, now: datetime) -> None:
    """Enter the archive as a copy: sealed to whose key, by which document of 甲, until the receipt."""
    copy_id = copy_of(row)
    if any(one.copy_id == copy_id for one in copies.of_kind(warehouse, KIND)):
        return
    kind = copy_kind(KIND)
    entered = CopyRow(
        copy_id=copy_id,
        kind=KIND,
        purpose=kind.purpose,
        recipient=recipient,
        made_by=made_by,
        made_at=now,
        expires_at=now + kind.longest,
        approval=row.document_no or row.closing_id,
        sha256=str(row.archive_sha256),
        holds={"contract": row.contract.value, "closing": row.closing_id},
    )
    copies.add(warehouse, entered)


def end(warehouse: Connection, office: Office, row: ClosingRow, receipt: str, ended_by: str) -> None:
    """End the copy by 甲's receipt, and with it what was written before it and not received."""
    said = {"receipt_sha256": hashlib.sha256(receipt.encode()).hexdigest()}
    for one in copies.standing(warehouse, KIND):
        if one.holds.get("closing") == row.closing_id:
            ledger.close(warehouse, office, ended_by, one, Proof.RECEIPT, said)


def copy_of(row: ClosingRow) -> str:
    """Give the ledger's id of what was written for the end of a contract; another archive is another copy."""
    return f"{KIND}-{row.closing_id}-{str(row.archive_sha256)[:8]}"
