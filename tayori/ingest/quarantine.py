"""Quarantine: what the gate refused is kept, sealed, with its row and rule, until somebody decides or it ends (I9)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.record_classes import record_classes
from tayori.errors import NotFound, Refused
from tayori.office import TOKYO, Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import quarantine
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.quarantine import ApprovalRow, Held, QuarantineRow

KIND: Final = "quarantine"
NOT_FOLLOWING: Final = "person_does_not_follow"
APPROVES: Final = "responsible"
LIMITS: Final = record_classes().named("quarantine").limits
KEPT: Final = timedelta(days=LIMITS["content"])
KEPT_UNPARSED: Final = timedelta(days=LIMITS["unparsed"])  # it may hold talk text: a day, then the count alone


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row to set aside: its number at its source, the rule that refused it, its content to be sealed.

    `line_index` is the look-up value of the person whose LINE id could be read, so that the eraser finds the row.
    """

    row_no: int
    rule: str
    content: bytes = field(repr=False)
    line_index: bytes | None = field(default=None, repr=False)
    kept: timedelta | None = None  # another time than its block's


def set_aside(
    office: Office, people: Connection, source: str, rows: Sequence[SetAside], kept: timedelta = KEPT
) -> None:
    """Seal refused rows into quarantine, in the caller's transaction. Rows that are there already are left alone."""
    there = quarantine.held_rows(people, source, [row.row_no for row in rows])
    now = office.now()
    held = []
    for row in rows:
        if row.row_no not in there:
            box = office.sealer.seal(KIND, row.content)
            held.append(
                Held(source, row.row_no, row.rule, box.epoch, box.box, row.line_index, now, now + (row.kept or kept))
            )
    quarantine.add(people, held)


def list_waiting(office: Office) -> list[QuarantineRow]:
    """Give the rows that wait for a decision: place, rule and dates, never content."""
    with reading(office.warehouse) as people:
        return quarantine.waiting(people)


def show(office: Office, number: int) -> QuarantineRow:
    """Give what may be shown of one row.

    Raises:
        NotFound: there is no such row.

    """
    with reading(office.warehouse) as people:
        return _found(people, number)


def open_content(office: Office, number: int, evidence: Evidence) -> bytes:
    """Open a row's content for a named handler; the opening is a line of the access log.

    Raises:
        NotFound: there is no such row, or its content has ended.

    """
    with writing(office.warehouse) as people:
        return _opened(office, people, number, evidence)


def discard(office: Office, number: int, evidence: Evidence) -> None:
    """End a row by a handler's decision: the content goes, row number and rule stay.

    Raises:
        NotFound: there is no such row.
        Refused: it has ended already.

    """
    with writing(office.warehouse) as people:
        _waiting(people, number)
        record(people, evidence, Action.DECIDE, f"quarantine {number} discarded", count=1, now=office.now())
        quarantine.close(people, number, "discarded")


def approve(office: Office, number: int, by: Credential) -> str:
    """Let another handler release a row: a responsible one signs for exactly this; give the approval's number.

    Raises:
        NotFound: there is no such row.
        Refused: the handler is not a responsible one today, or the row has ended.

    """
    with writing(office.warehouse) as people:
        roster.require_role(people, by.handler_id, APPROVES, office.today())
        _waiting(people, number)
        approval = f"q-{number}-{office.rng.getrandbits(32):08x}"
        signature = by.sign(_statement(people, number, approval))
        quarantine.add_approval(people, ApprovalRow(approval, number, by.handler_id, signature, office.now()))
        what = f"quarantine {number} approved for release, {approval}"
        record(people, Evidence(by.handler_id, Purpose.INTAKE), Action.DECIDE, what, count=1, now=office.now())
    return approval


def _statement(people: Connection, number: int, approval: str) -> bytes:
    row, held = _found(people, number), quarantine.sealed(people, number)
    sealed = hashlib.sha256(held.sealed or b"").hexdigest()
    place = {"source": row.source, "row": row.row_no, "rule": row.rule, "sealed_sha256": sealed}
    return canonical_bytes({"form": "tayori quarantine release 1", "approval": approval, "quarantine": number, **place})


def _require_approval(people: Connection, number: int, approval: str, releasing: str) -> None:
    found = quarantine.find_approval(people, approval)
    if found is None or found.quarantine_no != number:
        raise Refused(f"There is no approval of this number for row {number}; see `tayori quarantine approve`.")
    if found.handler_id == releasing:
        raise Refused("Who approved the release cannot release the row too; another handler has to.")
    roster.verify_signature(people, found.handler_id, _statement(people, number, approval), found.signature)
    roster.require_role(people, found.handler_id, APPROVES, found.approved_at.astimezone(TOKYO).date())


def release(office: Office, number: int, approval: str, evidence: Evidence) -> bytes:
    """Hand a row's content to a handler, to be put right and handed in again; it ends here.

    Raises:
        NotFound: there is no such row, or its content has ended.
        Refused: there is no such approval of this row, it is by the same hand, or the row has ended.
        Tampered: the row is not what was approved, or not by whom.

    """
    with writing(office.warehouse) as people:
        _waiting(people, number)
        _require_approval(people, number, approval, evidence.actor)
        content = _opened(office, people, number, evidence)
        what = f"quarantine {number} released by approval {approval}"
        record(people, evidence, Action.DECIDE, what, count=1, now=office.now())
        quarantine.close(people, number, "released")
    return content


def _found(people: Connection, number: int) -> QuarantineRow:
    row = quarantine.find(people, number)
    if row is None:
        raise NotFound(f"The quarantine has no row {number}.")
    return row


def _waiting(people: Connection, number: int) -> None:
    state = _found(people, number).state
    if state != quarantine.WAITING:
        raise Refused(f"Row {number} of the quarantine is {state}; nothing is left to decide.")


def _opened(office: Office, people: Connection, number: int, evidence: Evidence) -> bytes:
    row = _found(people, number)
    held = quarantine.sealed(people, number)
    if held.sealed is None or row.expires_at <= office.now():
        raise NotFound(f"The content of row {number} has ended; its row number and rule are all that is left.")
    record(people, evidence, Action.OPEN, f"quarantine {number}", count=1, now=office.now())
    return office.box_keys.open(KIND, Sealed(held.epoch, held.sealed))
