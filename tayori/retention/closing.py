"""The end of a contract, up to the point where nothing comes in or goes out any more: plan, obstacles, signatures.

It is a command and never a deployment. The two parties each sign with the credential of a responsible handler; from the
second signature on nothing of the contract is taken in, sent or changed. Until the erasure begins it can be cancelled.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.record_classes import AtEnd, RecordClass, disposable_from, record_classes
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.retention import archive
from tayori.retention.disposal import DOCUMENT
from tayori.retention.ward_statements import Instruction, instruction_of, ward_key
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disposal_holds, leases
from tayori.warehouse.closing import ClosingRow, ClosingState, SignatureRow
from tayori.warehouse.engines import reading, writing

ROLE: Final = "responsible"
SIDES: Final = ("甲", "乙")
FORM: Final = "tayori contract end 1"
LEASE: Final = "ingest"

DoorAnswers = Callable[[], bool]


def no_door() -> bool:
    """Tell that no door answers: where the caller knows that none was ever set up."""
    return False


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """What the end of a contract does with one class of record: rows by table, returned or not, erased or not."""

    name: str
    term: str
    until: str
    rows: Mapping[str, int]
    returned: bool
    erased: bool
    receipt_needed: bool
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What ending a contract would do now, and what stands in its way. Nothing is written."""

    contract: Contract
    state: str
    classes: tuple[ClassPlan, ...]
    obstacles: tuple[str, ...]
    holds: int = field(default=0)


def plan(office: Office, contract: Contract, door_answers: DoorAnswers = no_door) -> Plan:
    """Tell, class by class, what would be returned and erased, and what has to be done first. Writes nothing."""
    with reading(office.warehouse) as warehouse:
        row = closing.last(warehouse, contract)
        told = instruction(office, row)
        standing = len(disposal_holds.active(warehouse)) if contract is Contract.OPINIONS else 0
    classes = tuple(_class_plan(office, one, contract, told) for one in record_classes().of_contract(contract))
    state = str(row.state) if row is not None else "open"
    return Plan(contract, state, classes, tuple(obstacles(office, contract, door_answers)), standing)


def _class_plan(office: Office, one: RecordClass, contract: Contract, told: Instruction | None) -> ClassPlan:
    spared = told is not None and one.name in told.erase_without_return
    return ClassPlan(
        name=one.name,
        term=one.term,
        until=one.until,
        rows=rows_of(office, one, contract),
        returned=one.at_end in {AtEnd.RETURN, AtEnd.COPY} and not spared,
        erased=one.at_end in {AtEnd.RETURN, AtEnd.ERASE},
        receipt_needed=one.at_end is AtEnd.RETURN and not spared,
        note=_note(one, spared=spared),
    )


def _note(one: RecordClass, *, spared: bool) -> str:
    if spared:
        return "甲の指示により返還せずに消去"
    notes = {
        AtEnd.RETURN: "返還し、受領書を得てから消去",
        AtEnd.ERASE: "返還するものがなく、消去",
        AtEnd.COPY: "写しを返還し、消去の記録として保存",
        AtEnd.KEEP: "個人に関するものを含まず、保存",
    }
    return notes[one.at_end]


def rows_of(office: Office, one: RecordClass, contract: Contract) -> dict[str, int]:
    """Give how many rows of a class belong to a contract, by table; what both keep as proof is counted whole."""
    counted = {}
    for name in one.tables:
        store = closing.store_of(name)
        with reading(getattr(office, store)) as connection:
            counted[name] = closing.count_table(connection, name, contract)
    return counted


def obstacles(office: Office, contract: Contract, door_answers: DoorAnswers = no_door) -> list[str]:
    """Give, as sentences a clerk can act on, what has to be finished before a contract can end."""
    with reading(office.warehouse) as warehouse:
        left = closing.unfinished(warehouse, contract)
        working = contract is Contract.LINE and leases.is_held(warehouse, LEASE, office.now())
    with reading(office.inbox) as inbox:
        waiting = closing.waiting_in_inbox(inbox, contract)
    door = contract is Contract.LINE and door_answers()
    found = [
        (left.broadcasts, f"{left.broadcasts} broadcasts are approved, under way or undecided; cancel or decide them."),
        (left.surveys, f"{left.surveys} surveys are not closed; close them (`tayori survey close`)."),
        (left.leavers, f"{left.leavers} people who left are not erased yet; run `tayori retention run`."),
        (left.open_cases, f"{left.open_cases} letters are undecided; finish them at the desk (`tayori case list`)."),
        (left.open_lists, f"{left.open_lists} lists for disposal are in hand; run `tayori disposal run` to their end."),
        (left.quarantined, f"{left.quarantined} rows wait in quarantine; release or discard them."),
        (waiting, f"{waiting} rows wait in the inbox; take them in (`tayori ingest events`)."),
        (working, "An ingest run is at work; pause its schedule and let it end."),
        (door, "The webhook's door still answers; turn the webhook off in LINE's console and stop the door's service."),
    ]
    return [sentence for is_there, sentence in found if is_there]


def refuse_unfinished(office: Office, contract: Contract, door_answers: DoorAnswers) -> None:
    """Go on only where nothing stands in the way of a contract's end.

    Raises:
        Refused: naming everything that has to be done first.

    """
    found = obstacles(office, contract, door_answers)
    if found:
        raise Refused(f"Contract {contract.value} cannot end yet. {' '.join(found)} Nothing was done.")


@dataclass(frozen=True, slots=True)
class Order:
    """On whose order a contract ends: the number of 甲's document, and its other instruction (a JWS), if any."""

    document_no: str
    instruction: str | None = None


def sign(
    office: Office, by: Credential, contract: Contract, order: Order | None, door_answers: DoorAnswers = no_door
) -> ClosingRow:
    """Sign the end of a contract for one's side; the second side's signature freezes it. Give where it stands.

    The first signature needs the order; the second one signs exactly what the first did.

    Raises:
        BadInput: the first signature comes without an order, or its document has no number.
        Refused: not a responsible handler, the side has signed, the contract has ended, an instruction that is not
            allowed, or something has to be finished first.
        Tampered: the instruction is not 甲's, or what the first signed changed.

    """
    with reading(office.warehouse) as warehouse:
        side = roster.require_role(warehouse, by.handler_id, ROLE, office.today()).side
        row = closing.last(warehouse, contract)
    if row is not None and row.state is not ClosingState.PROPOSED:
        raise Refused(f"Contract {contract.value} is {row.state} ({row.closing_id}); no signature is needed.")
    if row is None and (order is None or not DOCUMENT.fullmatch(order.document_no.strip())):
        raise BadInput("The first signature names the document of 甲 that ends the contract (--document).")
    refuse_unfinished(office, contract, door_answers)
    with writing(office.warehouse) as warehouse:
        _decided(warehouse, office, by, f"end of contract {contract.value} signed for {side}")
        row = closing.last(warehouse, contract)
        if row is None:
            assert order is not None  # noqa: S101 - refused above
            row = _proposed(warehouse, office, by, contract, order)
        _put_signature(warehouse, office, by, row, side)
        if len(closing.signatures(warehouse, row.closing_id)) == len(SIDES):
            require_signed(warehouse, office, row)
            closing.change(warehouse, row.closing_id, state=ClosingState.SIGNED)
        return closing.find(warehouse, row.closing_id)


def _proposed(warehouse: Connection, office: Office, by: Credential, contract: Contract, order: Order) -> ClosingRow:
    if order.instruction is not None:
        told = instruction_of(order.instruction, ward_key(office), contract, office.today())
        if told.document_no != order.document_no:
            raise Refused("The signed instruction of 甲 names another document; nothing was recorded.")
        refuse_instruction(warehouse, office, told)
    row = ClosingRow(
        closing_id=f"end-{contract.value}-{office.rng.getrandbits(48):012x}",
        contract=contract,
        state=ClosingState.PROPOSED,
        document_no=order.document_no.strip(),
        instruction=order.instruction,
        archive_file=None,
        archive_sha256=None,
        receipt=None,
        proposed_by=by.handler_id,
        proposed_at=office.now(),
    )
    closing.add(warehouse, row)
    return row


def refuse_instruction(warehouse: Connection, office: Office, told: Instruction) -> None:
    """Refuse an instruction that would destroy official records within their period, or that means nothing here.

    Raises:
        BadInput: a class that does not exist, or is not this contract's, or is not returned anyway.
        Refused: the class is 公文書 whose period is not over, or a hold stands.

    """
    known = {one.name: one for one in record_classes().of_contract(told.contract)}
    for name in told.erase_without_return:
        if name not in known or known[name].at_end is not AtEnd.RETURN:
            returned = ", ".join(one.name for one in known.values() if one.at_end is AtEnd.RETURN)
            raise BadInput(f"The instruction names a class that is not returned and erased; those are: {returned}.")
        if known[name].is_document:
            _refuse_within_period(warehouse, office, known[name])


def _refuse_within_period(warehouse: Connection, office: Office, one: RecordClass) -> None:
    if disposal_holds.active(warehouse):
        raise Refused(f"A hold keeps {one.term}; they are returned, never erased without it. Lift the hold first.")
    years = {addressee: series.fiscal_years for series in record_classes().series for addressee in series.addressees}
    for addressee, done_on in closing.undisposed_days(warehouse).items():
        if done_on is None or disposable_from(done_on, years[addressee]) > office.today():
            raise Refused(
                f"The period of {one.term} is not over: 公文書 are returned to 甲 before they are erased here. "
                "Take the class out of the instruction."
            )


def instruction(office: Office, row: ClosingRow | None) -> Instruction | None:
    """Give 甲's other instruction for the end of a contract, its signature checked anew; None where there is none."""
    if row is None or row.instruction is None:
        return None
    return instruction_of(row.instruction, ward_key(office), row.contract, office.today())


def statement(office: Office, row: ClosingRow, side: str) -> bytes:
    """What each side signs: this contract, this order, these classes of record, these keys of 甲."""
    said = hashlib.sha256((row.instruction or "").encode()).hexdigest()
    return canonical_bytes(
        {
            "form": FORM,
            "closing": row.closing_id,
            "contract": row.contract.value,
            "document": row.document_no,
            "instruction_sha256": said if row.instruction else None,
            "classes": record_classes().version,
            "ward_key_sha256": hashlib.sha256(ward_key(office)).hexdigest(),
            "recipient": archive.recipient(office),
            "side": side,
        }
    )


def _put_signature(warehouse: Connection, office: Office, by: Credential, row: ClosingRow, side: str) -> None:
    signed = closing.signatures(warehouse, row.closing_id)
    if side in signed:
        raise Refused(f"{side} has signed already; the other side has to.")
    if any(by.handler_id == one.handler_id or by.key_id == one.key_id for one in signed.values()):
        raise Refused("Who signed once cannot sign for the other side.")
    said = statement(office, row, side)
    closing.sign(
        warehouse, SignatureRow(row.closing_id, side, by.handler_id, by.key_id, said, by.sign(said), office.now())
    )


def require_signed(warehouse: Connection, office: Office, row: ClosingRow) -> None:
    """Check both sides' signatures over the end of a contract.

    Raises:
        Refused: a side has not signed.
        Tampered: what was signed changed: the order, the classes of record, or 甲's keys.

    """
    signed = closing.signatures(warehouse, row.closing_id)
    if not set(SIDES) <= set(signed) or len({signed[side].key_id for side in SIDES}) != len(SIDES):
        raise Refused(f"The end of contract {row.contract.value} lacks the signature of 甲 or 乙.")
    for side in SIDES:
        one = signed[side]
        if one.statement != statement(office, row, side):
            raise Tampered(f"{side} signed another order, other classes of record or keys of 甲; cancel, sign anew.")
        handler = HandlerId(one.handler_id)
        roster.verify_signature(warehouse, handler, one.statement, one.signature)
        found = roster.require_role(warehouse, handler, ROLE, one.signed_at.astimezone(TOKYO).date())
        if found.side != side:
            raise Refused(f"{one.handler_id} does not stand in the roster for {side}.")


def cancel(office: Office, by: Credential, contract: Contract) -> ClosingRow:
    """Let a contract go on that was to end; possible until the erasure begins.

    Raises:
        NotFound: nothing is to be cancelled.
        Refused: not a responsible handler, or the erasure has begun.

    """
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, by.handler_id, ROLE, office.today())
        _decided(warehouse, office, by, f"end of contract {contract.value} cancelled")
        row = standing(warehouse, contract)
        if row.state in {ClosingState.ERASING, ClosingState.CLOSED}:
            raise Refused(f"The end of contract {contract.value} is {row.state}; it cannot be cancelled any more.")
        closing.change(warehouse, row.closing_id, state=ClosingState.CANCELLED)
        return closing.find(warehouse, row.closing_id)


def standing(warehouse: Connection, contract: Contract) -> ClosingRow:
    """Give the end of a contract that stands.

    Raises:
        NotFound: there is none.

    """
    row = closing.last(warehouse, contract)
    if row is None:
        raise NotFound(f"The end of contract {contract.value} was not signed by anybody; begin with `--step sign`.")
    return row


def _decided(warehouse: Connection, office: Office, by: Credential, what: str) -> None:
    record(warehouse, Evidence(by.handler_id, Purpose.CLOSING), Action.DECIDE, what, count=0, now=office.now())
