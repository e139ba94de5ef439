"""The desk, thin: a handler says that cases are done, and how; only then do they go to analysis (O3)."""

from collections.abc import Sequence
from datetime import date

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import CaseNo, HandlerId
from tayori.domain.states import DONE, CaseState
from tayori.errors import BadInput
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import opinions
from tayori.warehouse.engines import writing

ROLE = "desk"


def close_cases(office: Office, by: Credential, numbers: Sequence[CaseNo], state: CaseState, done_on: date) -> int:
    """Set cases that are open to a state in which they are done; give how many moved.

    Raises:
        BadInput: the state is not one in which a case is done, or the day lies in the future.
        Refused: the handler does not serve at the desk today.

    """
    if state not in DONE:
        raise BadInput(f"{state} is not a way to end a case; take one of {'、'.join(sorted(DONE))}.")
    if done_on > office.today():
        raise BadInput("The day on which the cases were done lies in the future; give a day up to today.")
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        moved = opinions.set_state(people, numbers, state, done_on)
        evidence = Evidence(by.handler_id, Purpose.ANSWER)
        record(people, evidence, Action.DECIDE, f"cases {state}", count=moved, now=office.now())
    return moved
