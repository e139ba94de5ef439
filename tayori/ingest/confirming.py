"""The mail that says that a letter came in: its receipt number, and not a word of what it says (O1).

A worker sends it after the letter became a case. What could not be sent is tried again for a day; an address that the
server never takes is given up at once. The letter waits for none of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final

from tayori import mail
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.ward import ward
from tayori.errors import Refused, Unavailable
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse import closing, letters
from tayori.warehouse.engines import writing

EVIDENCE: Final = Evidence("flow:receipts", Purpose.ANSWER)
BLOCK: Final = 100
MOST_TRIES: Final = 8
FIRST_WAIT: Final = timedelta(minutes=10)  # doubled each time: the last try is about a day after the first
SUBJECT: Final = "【区】ご意見・お問合せを受け付けました"


@dataclass(slots=True)
class Confirmed:
    """What became of the mails that were due."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0


def send_confirmations(office: Office) -> Confirmed | None:
    """Send what is due; None where no mail is set up, and then nothing is opened and everything waits.

    Nothing goes out once the contract is to end.

    A crash after a mail left and before that is written down sends it twice; none is lost.
    """
    if office.settings.smtp_url is None:
        return None
    told = Confirmed()
    for row in _opened(office):
        _send(office, row, told)
    return told


def _opened(office: Office) -> list[dict[str, Any]]:
    """Open receipt number and address of the letters whose mail is due; one line of the log for the block.

    A letter whose key is not in the vault waits for it, and keeps nobody else's mail back.
    """
    with office.writing_people() as (people, vault):
        ended = closing.is_frozen(people, Contract.OPINIONS)
        due = letters.due(people, office.now(), BLOCK) if not ended else []
        keys = office.case_keys.open(vault, [row["case_no"] for row in due])
        due = [row for row in due if row["case_no"] in keys]
        if not due:
            return []
        what = "addresses of letters to confirm"
        recorded = record(people, EVIDENCE, Action.OPEN, what, count=len(due), now=office.now())
        return open_cases(vault, office.case_keys, "letter_confirmation", due, recorded)


def _send(office: Office, row: Mapping[str, Any], told: Confirmed) -> None:
    number, tries = row["case_no"], row["tries"] + 1
    try:
        mail.send_to(office.settings, row["email"], SUBJECT, text_of(row["receipt"]))
        told.sent += 1
    except Unavailable:
        if tries < MOST_TRIES:
            told.put_off += 1
            with writing(office.warehouse) as people:
                letters.try_again(people, number, tries, office.now() + FIRST_WAIT * 2 ** (tries - 1))
            return
        told.given_up += 1
    except Refused:
        told.given_up += 1
    with writing(office.warehouse) as people:
        letters.end_confirmation(people, number)


def text_of(receipt: str) -> str:
    """Give the text of the mail."""
    written = files("tayori.ingest").joinpath("confirmation.txt").read_text("utf-8")
    placed = ward().placeholders
    return written.format(receipt=receipt, desk=placed["担当課"], telephone=placed["電話"])
