"""The ledger of copies: every copy of a closed list of kinds, with its end and the proof of it (P6, P9, O8)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from tayori.certificates import bundle
from tayori.certificates.jws import Signer
from tayori.domain.canonical import canonical_bytes
from tayori.domain.copies import BY_PROGRAM, LONGEST_TEXT, CopyKind, NewCopy, Proof, allow, copy_kind
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, Refused, Tampered
from tayori.office import Office
from tayori.settings import Mode
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import copies
from tayori.warehouse.copies import ApprovalRow, CopyRow
from tayori.warehouse.engines import Conflict, reading, writing

WARD: Final = "甲"
FINAL: Final = "確定"


@dataclass(frozen=True, slots=True)
class Filed:
    """What a received certificate says of a copy: its number and state, and whether the copy has ended by it."""

    copy_id: str
    certificate_no: str
    state: str
    ended: bool


def enter(
    office: Office,
    actor: str,
    new: NewCopy,
    holds: Mapping[str, Any],
    *,
    copy_id: str | None = None,
    taken_at: datetime | None = None,
) -> CopyRow:
    """Enter a copy; `holds` says what is in it (stores, epochs, counts), never a person. `taken_at`: when it was taken.

    Raises:
        Refused: the list of kinds does not allow it, or no approval of 甲 is on file where it leaves the place (P6).
        BadInput: purpose or end are not right.

    """
    made = taken_at or office.now()
    kind = allow(new, office.now())
    row = CopyRow(
        copy_id=copy_id or fresh_id(office, kind.kind, made),
        kind=kind.kind,
        purpose=new.purpose,
        recipient=new.recipient,
        made_by=actor,
        made_at=made,
        expires_at=new.expires_at,
        approval=new.approval,
        sha256=new.sha256,
        holds=holds,
    )
    with writing(office.warehouse) as connection:
        if kind.leaves:
            _require_approval(connection, office, kind, new.approval or "")
        _noted(connection, office, actor, Action.EXPORT, f"copy {row.copy_id} made")
        copies.add(connection, row)
    return row


def fresh_id(office: Office, kind: str, now: datetime) -> str:
    """Give an id for a copy: kind, moment, and something that nobody guesses."""
    return f"{kind}-{now:%Y%m%d%H%M%S}-{office.rng.getrandbits(24):06x}"


def approve(office: Office, who: Credential, document_no: str, kind: str, ends_on: date) -> None:
    """File an approval document of 甲 for one kind of copy to leave the place, until a day; a ward handler signs (P6).

    Raises:
        Refused: the handler is not of 甲, the kind is not on the list or never leaves, or the number was filed before.

    """
    if not document_no.strip() or len(document_no) > LONGEST_TEXT // 3:
        raise BadInput("An approval has the number of 甲's document, of at most 66 characters.")
    if not copy_kind(kind).leaves:
        raise Refused(f"A copy of the kind {kind} never leaves the place; there is nothing to approve (P9).")
    if ends_on < office.today():
        raise BadInput("The approval's last day is over; name a later one.")
    statement = _approval_bytes(document_no, kind, ends_on)
    row = ApprovalRow(document_no, kind, ends_on, who.handler_id, statement, who.sign(statement), office.now())
    try:
        with writing(office.warehouse) as connection:
            _require_ward(connection, office, who)
            _noted(connection, office, who.handler_id, Action.DECIDE, f"copies of kind {kind} approved")
            copies.approve(connection, row)
    except Conflict:
        raise Refused("An approval of this number is on file already; each document is filed once.") from None


def end(office: Office, who: Credential, copy_id: str, proof: str) -> None:
    """Write down that a copy ended by what a handler has in hand: a receipt of 甲, or a file that they erased.

    Raises:
        NotFound: there is no such copy.
        Refused: it has ended, or it ends by the program's own act or check alone.

    """
    if not proof.strip() or len(proof) > LONGEST_TEXT:
        raise BadInput(f"A proof is the number of a receipt, for example: at most {LONGEST_TEXT} characters.")
    with writing(office.warehouse) as connection:
        roster.require_serving(connection, who.handler_id, office.today())
        row = copies.find(connection, copy_id, lock=True)
        ending = copy_kind(row.kind).ended_by
        if ending in BY_PROGRAM:
            how = "file-certificate" if ending is Proof.CERTIFICATE else "the nightly run"
            raise Refused(f"A copy of the kind {row.kind} does not end by a statement; it ends by {how}.")
        close(connection, office, who.handler_id, row, ending, {"document": proof})


def close(
    connection: Connection,
    office: Office,
    actor: str,
    row: CopyRow,
    kind: Proof,
    proof: Mapping[str, Any],
    certificate: str | None = None,
) -> None:
    """Write down a copy's end and its proof, in the caller's transaction.

    Raises:
        Refused: it has ended already.

    """
    ended = copies.end(
        connection,
        row.copy_id,
        ended_at=office.now(),
        ended_by=actor,
        proof_kind=kind.value,
        proof=json.dumps(proof, ensure_ascii=False, sort_keys=True),
        certificate=certificate,
    )
    if not ended:
        raise Refused("This copy has ended already; its proof stays as it was filed.")
    _noted(connection, office, actor, Action.ERASE, f"copy {row.copy_id} ended")


def file_certificate(office: Office, who: Credential, copy_id: str, file: Path, keys: Sequence[Path]) -> Filed:
    """Check a certificate that a contractor sent, and file it with the copy; one that is 確定 ends the copy (O8).

    Raises:
        NotFound: there is no such copy, or no such file.
        Tampered: the certificate does not prove what it says.
        Refused: the copy has ended, does not end by a certificate, or the certificate is older than the copy, of
            dummies, or signed by ourselves.

    """
    verdict = bundle.checked(file, keys)
    with writing(office.warehouse) as connection:
        roster.require_serving(connection, who.handler_id, office.today())
        row = copies.find(connection, copy_id, lock=True)
        if copy_kind(row.kind).ended_by is not Proof.CERTIFICATE:
            raise Refused(f"A copy of the kind {row.kind} does not end by a received certificate.")
        if row.ended_at is not None:
            raise Refused("This copy has ended already; its proof stays as it was filed.")
        if verdict.rehearsal and office.settings.mode is Mode.LIVE:
            raise Refused("The certificate is of a rehearsal, about dummy people; ask the contractor for the real one.")
        if datetime.fromisoformat(verdict.issued) < row.made_at:
            raise Refused("The certificate was issued before the copy was made; it cannot be about it.")
        if any(path.read_bytes() == _own_public(office) for path in keys):
            raise Refused("The certificate is our own; a contractor's is signed with the contractor's key.")
        proof = {"certificate": verdict.number, "state": verdict.state, "checked": asdict(verdict)}
        text = file.read_text("utf-8")
        if verdict.state == FINAL:
            close(connection, office, who.handler_id, row, Proof.CERTIFICATE, proof, text)
        else:
            copies.end(connection, copy_id, certificate=text)
            _noted(connection, office, who.handler_id, Action.DECIDE, f"copy {copy_id}: {verdict.state} certificate")
    return Filed(copy_id, verdict.number, verdict.state, verdict.state == FINAL)


def listed(office: Office) -> list[CopyRow]:
    """Give all copies: overdue ones first, then those that stand, then those that ended."""
    with reading(office.warehouse) as connection:
        rows = copies.every(connection)
    return sorted(rows, key=lambda row: (not row.overdue(office.now()), row.ended_at is not None, row.made_at))


def overdue(office: Office) -> list[CopyRow]:
    """Give the copies that should have ended by now and did not."""
    with reading(office.warehouse) as connection:
        return [row for row in copies.standing(connection) if row.overdue(office.now())]


def proof_of(row: CopyRow) -> Mapping[str, Any]:
    """Give what ended a copy, as it was written down; nothing for one that stands."""
    proof: Mapping[str, Any] = json.loads(row.proof) if row.proof else {}
    return proof


def _require_approval(connection: Connection, office: Office, kind: CopyKind, document_no: str) -> None:
    row = copies.approval(connection, document_no)
    if row is None or row.kind != kind.kind or row.ends_on < office.today():
        raise Refused(
            f"No approval of 甲 of this number is on file for a copy of the kind {kind.kind} today (P6); "
            "a ward handler files it with `tayori copies approve`."
        )
    if row.statement != _approval_bytes(row.document_no, row.kind, row.ends_on):
        raise Tampered("The approval on file is not what was signed.")
    roster.verify_signature(connection, HandlerId(row.handler_id), row.statement, row.signature)


def _require_ward(connection: Connection, office: Office, who: Credential) -> None:
    if roster.require_serving(connection, who.handler_id, office.today()).side != WARD:
        raise Refused(f"{who.handler_id} is not a handler of 甲; a ward handler files what 甲 approved (P6).")


def _approval_bytes(document_no: str, kind: str, ends_on: date) -> bytes:
    return canonical_bytes(
        {"form": "tayori copy approval 1", "document": document_no, "kind": kind, "until": str(ends_on)}
    )


def _own_public(office: Office) -> bytes:
    return Signer(office.signing_key).public_pem


def _noted(connection: Connection, office: Office, actor: str, action: Action, what: str) -> None:
    record(connection, Evidence(actor, Purpose.RECOVERY), action, what, count=0, now=office.now())
