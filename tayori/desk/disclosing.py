"""A person asks for what is held about them (法第76条): letters, black-outs by article, approved, handed out sealed.

The black-outs are made before the text reaches the page: what is blacked out is nowhere in the file.
"""

import hashlib
import hmac
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from tayori.desk.finding import recorded_opening
from tayori.desk.hand import case_key
from tayori.desk.rights import require_desk, require_not_barred
from tayori.domain.canonical import canonical_bytes
from tayori.domain.copies import NewCopy, copy_kind
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.reports.disclosure import DisclosedLetter, disclosure_pdf
from tayori.retention.copies import ledger
from tayori.vault import roster
from tayori.vault.age import recipient_of, seal_file
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases, place_of
from tayori.vault.envelope import seal
from tayori.vault.roster import Credential
from tayori.warehouse import arrivals, closing, desk, disclosures, opinions
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.disclosures import DisclosureRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import SEALED_ITEMS

PREPARED, APPROVED, HANDED_OUT, WITHDRAWN = "prepared", "approved", "handed_out", "withdrawn"
KIND: Final = "disclosure"
BLACK: Final = "■■■"
GROUNDS: Final[Mapping[str, str]] = {
    "78-1-1": "法第78条第1項第1号（本人の生命等を害するおそれ）",
    "78-1-2": "法第78条第1項第2号（本人以外の個人に関する情報）",
    "78-1-3": "法第78条第1項第3号（法人等に関する情報）",
    "78-1-6": "法第78条第1項第6号（審議・検討等に関する情報）",
    "78-1-7": "法第78条第1項第7号（事務・事業に関する情報）",
}
"""Why something may be blacked out; each black-out names one."""


@dataclass(frozen=True, slots=True)
class BlackOut:
    """Words that are not disclosed, and the ground."""

    words: str = field(repr=False)
    ground: str


def prepare(office: Office, by: Credential, document_no: str, asked_on: date, receipts: Sequence[str]) -> str:
    """Begin to answer a disclosure request: the letters of the person who asks, as the desk found them; give its id.

    Raises:
        BadInput: no document number or no letter is named, or the day lies in the future.
        NotFound: there is no such case for this handler.
        Refused: the handler does not serve at the desk today.

    """
    if not document_no.strip() or not receipts or asked_on > office.today():
        raise BadInput("A disclosure names its document, the day on which it was asked for, and at least one letter.")
    disclosure_id = f"x-{office.rng.getrandbits(48):012x}"
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        require_desk(people, office, by.handler_id)
        files = [_file(people, by, one) for one in dict.fromkeys(receipts)]
        row = DisclosureRow(disclosure_id, document_no, asked_on, by.handler_id, PREPARED)
        disclosures.add(people, row, [file.case_no for file in files])
        _noted(office, people, by, f"disclosure {disclosure_id} prepared", len(files))
    return disclosure_id


def _file(people: Connection, by: Credential, receipt_no: str) -> CaseFile:
    file = desk.find(people, receipt_no)
    require_not_barred(people, by.handler_id, file)
    return file


def _request(people: Connection, by: Credential, disclosure_id: str) -> DisclosureRow:
    """Give a request; whom a complaint in one of its letters is about has none."""
    row = disclosures.find(people, disclosure_id)
    if desk.barred_from(people, by.handler_id) & {one["case_no"] for one in disclosures.cases(people, disclosure_id)}:
        raise NotFound(disclosures.no_request(disclosure_id))
    return row


def black_out(
    office: Office, by: Credential, disclosure_id: str, receipt_no: str, black_outs: Sequence[BlackOut]
) -> int:
    """Say what of a letter is blacked out, in place of what was said before; give how many places that is.

    Raises:
        BadInput: words that do not occur in the letter, or a ground that the law does not have.
        NotFound: the request does not cover this letter.
        Refused: it is approved already, or the handler does not serve at the desk today.

    """
    if any(one.ground not in GROUNDS or not one.words.strip() for one in black_outs):
        raise BadInput(f"A black-out names words and one of the grounds {', '.join(GROUNDS)}.")
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        require_desk(people, office, by.handler_id)
        _require_state(_request(people, by, disclosure_id), PREPARED)
        file = _file(people, by, receipt_no)
        if file.case_no not in {row["case_no"] for row in disclosures.cases(people, disclosure_id)}:
            raise NotFound(f"The disclosure {disclosure_id} does not cover {receipt_no}.")
        letter = _letter(office, people, by, file.case_no)
        places = [sum((letter[item] or "").count(one.words) for item in SEALED_ITEMS) for one in black_outs]
        if 0 in places:
            raise BadInput(f"Black-out {places.index(0) + 1} does not occur in the letter as it is written there.")
        said = json.dumps([[one.words, one.ground] for one in black_outs], ensure_ascii=False).encode()
        where = place_of("disclosure_case", "black_outs", {"case_no": file.case_no, "disclosure_id": disclosure_id})
        sealed = seal(case_key(office, file.case_no), said, where)
        disclosures.set_black_outs(people, disclosure_id, file.case_no, sealed)
        _noted(office, people, by, f"disclosure {disclosure_id}: black-outs of case {file.case_no}", 1)
    return sum(places)


def _letter(office: Office, people: Connection, by: Credential, case_no: int) -> dict[str, Any]:
    recorded = recorded_opening(office, people, Evidence(by.handler_id, Purpose.DISCLOSURE), case_no)
    with reading(office.vault) as vault:
        rows = opinions.sealed_letters(people, [case_no])
        (letter,) = open_cases(vault, office.case_keys, "opinion_case", rows, recorded)
    return letter


def review(office: Office, by: Credential, disclosure_id: str) -> bytes:
    """Give the page as it would be handed out, for who approves it.

    Raises:
        NotFound: there is no such request for this handler.
        Refused: the handler is neither of the desk nor the responsible handler, or the request was taken back.
        Unavailable: Pango is not installed.

    """
    with writing(office.warehouse) as people:
        roster.require_any(people, by.handler_id, ("responsible", "desk"), office.today())
        row = _request(people, by, disclosure_id)
        if row.state == WITHDRAWN:
            raise Refused(f"The disclosure {disclosure_id} is withdrawn, its black-outs are gone; nothing is shown.")
        letters = _disclosed(office, people, by, row)
    return disclosure_pdf(row.document_no, row.asked_on, letters)


def approve(office: Office, by: Credential, disclosure_id: str) -> None:
    """Approve a disclosure with its black-outs, by the responsible handler, who did not prepare it; signed.

    Raises:
        NotFound: there is no such request for this handler.
        Refused: another role, the one who prepared it, or it is approved already.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        roster.require_role(people, HandlerId(by.handler_id), "responsible", office.today())
        row = _request(people, by, disclosure_id)
        _require_state(row, PREPARED)
        if by.handler_id == row.prepared_by:
            raise Refused(f"{by.handler_id} prepared this disclosure; another hand approves it.")
        statement = _statement(office, people, row)
        disclosures.alter(
            people, disclosure_id, state=APPROVED, approved_by=by.handler_id, statement=statement,
            signature=by.sign(statement),
        )  # fmt: skip
        _noted(office, people, by, f"disclosure {disclosure_id} approved", 0)


def _statement(office: Office, people: Connection, row: DisclosureRow) -> bytes:
    """What is approved: which cases, and of each the keyed digest of its letter's black-outs."""
    marks = [
        [one["case_no"], _mark(office, one["case_no"], bytes(one["black_outs"] or b""))]
        for one in disclosures.cases(people, row.disclosure_id)
    ]
    said = {"form": "tayori disclosure 1", "id": row.disclosure_id, "document": row.document_no, "cases": marks}
    return canonical_bytes(said)


def _mark(office: Office, case_no: int, sealed: bytes) -> str:
    return hmac.new(case_key(office, case_no), sealed, hashlib.sha256).hexdigest()


def hand_out(office: Office, by: Credential, disclosure_id: str, recipient: str, folder: Path) -> Path:
    """Write what is disclosed, sealed to a named key (age1...), and enter it into the ledger of copies; give the path.

    Raises:
        NotFound: there is no such request for this handler.
        Refused: it is not approved, or no approval of 甲 of its document number is on file for such a copy (P6).
        Tampered: what was approved changed.
        BadInput: the key is none.
        Unavailable: Pango is not installed, or the disk did not take it.

    """
    recipient_of(recipient)
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        require_desk(people, office, by.handler_id)
        row = _request(people, by, disclosure_id)
        _require_state(row, APPROVED)
        if row.statement is None or bytes(row.statement) != _statement(office, people, row):
            raise Tampered("What is disclosed is not what was approved. Nothing was written.")
        approver = HandlerId(row.approved_by or "")
        roster.verify_signature(people, approver, bytes(row.statement), bytes(row.signature or b""))
        letters = _disclosed(office, people, by, row)
    pdf = disclosure_pdf(row.document_no, row.asked_on, letters)
    path = folder / f"{disclosure_id}.pdf.age"
    try:
        sealed = seal_file(io.BytesIO(pdf), path, recipient)
        _enter(office, by, row, recipient, sealed.sha256, len(letters))
    except BaseException:  # a copy that does not stand in the ledger is none
        path.unlink(missing_ok=True)
        raise
    return path


def withdraw(office: Office, by: Credential, disclosure_id: str) -> None:
    """End a request that the person took back (取下げ): its black-outs go, and it keeps no letter from disposal.

    Raises:
        NotFound: there is no such request for this handler.
        Refused: it was handed out or taken back already, or the handler does not serve at the desk today.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        require_desk(people, office, by.handler_id)
        row = _request(people, by, disclosure_id)
        if row.state in {HANDED_OUT, WITHDRAWN}:
            raise Refused(f"The disclosure {disclosure_id} is {row.state}; there is nothing to take back.")
        disclosures.forget_black_outs(people, disclosure_id)
        disclosures.alter(people, disclosure_id, state=WITHDRAWN)
        _noted(office, people, by, f"disclosure {disclosure_id} withdrawn", 0)


def _enter(office: Office, by: Credential, row: DisclosureRow, recipient: str, sha256: str, letters: int) -> None:
    kind = copy_kind(KIND)
    new = NewCopy(
        kind=KIND, purpose=kind.purpose, recipient=recipient, expires_at=office.now() + kind.longest,
        approval=row.document_no, sha256=sha256,
    )  # fmt: skip
    entered = ledger.enter(office, by.handler_id, new, {"disclosure": row.disclosure_id, "letters": letters})
    with writing(office.warehouse) as people:
        disclosures.alter(people, row.disclosure_id, state=HANDED_OUT, copy_id=entered.copy_id)
        _noted(office, people, by, f"disclosure {row.disclosure_id} handed out", letters)


def _disclosed(office: Office, people: Connection, by: Credential, row: DisclosureRow) -> list[DisclosedLetter]:
    found = []
    for one in disclosures.cases(people, row.disclosure_id):
        letter = _letter(office, people, by, one["case_no"])
        said = _black_outs(office, people, by, one)
        items = {item: _blacked(letter[item], said) for item in SEALED_ITEMS if letter[item] is not None}
        grounds = [GROUNDS[ground] for ground in dict.fromkeys(ground for _, ground in said)]
        attached = len(arrivals.files_of(people, [one["case_no"]]))
        found.append(DisclosedLetter(one["receipt_no"], items, grounds, attached))
    return found


def _black_outs(office: Office, people: Connection, by: Credential, one: dict[str, Any]) -> list[tuple[str, str]]:
    if one["black_outs"] is None:
        return []
    recorded = recorded_opening(office, people, Evidence(by.handler_id, Purpose.DISCLOSURE), one["case_no"])
    with reading(office.vault) as vault:
        (opened,) = open_cases(vault, office.case_keys, "disclosure_case", [one], recorded)
    return [(words, ground) for words, ground in json.loads(opened["black_outs"])]


def _blacked(text: str, said: Sequence[tuple[str, str]]) -> str:
    """Black words out wherever one begins, also within another; how long they were does not show."""
    covered = {
        place
        for words, _ in said
        for begin in range(len(text) - len(words) + 1)
        if text.startswith(words, begin)
        for place in range(begin, begin + len(words))
    }
    runs = groupby(enumerate(text), key=lambda one: one[0] in covered)
    return "".join(BLACK if hidden else "".join(letter for _, letter in run) for hidden, run in runs)


def _require_state(row: DisclosureRow, state: str) -> None:
    if row.state != state:
        raise Refused(f"The disclosure {row.disclosure_id} is {row.state}, not {state}.")


def _noted(office: Office, people: Connection, by: Credential, what: str, count: int) -> None:
    evidence = Evidence(by.handler_id, Purpose.DISCLOSURE)
    record(people, evidence, Action.DECIDE, what, count=count, now=office.now())
