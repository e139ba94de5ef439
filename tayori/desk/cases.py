"""Many cases are ended at once: answered by telephone or at the counter, 供覧, 回答不要, 匿名, 取下げ (O3).

An answer in writing goes its own way: drafted, decided, dispatched.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import CaseNo, Contract, HandlerId
from tayori.domain.states import CASE_STEPS, DONE, CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, desk, migrating, opinions, replies
from tayori.warehouse.engines import reading, writing

ROLE = "desk"
ENDS: Final = DONE - {CaseState.CLOSED}


def close_cases(office: Office, by: Credential, numbers: Sequence[CaseNo], state: CaseState, done_on: date) -> int:
    """Set cases that are open to a state in which they are done; give how many moved. None that is about the handler.

    Raises:
        BadInput: the state is not one in which a case is done, or the day lies in the future or before a letter came
            in: how long a record is kept counts from it.
        Refused: the handler does not serve at the desk today, a case lives in the old system until the cut-over, or a
            mail with an answer may have gone out.

    """
    if state not in ENDS:
        raise BadInput(f"{state} is not a way to end a case; take one of {'、'.join(sorted(ENDS))}.")
    if done_on > office.today():
        raise BadInput("The day on which the cases were done lies in the future; give a day up to today.")
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        closing.require_open(people, Contract.OPINIONS)
        barred = desk.barred_from(people, by.handler_id)
        going = [number for number in opinions.movable(people, numbers, state) if number not in barred]
        if migrating.any_not_cut_over(people, going):
            raise Refused("A case lives in the old system until the cut-over; end it there. Nothing was done.")
        if replies.any_in_doubt(people, going):
            raise Refused(
                "The mail of an answer may have gone out; look for it, then `tayori case settle`. Nothing done."
            )
        if opinions.received_after(people, going, done_on):
            raise BadInput("A letter came in after the day on which it was done; check the day. Nothing was done.")
        desk.note_many(people, going, {"at": office.now(), "by": by.handler_id, "what": "moved", "target": state})
        for number in desk.waiting(people).intersection(going):
            desk.end_wait(people, number, office.today())
        moved = opinions.set_state(people, going, state, done_on)
        evidence = Evidence(by.handler_id, Purpose.ANSWER)
        record(people, evidence, Action.DECIDE, f"cases {state}", count=moved, now=office.now())
    return moved


def close_by_receipt(office: Office, by: Credential, receipts: Sequence[str], state: CaseState, done_on: date) -> int:
    """Set the cases of these receipt numbers to a state in which they are done, all of them or none; give how many.

    Raises:
        BadInput: what is given is no receipt number and no case has it; and as `close_cases`.
        NotFound: no case has a number, or not for this handler.
        Refused: a case is done already; and as `close_cases`.

    """
    with reading(office.warehouse) as people:
        barred = desk.barred_from(people, by.handler_id)
        found = {one: case for one, case in opinions.by_receipt(people, receipts).items() if case[0] not in barred}
    unknown = [one for one in receipts if one not in found]
    for one in unknown:
        desk.refuse_other_than_receipt(one)
    if unknown:
        raise NotFound(f"No case has the number {unknown[0]}; see `tayori case list`. Nothing was done.")
    over = [one for one in receipts if found[one][1] in DONE]
    if over:
        raise Refused(f"The case {over[0]} is done already ({found[over[0]][1]}), and stays so. Nothing was done.")
    stuck = [one for one in receipts if state not in CASE_STEPS[found[one][1]]]
    if stuck:
        raise Refused(f"The case {stuck[0]} is {found[stuck[0]][1]} and cannot become {state}. Nothing was done.")
    return close_cases(office, by, [CaseNo(found[one][0]) for one in dict.fromkeys(receipts)], state, done_on)
