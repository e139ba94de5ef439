"""The one way a broadcast changes its state: a step that the table allows, with its line in the access log (I5)."""

from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.states import BroadcastState
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action, Recorded
from tayori.warehouse import broadcasts
from tayori.warehouse.broadcasts import BroadcastRow

LONGEST_REASON: Final = 200
SENDER: Final = Evidence("flow:broadcast", Purpose.DELIVERY)


def move(
    connection: Connection,
    office: Office,
    evidence: Evidence,
    row: BroadcastRow,
    after: BroadcastState,
    *,
    reason: str | None = None,
    count: int = 0,
) -> Recorded:
    """Let a broadcast go to its next state, with the reason that staff will read; `count`: people concerned.

    Raises:
        Refused: the table of steps has no such step.

    """
    broadcasts.move(connection, row, after, reason[:LONGEST_REASON] if reason else None)
    what = f"broadcast {row.broadcast_id}: {row.state} > {after}"
    action = Action.SEND if evidence == SENDER else Action.DECIDE
    return audit.record(connection, evidence, action, what, count=count, now=office.now())
