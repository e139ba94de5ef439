"""Letters on prohibited or sensitive matters wait until a handler of the desk says that they looked (P5).

Neither the answer nor the analysis waits for it: what is withheld from analysis stays withheld.
"""

from collections.abc import Sequence

from tayori.desk.cases import ROLE
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.errors import NotFound
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import attention, closing, desk
from tayori.warehouse.engines import writing


def attend(office: Office, by: Credential, receipts: Sequence[str]) -> int:
    """Take letters off the queue, all of them or none; give how many.

    Raises:
        NotFound: a receipt number is not on the queue, or not for this handler.
        Refused: the handler does not serve at the desk today, or the contract has ended.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        barred = desk.barred_from(people, by.handler_id)
        queue = {row.receipt_no: row.case_no for row in attention.waiting(people) if row.case_no not in barred}
        unknown = [one for one in receipts if one not in queue]
        if unknown:
            raise NotFound(
                f"{len(unknown)} of the numbers are not on the queue; see `tayori case attention`. Nothing was done."
            )
        marked = attention.mark(people, [queue[one] for one in receipts], office.today(), by.handler_id)
        evidence = Evidence(by.handler_id, Purpose.ANSWER)
        record(people, evidence, Action.DECIDE, "letters on sensitive matters attended", count=marked, now=office.now())
    return marked
