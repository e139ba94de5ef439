"""The archive that is returned to 甲 is a copy, of the kind `handover`: entered when written, ended by the receipt.

This is the one place where the end of a contract meets the ledger of copies.
"""

from datetime import datetime

from sqlalchemy import Connection

from tayori.warehouse import journal
from tayori.warehouse.closing import ClosingRow

ENTERED, ENDED = "copy entered", "copy ended"


def enter(warehouse: Connection, row: ClosingRow, recipient: str, made_by: str, now: datetime) -> None:
    """Enter the archive as a copy: sealed to whose key, by which document of 甲, until the receipt."""
    found = {
        "kind": "handover",
        "recipient": recipient,
        "approval": row.document_no,
        "sha256": row.archive_sha256,
        "made_by": made_by,
    }
    journal.finish_step(warehouse, row.closing_id, ENTERED, found, now)


def end(warehouse: Connection, row: ClosingRow, receipt: str, ended_by: str, now: datetime) -> None:
    """End the copy by 甲's receipt."""
    found = {"sha256": row.archive_sha256, "proof_kind": "receipt", "proof": receipt, "ended_by": ended_by}
    journal.finish_step(warehouse, row.closing_id, ENDED, found, now)
