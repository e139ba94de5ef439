"""Flags that go to people at once: danger to life, a complaint about an official, a procedure with its own law."""

from dataclasses import dataclass
from typing import Any

from tayori import mail
from tayori.desk.hand import in_hand
from tayori.domain.answering import FLAG_TERMS, PROCEDURES, Flag
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput, Unavailable
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.roster import Credential
from tayori.warehouse import desk
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import case_flag

SUBJECT = "【便り】至急確認してください"


@dataclass(frozen=True, slots=True)
class NewFlag:
    """A flag to raise: which, the procedure it names, or the handler whom a complaint is about."""

    flag: Flag
    procedure: str | None = None
    official: str | None = None


def raise_flag(office: Office, by: Credential, receipt_no: str, new: NewFlag, words: str | None = None) -> bool:
    """Raise a flag on a case and tell people at once; whether a mail went out now (else the next run sends it).

    The official of a complaint loses access at the same moment, and is not told; taken off being in charge too.

    Raises:
        BadInput: a procedure that the list does not have, or none where one is needed.
        NotFound: the official is not in the roster; raise the flag without naming a handler then.

    """
    if (new.flag is Flag.PROCEDURE) != (new.procedure in PROCEDURES):
        raise BadInput(f"A procedure with its own law is one of {', '.join(PROCEDURES)}, and only that flag names one.")
    if new.official is not None and new.flag is not Flag.OFFICIAL:
        raise BadInput("Only a complaint against an official names one.")
    with in_hand(office, by, receipt_no) as hand:
        if new.official is not None:
            roster.require_serving(hand.people, HandlerId(new.official), office.today())
        row: dict[str, Any] = {
            "case_no": hand.file.case_no,
            "seq": desk.next_seq(hand.people, case_flag, hand.file.case_no),
            "flag": new.flag,
            "procedure": new.procedure,
            "barred": new.official,
            "raised_by": by.handler_id,
            "raised_at": office.now(),
            "told_at": None,
        }
        desk.add(hand.people, case_flag, [row])
        if new.official is not None and hand.file.in_charge == new.official:
            hand.keep(in_charge=None)
        hand.note("flagged", new.flag, words)
    try:
        return tell(office) > 0
    except (BadInput, Unavailable):
        return False


def tell(office: Office) -> int:
    """Mail the desk the flags of which nobody was told yet; give how many. Receipt numbers and kinds, no content.

    Raises:
        BadInput: TAYORI_SMTP_URL is not understood.
        Unavailable: the mail server does not take it or cannot be reached; the flags go out with a later run.

    """
    with reading(office.warehouse) as people:
        waiting = desk.untold(people)
    if not waiting:
        return 0
    lines = [f"・{receipt_no}: {_said(row.flag, row.procedure)}" for row, receipt_no in waiting]
    text = "次の意見等を、すぐに確認してください。\n" + "\n".join(lines) + "\n"
    if not mail.send(office.settings, SUBJECT, text):
        return 0
    with writing(office.warehouse) as people:
        for row, _ in waiting:
            desk.mark_told(people, row.case_no, row.seq, office.now())
    return len(waiting)


def _said(flag: str, procedure: str | None) -> str:
    return FLAG_TERMS[Flag(flag)] + (f"（{PROCEDURES[procedure]}）" if procedure is not None else "")
