"""Drafts that no writer wrote: something proposes them, and nothing of it goes on until a writer takes it over (I7).

A proposer ("feed:NAME", "incident:ID") is no handler: its name can stand in no roster and it holds no key.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import desk
from tayori.broadcast.desk import Writing
from tayori.broadcast.moves import move
from tayori.broadcast.signatures import ROLE_FOR, SUBMIT
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.messages import content_hash
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts, origins
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import writing
from tayori.warehouse.origins import OriginRow

PROPOSER: Final = re.compile(r"(feed|incident):[a-z0-9-]{1,40}")
OPEN_FOR: Final = timedelta(hours=24)
EXPIRED: Final = "nobody took it over in its time"


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a proposer wants looked at: the writing, what its reader must know, and how old its news is."""

    new: Writing
    note: str
    content_at: datetime | None = None


def propose(connection: Connection, office: Office, proposer: str, proposed: Proposed) -> BroadcastId:
    """Keep a draft in a proposer's name, in the caller's transaction.

    Raises:
        BadInput: that is no proposer's name.

    """
    if not PROPOSER.fullmatch(proposer):
        raise BadInput("A proposer is written feed:NAME or incident:ID; handlers write their own drafts.")
    new = replace(proposed.new, content_at=proposed.content_at)
    row = desk.new_row(office, proposer, new)
    broadcasts.add(connection, row)
    desk.keep_version(connection, office, proposer, row.broadcast_id, new)
    made = OriginRow(row.broadcast_id, proposer, proposed.note, proposed.content_at, office.now())
    origins.add(connection, made)
    evidence = Evidence(proposer, Purpose.DELIVERY)
    audit.record(
        connection, evidence, Action.WRITE, f"broadcast {row.broadcast_id} proposed", count=0, now=office.now()
    )
    return row.broadcast_id


def take_over(
    office: Office,
    writer: Credential,
    broadcast_id: BroadcastId,
    *,
    messages: bytes | None = None,
    window: tuple[datetime, datetime] | None = None,
) -> None:
    """Make a proposed draft a writer's own, with their text and window if they give any; from then on they answer.

    Raises:
        Refused: the handler is no writer today, or the draft is nobody's proposal (any more).

    """
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, writer.handler_id, ROLE_FOR[SUBMIT], office.today())
        if not is_untaken(row):
            raise Refused("This is no proposed draft that waits for a writer; see `tayori broadcast proposals`.")
        said = messages or row.messages
        begins, ends = window or _window(office, row)
        if begins >= ends:
            raise BadInput("The window ends before it begins; give it a later end.")
        written: dict[str, object] = {"messages": said, "content_hash": content_hash(said)}
        written |= {"drafted_by": writer.handler_id, "not_before": begins, "not_after": ends}
        broadcasts.change(connection, broadcast_id, **written)
        own = Writing(row.genre, row.segment, said, begins, ends)
        desk.keep_version(connection, office, writer.handler_id, broadcast_id, own)
        evidence = Evidence(writer.handler_id, Purpose.DELIVERY)
        what = f"broadcast {broadcast_id} taken over"
        audit.record(connection, evidence, Action.DECIDE, what, count=0, now=office.now())


def _window(office: Office, row: BroadcastRow) -> tuple[datetime, datetime]:
    if row.not_after > office.now():
        return row.not_before, row.not_after
    return office.now(), office.now() + OPEN_FOR


def drop_expired(office: Office, origin: str) -> int:
    """Call off proposals whose window passed without a writer; give how many."""
    dropped = 0
    with writing(office.warehouse) as connection:
        waiting = [one.broadcast_id for one in origins.waiting(connection, origin)]
        for row in broadcasts.lock_all(connection, waiting):
            if is_untaken(row) and row.not_after <= office.now():
                withdraw(connection, office, row, EXPIRED)
                dropped += 1
    return dropped


def withdraw(connection: Connection, office: Office, row: BroadcastRow, reason: str) -> None:
    """Call off a proposal that no writer has taken over."""
    move(connection, office, Evidence(row.drafted_by, Purpose.DELIVERY), row, BroadcastState.CANCELLED, reason=reason)
    broadcasts.change(connection, row.broadcast_id, ended_at=office.now())


def is_untaken(row: BroadcastRow) -> bool:
    """Whether a broadcast is still a proposal."""
    return row.state is BroadcastState.DRAFT and bool(PROPOSER.fullmatch(row.drafted_by))
