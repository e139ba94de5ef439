"""Too many leavers at once: stop, hold, tell, and let two named handlers decide instead of erasing (I7).

A scan that would lose too many, or a flood of leavings, is an outage, a wrong account or a forged channel until a
person says that it is true. Nothing is concluded meanwhile. What is allowed is a number of people, for three days.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.leaving import leaving_limits
from tayori.errors import NotFound, Refused
from tayori.office import TOKYO, Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import holds
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.holds import HoldRow, SignatureRow

SCAN, FLOOD = "scan", "flood"
OPEN, ALLOWED, OVER = "open", "allowed", "over"
RESPONSIBLE: Final = "responsible"


def hold(office: Office, kind: str, people: int, of_people: int, bound: int) -> HoldRow:
    """Write down that so many people are held back; the open hold of this kind goes on with the new numbers.

    Signatures are for a number of people: where more are held than was signed for, they no longer count.
    """
    now = office.now()
    with writing(office.warehouse) as warehouse:
        for row in holds.of_kind(warehouse, kind, OPEN):
            holds.change(warehouse, row.hold_id, people=people, of_people=of_people, bound=bound, seen_at=now)
            found = holds.find(warehouse, row.hold_id)
            assert found is not None  # noqa: S101 - it was changed just now
            return found
        made = f"h-{kind}-{now.astimezone(TOKYO):%Y%m%d}-{office.rng.getrandbits(32):08x}"
        row = HoldRow(made, kind, people, of_people, bound, OPEN, now, now, None)
        holds.add(warehouse, row)
    return row


def allow(office: Office, hold_id: str, by: Credential, people: int) -> HoldRow:
    """Let a handler sign that so many people really left; the second signature allows it.

    `people` is the number that the handler saw.

    Raises:
        NotFound: there is no such hold.
        Refused: it is decided, its number changed, the handler has signed before, or no responsible one has.

    """
    now = office.now()
    with writing(office.warehouse) as warehouse:
        row = _open(warehouse, hold_id)
        if row.people != people:
            raise Refused(f"The hold {hold_id} is about {row.people} people now, not {people}; look at it again.")
        roster.require_serving(warehouse, by.handler_id, office.today())
        signed = [one for one in holds.signatures(warehouse, hold_id) if one.people == people]
        if any(one.handler_id == by.handler_id for one in signed):
            raise Refused("Who signed for this hold cannot sign for it again; another handler has to.")
        _require_a_responsible(office, warehouse, by, [one.handler_id for one in signed])
        holds.sign(warehouse, SignatureRow(hold_id, by.handler_id, people, by.sign(_statement(row)), now))
        what = f"{hold_id}: so many people may leave"
        record(warehouse, Evidence(by.handler_id, Purpose.RECONCILE), Action.DECIDE, what, count=people, now=now)
        if len(signed) + 1 >= leaving_limits().decision.signatures:
            holds.change(warehouse, hold_id, state=ALLOWED, decided_at=now)
        found = holds.find(warehouse, hold_id)
        assert found is not None  # noqa: S101 - it is there
        return found


def _require_a_responsible(office: Office, warehouse: Connection, by: Credential, before: list[str]) -> None:
    """Let the last signature needed be refused where nobody responsible is among those who signed."""
    if len(before) + 1 < leaving_limits().decision.signatures:
        return
    roles = [roster.require_serving(warehouse, one, office.today()).roles for one in (*before, by.handler_id)]  # type: ignore[arg-type]
    if not any(RESPONSIBLE in listed.split(",") for listed in roles):
        raise Refused("One of the two who sign has to be a responsible handler; ask one of them to sign.")


def allowed(office: Office, kind: str) -> int:
    """Give how many people may leave at once by decisions that still hold, their signatures verified.

    Raises:
        Tampered: a signature does not match what is stored.

    """
    limits = leaving_limits().decision
    since = office.now() - timedelta(hours=limits.valid_hours)
    with reading(office.warehouse) as warehouse:
        found = [row for row in holds.of_kind(warehouse, kind, ALLOWED) if (row.decided_at or since) > since]
        return max((row.people for row in found if _is_signed(warehouse, row, limits.signatures)), default=0)


def _is_signed(warehouse: Connection, row: HoldRow, needed: int) -> bool:
    signed = [one for one in holds.signatures(warehouse, row.hold_id) if one.people == row.people]
    for one in signed:
        roster.verify_signature(warehouse, one.handler_id, _statement(row), one.signature)
    return len({one.handler_id for one in signed}) >= needed


def end_stale(office: Office, kind: str) -> int:
    """End open holds of a kind whose object is gone: the scan or the night after found no more than usual."""
    with writing(office.warehouse) as warehouse:
        rows = holds.of_kind(warehouse, kind, OPEN)
        for row in rows:
            holds.change(warehouse, row.hold_id, state=OVER, decided_at=office.now())
    return len(rows)


def _open(warehouse: Connection, hold_id: str) -> HoldRow:
    row = holds.find(warehouse, hold_id)
    if row is None:
        raise NotFound(f"There is no hold {hold_id}; see `tayori retention hold list`.")
    if row.state != OPEN:
        raise Refused(f"The hold {hold_id} is {row.state}; nothing is left to decide.")
    return row


def _statement(row: HoldRow) -> bytes:
    return canonical_bytes({"form": "tayori hold 1", "hold": row.hold_id, "kind": row.kind, "people": row.people})
