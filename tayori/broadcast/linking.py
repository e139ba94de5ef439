"""Which follower a member of staff is: shown by a one-time code, never by an id (I3, I4, L5).

A member of staff follows the account like anybody. `tayori handler link` shows a code, which they enter on the settings
page, where LINE's own login names them: no id is typed, shown or spoken. The link is a number beside a handler's id; it
goes with the person's row when they leave the account, and with the handler when their end is set.
"""

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId, LineUserId, PersonNo
from tayori.errors import Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import people, staff_links
from tayori.warehouse.engines import writing

LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
CODE_LENGTH: Final = 8
CODE_FOR: Final = timedelta(minutes=10)


def offer_link(office: Office, who: Credential) -> str:
    """Give a one-time code by which this handler can show which follower they are, for ten minutes."""
    code = "".join(office.rng.choice(LETTERS) for _ in range(CODE_LENGTH))
    with writing(office.warehouse) as connection:
        roster.require_serving(connection, who.handler_id, office.today())
        staff_links.offer(connection, who.handler_id, _digest(code), office.now() + CODE_FOR)
        _decided(connection, office, who.handler_id, f"staff link of {who.handler_id} offered")
    return code


def redeem(office: Office, line_user_id: LineUserId, code: str) -> HandlerId:
    """Link the follower who entered a code to the handler who was shown it (the settings page calls this).

    The id comes from LINE's verified token, never from what was typed.

    Raises:
        Refused: nobody was shown this code within ten minutes, their time is over, or the follower is none of ours.

    """
    with writing(office.warehouse) as connection:
        handler_id = staff_links.take(connection, _digest(code.strip().upper()), office.now())
        known = people.find_people(connection, [office.index.of_line_id(line_user_id)], lock=True)
        found = next((one for one in known.values() if not one.left), None)
        refused = handler_id is None or found is None
        if handler_id is not None and found is not None:
            roster.require_serving(connection, handler_id, office.today())
            evidence = Evidence(handler_id, Purpose.TRIAL)
            audit.record(connection, evidence, Action.WRITE, f"staff link of {handler_id}", count=1, now=office.now())
            staff_links.link(connection, handler_id, PersonNo(found.person_no), office.now())
    if refused or handler_id is None:  # a code that was tried is used up, whatever came of it
        raise Refused("The code is not valid (any more); let `tayori handler link` show a new one.")
    return handler_id


def unlink(office: Office, who: Credential) -> bool:
    """Forget which follower a handler is; whether there was a link."""
    with writing(office.warehouse) as connection:
        gone = staff_links.unlink(connection, who.handler_id)
        evidence = Evidence(who.handler_id, Purpose.TRIAL)
        what = f"staff link of {who.handler_id}"
        audit.record(connection, evidence, Action.ERASE, what, count=int(gone), now=office.now())
    return gone


def _digest(code: str) -> bytes:
    return hashlib.sha256(b"tayori|staff link|" + code.encode("utf-8")).digest()


def _decided(connection: Connection, office: Office, actor: str, what: str) -> None:
    audit.record(connection, Evidence(actor, Purpose.TRIAL), Action.DECIDE, what, count=0, now=office.now())
