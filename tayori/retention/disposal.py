"""Lists for disposal of letters (廃棄予定一覧), their approval by two, and holds. Nothing is disposed of here.

Letters are 公文書: leaving LINE never touches them. They end when the period of their series is over, on a list that
two handlers signed, at least one of them of 甲, and never while a hold, or a disclosure request that was not answered,
keeps them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes, canonical_digest
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.record_classes import Series, disposable_from, done_before, record_classes
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disposal, disposal_holds, opinions
from tayori.warehouse.disposal import Listed, ListRow, ListState, SignatureRow
from tayori.warehouse.disposal_holds import HoldRow
from tayori.warehouse.engines import reading, writing

PROPOSES: Final = "desk"
APPROVES: Final = ("desk", "responsible")
"""The two roles that sign a list, each once: the desk that keeps the letters, and the responsible handler."""
PLACES: Final = ("desk", "responsible", "auditor")
WARD: Final = "甲"
DOCUMENT: Final = re.compile(r"[^\r\n]{1,80}")
FORM: Final = "tayori disposal list 1"
HOLD_FORM: Final = "tayori disposal hold 1"
LIFT_FORM: Final = "tayori disposal hold lifted 1"


@dataclass(frozen=True, slots=True)
class DueSeries:
    """What is due of one series today: how many may be listed, how many are held, and the receipt numbers."""

    series: str
    term: str
    fiscal_years: int
    due: int
    held: int
    receipts: tuple[str, ...]


def due(office: Office) -> list[DueSeries]:
    """Tell what may be disposed of today, by series: counts and receipt numbers, no content. Nothing is written."""
    with reading(office.warehouse) as warehouse:
        listed, kept = _due(warehouse, office)
    return [_summed(series, listed, kept) for series in record_classes().series]


def _summed(series: Series, listed: Sequence[Listed], kept: Counter[str]) -> DueSeries:
    receipts = tuple(one.receipt_no for one in listed if one.series == series.name)
    return DueSeries(series.name, series.term, series.fiscal_years, len(receipts), kept[series.name], receipts)


def _due(warehouse: Connection, office: Office) -> tuple[list[Listed], Counter[str]]:
    """Give the letters whose period is over and that nothing keeps, and how many are held, by series."""
    standing, listed = disposal_holds.active(warehouse), []
    kept: Counter[str] = Counter()
    for series in record_classes().series:
        last = done_before(office.today(), series.fiscal_years)
        done = disposal.done_before(warehouse, sorted(series.addressees), last)
        asked_for = disposal.asked_for(warehouse, [one.case_no for one in done], office.today())
        for one in done:
            if one.case_no in asked_for or is_held(standing, series.name, one.receipt_no):
                kept[series.name] += 1
            else:
                due_from = disposable_from(one.done_on, series.fiscal_years)
                listed.append(Listed(one.case_no, one.receipt_no, series.name, due_from))
    return sorted(listed, key=lambda one: one.case_no), kept


def is_held(standing: Sequence[HoldRow], series: str, receipt_no: str) -> bool:
    """Whether any of these holds keeps a letter."""
    return any(hold.covers(series, receipt_no) for hold in standing)


def propose(office: Office, by: Credential) -> ListRow:
    """Write a list of everything that is due today and not held; give it. Two others sign it before it is run.

    Raises:
        Refused: the handler is not of the desk today, nothing is due, or the contract has ended.

    """
    with writing(office.warehouse) as warehouse:
        closing.require_open(warehouse, Contract.OPINIONS)
        roster.require_role(warehouse, by.handler_id, PROPOSES, office.today())
        list_id = f"d-{office.rng.getrandbits(48):012x}"
        decided(warehouse, office, by, f"list for disposal {list_id} proposed", 0)
        listed, _ = _due(warehouse, office)
        if not listed:
            raise Refused("Nothing is due for disposal today that is not held or listed; see `tayori disposal list`.")
        row = ListRow(
            list_id, office.today(), len(listed), digest(listed), ListState.PROPOSED, by.handler_id, office.now()
        )
        disposal.add_list(warehouse, row, listed)
    return row


def digest(listed: Sequence[Listed]) -> str:
    """Hash of what a list names, canaries left out; two signatures hold it."""
    named = [
        {"case": one.case_no, "receipt": one.receipt_no, "series": one.series, "due_from": one.due_from.isoformat()}
        for one in sorted(listed, key=lambda one: one.case_no)
    ]
    return canonical_digest(named)


def statement(row: ListRow, role: str) -> bytes:
    """What a handler signs: this list, as of this day, so many letters, in this role."""
    return canonical_bytes(
        {
            "form": FORM,
            "list": row.list_id,
            "as_of": row.as_of.isoformat(),
            "cases": row.cases,
            "digest": row.digest,
            "classes": record_classes().version,
            "role": role,
        }
    )


def approve(office: Office, by: Credential, list_id: str) -> ListRow:
    """Sign a list in the role that is still open; the second signature, by another credential, approves it.

    Raises:
        NotFound: there is no such list.
        Refused: it waits for no signature, the handler signed it already, has no role for it, or neither signer is
            of 甲, whose records these are.
        Tampered: the list names other letters than were proposed.

    """
    with writing(office.warehouse) as warehouse:
        decided(warehouse, office, by, f"list for disposal {list_id} signed", 1)
        row = disposal.find_list(warehouse, list_id)
        if row.state is not ListState.PROPOSED:
            raise Refused(f"The list {list_id} is {row.state} and waits for no signature.")
        require_whole(warehouse, row)
        signed = disposal.signatures(warehouse, list_id)
        if any(one.handler_id == by.handler_id or one.key_id == by.key_id for one in signed.values()):
            raise Refused("Who signed the list once cannot sign it again; another handler has to.")
        role = _open_role(warehouse, office, by, frozenset(signed))
        said = statement(row, role)
        mine = SignatureRow(list_id, role, by.handler_id, by.key_id, said, by.sign(said), office.now())
        if signed:
            _require_ward(warehouse, [mine, *signed.values()])
            disposal.move(warehouse, list_id, ListState.APPROVED)
        disposal.sign(warehouse, mine)
        return disposal.find_list(warehouse, list_id)


def _open_role(warehouse: Connection, office: Office, by: Credential, taken: frozenset[str]) -> str:
    row = roster.require_any(warehouse, by.handler_id, APPROVES, office.today())
    held = [role for role in APPROVES if role in row.roles.split(",") and role not in taken]
    if not held:
        raise Refused(
            "The list is signed in that role already; it needs one signature of the desk and one of the "
            "responsible handler."
        )
    return held[0]


def _require_ward(warehouse: Connection, signed: Sequence[SignatureRow]) -> None:
    if WARD not in {roster.side_of(warehouse, one.handler_id) for one in signed}:
        raise Refused("These records are the ward's: at least one of the two who sign stands in the roster for 甲.")


def require_whole(warehouse: Connection, row: ListRow) -> None:
    """Check that a list names what was proposed.

    Raises:
        Tampered: it does not.

    """
    listed = [one for one in disposal.items(warehouse, row.list_id) if one.case_no > 0]
    if len(listed) != row.cases or digest(listed) != row.digest:
        raise Tampered(f"The list {row.list_id} names other letters than were proposed; cancel it and propose anew.")


def require_approved(warehouse: Connection, row: ListRow) -> str:
    """Check both signatures of a list; give who signed, for the register.

    Raises:
        Refused: it is not approved.
        Tampered: what was signed changed, or by whom.

    """
    if row.state not in {ListState.APPROVED, ListState.RUNNING}:
        raise Refused(f"The list {row.list_id} is {row.state}; only an approved list is disposed of.")
    require_whole(warehouse, row)
    signed = disposal.signatures(warehouse, row.list_id)
    if frozenset(signed) != frozenset(APPROVES) or len({one.key_id for one in signed.values()}) != len(APPROVES):
        raise Refused(f"The list {row.list_id} lacks one of its two signatures.")
    for role, one in signed.items():
        if one.statement != statement(row, role):
            raise Tampered(f"The signature of {one.handler_id} is over another list; nothing was disposed of.")
        roster.verify_signature(warehouse, HandlerId(one.handler_id), one.statement, one.signature)
        roster.require_role(warehouse, HandlerId(one.handler_id), role, one.signed_at.astimezone(TOKYO).date())
    _require_ward(warehouse, list(signed.values()))
    return "、".join(f"{one.handler_id}（{role}）" for role, one in sorted(signed.items()))


def cancel(office: Office, by: Credential, list_id: str) -> None:
    """End a list that was not taken in hand; what it named may be listed again.

    Raises:
        NotFound: there is no such list.
        Refused: it was taken in hand, has ended, or the handler may not.

    """
    with writing(office.warehouse) as warehouse:
        roster.require_any(warehouse, by.handler_id, APPROVES, office.today())
        decided(warehouse, office, by, f"list for disposal {list_id} cancelled", 0)
        row = disposal.find_list(warehouse, list_id)
        if row.state not in {ListState.PROPOSED, ListState.APPROVED}:
            raise Refused(f"The list {list_id} is {row.state}; it cannot be cancelled any more.")
        disposal.move(warehouse, list_id, ListState.CANCELLED)
        disposal.drop_withheld(warehouse, list_id)


@dataclass(frozen=True, slots=True)
class Stop:
    """What a hold is to keep: by whose document and why; a series, one receipt number, or everything."""

    reason: str
    document_no: str
    series: str | None = None
    receipt_no: str | None = None


def hold(office: Office, by: Credential, stop: Stop) -> HoldRow:
    """Keep letters from disposal from now on, under a handler's signature, until it is lifted.

    Raises:
        BadInput: an unknown reason or series, no document number, or both a series and a receipt number.
        NotFound: no case has the receipt number.
        Refused: the handler may not.

    """
    _checked(stop)
    with writing(office.warehouse) as warehouse:
        roster.require_any(warehouse, by.handler_id, PLACES, office.today())
        hold_id = f"h-{office.rng.getrandbits(48):012x}"
        decided(warehouse, office, by, f"hold {hold_id} placed", 0)
        if stop.receipt_no is not None and not opinions.by_receipt(warehouse, [stop.receipt_no]):
            raise NotFound("No case has this receipt number; nothing was held.")
        said = _hold_statement(hold_id, stop)
        row = HoldRow(
            hold_id,
            stop.reason,
            stop.document_no,
            stop.series,
            stop.receipt_no,
            by.handler_id,
            office.now(),
            said,
            by.sign(said),
        )
        disposal_holds.add(warehouse, row)
    return row


def _checked(stop: Stop) -> None:
    if stop.reason not in record_classes().holds:
        raise BadInput(f"A hold's reason is one of: {', '.join(record_classes().holds)}.")
    _check_document(stop.document_no)
    if stop.series is not None and stop.series not in {one.name for one in record_classes().series}:
        raise BadInput(f"A series is one of: {', '.join(one.name for one in record_classes().series)}.")
    if stop.series is not None and stop.receipt_no is not None:
        raise BadInput("A hold keeps a series or one receipt number, not both; place two.")


def _check_document(document_no: str) -> None:
    if not DOCUMENT.fullmatch(document_no.strip()):
        raise BadInput("Name the document that orders it: its number, one line, at most 80 characters.")


def _hold_statement(hold_id: str, stop: Stop) -> bytes:
    what = {"reason": stop.reason, "document": stop.document_no, "series": stop.series, "receipt": stop.receipt_no}
    return canonical_bytes({"form": HOLD_FORM, "hold": hold_id} | what)


def lift(office: Office, by: Credential, hold_id: str, document_no: str) -> HoldRow:
    """Lift a hold by a document of its own, under the signature of another handler than who placed it.

    Raises:
        NotFound: there is no such hold.
        Refused: it is lifted already, or the handler may not, or placed it.
        BadInput: no document number.

    """
    _check_document(document_no)
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, by.handler_id, "responsible", office.today())
        decided(warehouse, office, by, f"hold {hold_id} lifted", 0)
        row = disposal_holds.find(warehouse, hold_id)
        if row.placed_by == by.handler_id:
            raise Refused("Who placed a hold does not lift it; another responsible handler has to.")
        said = canonical_bytes({"form": LIFT_FORM, "hold": hold_id, "document": document_no})
        lifted = replace(
            row,
            lifted_by=by.handler_id,
            lifted_at=office.now(),
            lift_document_no=document_no,
            lift_statement=said,
            lift_signature=by.sign(said),
        )
        if not disposal_holds.lift(warehouse, lifted):
            raise Refused(f"The hold {hold_id} is lifted already.")
    return lifted


def decided(warehouse: Connection, office: Office, by: Credential, what: str, count: int) -> None:
    """Write a decision about disposal into the access log; it also lets no other decision come between."""
    record(warehouse, Evidence(by.handler_id, Purpose.DISPOSAL), Action.DECIDE, what, count=count, now=office.now())
