"""A correction to exactly those whom a stopped broadcast reached, or may have reached (誤配信).

It is a broadcast like any other, submitted by one and approved by another; only its audience is not a segment: it is
the frozen lists of the other broadcast, and it can be sent for as long as these are kept. What is signed names them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tayori.broadcast import desk, lists
from tayori.broadcast.audiences import STOPPED, Reached, canonical_reached
from tayori.domain.identifiers import BroadcastId
from tayori.domain.material import NOTHING, Material
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.warehouse import batches, broadcasts
from tayori.warehouse.engines import reading


@dataclass(frozen=True, slots=True)
class Window:
    """When a correction may go out."""

    not_before: datetime
    not_after: datetime


def correct(
    office: Office,
    writer: Credential,
    wrong: BroadcastId,
    messages: object,
    window: Window,
    *,
    material: Material = NOTHING,
    doubtful: bool = False,
) -> BroadcastId:
    """Draft a correction to exactly those whom a stopped broadcast reached; give its id.

    `doubtful`: to those, too, of whom LINE never said whether they got it.

    Raises:
        Refused: the broadcast still runs, or its lists are gone: then only a draft to its segment can be written.

    """
    states = (BatchState.ACCEPTED, BatchState.UNKNOWN) if doubtful else (BatchState.ACCEPTED,)
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, wrong)
        if row.state not in STOPPED:
            raise Refused(_why_not(connection, row.state, wrong))
        if not batches.people_listed(connection, wrong, states):
            raise Refused("Nobody is on a list that the correction could go to: nothing went out, or the lists ended.")
    lists.seal_of(office, row)
    reached = canonical_reached(Reached(wrong, states))
    given = desk.worded(row.genre, reached, messages, (window.not_before, window.not_after), material)
    return desk.draft(office, writer, given)


def _why_not(connection: Connection, state: BroadcastState, wrong: BroadcastId) -> str:
    if state is BroadcastState.SENDING:
        return "The broadcast is still sending; pause it first, then correct it."
    if batches.holds_lists(connection, wrong):
        return f"The broadcast is {state}; only one that was stopped halfway can be corrected."
    return f"The broadcast is {state} and its lists are destroyed; write a new broadcast to its segment instead."
