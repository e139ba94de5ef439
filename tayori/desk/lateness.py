"""Why an answer left after its target date: one word of a short list, said once the date has passed or any time later.

No answer waits for it. What nobody explained stands on a list, and is counted as such.
"""

from datetime import date

from tayori.desk.hand import in_hand
from tayori.domain.answering import Lateness
from tayori.domain.states import OPEN_CASES, CaseState
from tayori.errors import Refused
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.warehouse import desk
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading

SAID = "late because"
_ANSWERED = frozenset({CaseState.ANSWERED, CaseState.CLOSED})


def explain(office: Office, by: Credential, receipt_no: str, why: Lateness) -> None:
    """Say why a case was answered after its target, or will be; said again, the last word counts.

    Raises:
        NotFound: there is no such case for this handler.
        Refused: it has no target, was answered by it or ends without an answer; or the handler has no part in it.

    """
    with in_hand(office, by, receipt_no) as hand:
        if not is_late(hand.file, office.today()):
            raise Refused(f"The case {receipt_no} is not answered past its target; there is nothing to explain.")
        hand.keep(late_because=why)
        hand.note(SAID, why)


def is_late(file: CaseFile, today: date) -> bool:
    """Whether a case was answered after its target, or is open and past it."""
    if file.target_on is None or file.state not in OPEN_CASES | _ANSWERED:
        return False
    return (today if file.state in OPEN_CASES else file.done_on or today) > file.target_on


def unexplained(office: Office) -> list[CaseFile]:
    """List the cases that were answered past their target and of which nobody said why; opens nothing."""
    with reading(office.warehouse) as people:
        return desk.late_unexplained(people)


def waits_for_reason(office: Office, receipt_no: str) -> bool:
    """Whether a case was answered past its target and nobody said why yet."""
    with reading(office.warehouse) as people:
        file = desk.find(people, receipt_no)
    return file.state in _ANSWERED and file.late_because is None and is_late(file, office.today())
