"""Broadcasts: what was written, who signed it, where it stands, and which worker has it in hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from tayori.domain.approval import Proposal
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.messages import content_hash
from tayori.domain.pictures import image_hashes
from tayori.domain.states import BROADCAST_STEPS, BroadcastState, step
from tayori.errors import NotFound
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.broadcasts import broadcast, broadcast_signature


@dataclass(frozen=True, slots=True)
class BroadcastRow:
    """One broadcast as it is stored. `messages` are the very bytes that were approved."""

    broadcast_id: BroadcastId
    genre: int
    segment: str
    messages: bytes
    content_hash: str
    not_before: datetime
    not_after: datetime
    state: BroadcastState
    state_reason: str | None
    small_audience_reason: str | None
    approved_count: int | None
    frozen_count: int | None
    all_frozen: bool
    unit: str
    drafted_by: HandlerId
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    worker: str | None = None
    heartbeat_at: datetime | None = None
    resume_at: datetime | None = None
    content_at: datetime | None = None
    held_by: str | None = None

    @property
    def proposal(self) -> Proposal:
        """What an approval binds, computed from what is stored now: the hash is taken of the stored bytes."""
        return Proposal(
            broadcast_id=self.broadcast_id,
            genre=self.genre,
            segment=self.segment,
            content_hash=content_hash(self.messages),
            image_hashes=image_hashes(self.messages),
            not_before=self.not_before,
            not_after=self.not_after,
            small_audience_reason=self.small_audience_reason,
            content_at=self.content_at,
        )


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """One handler's signature in one role ("submit", "approve"), with the bytes that they signed."""

    broadcast_id: BroadcastId
    role: str
    handler_id: HandlerId
    key_id: str
    statement: bytes
    signature: bytes
    signed_at: datetime


def add(connection: Connection, row: BroadcastRow) -> None:
    """Write a new broadcast."""
    connection.execute(insert(broadcast).values({name: getattr(row, name) for name in BroadcastRow.__slots__}))


def find(connection: Connection, broadcast_id: BroadcastId, *, lock: bool = False) -> BroadcastRow:
    """Give a broadcast; with `lock`, nobody else changes it until the transaction ends.

    Raises:
        NotFound: there is none of this id.

    """
    chosen = select(broadcast).where(broadcast.c.broadcast_id == broadcast_id)
    found = connection.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    if found is None:
        raise NotFound("No broadcast has this id; see `tayori broadcast list`.")
    return BroadcastRow(**{**found, "state": BroadcastState(found["state"])})


def let_go_when_silent(connection: Connection, silence: timedelta) -> None:
    """Let the server end this transaction if it says nothing for so long, so that its locks do not outlive it.

    On SQLite a writer that stands still in a transaction keeps the file: only its end lets go.
    """
    if not is_sqlite(connection):
        span = int(silence.total_seconds() * 1000)
        connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {span}"))


def lock_all(connection: Connection, broadcast_ids: Iterable[BroadcastId]) -> list[BroadcastRow]:
    """Give several broadcasts by their ids, ascending; nobody else changes one until the transaction ends.

    Whoever locks more than one does it by this, at once and before the first line in the access log: in whatever order
    two programs ask for them, neither waits for the other one for ever.
    """
    chosen = select(broadcast).where(broadcast.c.broadcast_id.in_(sorted(set(broadcast_ids))))
    found = connection.execute(chosen.order_by(broadcast.c.broadcast_id).with_for_update()).mappings()
    return [BroadcastRow(**{**row, "state": BroadcastState(row["state"])}) for row in found]


def every(connection: Connection) -> list[BroadcastRow]:
    """Give every broadcast: those that have not ended, oldest first, then those that have, oldest first."""
    found = connection.execute(select(broadcast).order_by(broadcast.c.created_at, broadcast.c.broadcast_id)).mappings()
    rows = [BroadcastRow(**{**row, "state": BroadcastState(row["state"])}) for row in found]
    return sorted(rows, key=lambda row: not BROADCAST_STEPS[row.state])


def in_states(connection: Connection, *states: BroadcastState) -> list[BroadcastId]:
    """Give the ids of the broadcasts in one of these states, oldest first."""
    chosen = (
        select(broadcast.c.broadcast_id)
        .where(broadcast.c.state.in_(states))
        .order_by(broadcast.c.created_at, broadcast.c.broadcast_id)
    )
    return [BroadcastId(one) for one in connection.execute(chosen).scalars()]


def due_again(connection: Connection, now: datetime) -> list[BroadcastId]:
    """Give the paused broadcasts that may go on by themselves now."""
    chosen = select(broadcast.c.broadcast_id).where(
        broadcast.c.state == BroadcastState.PAUSED, broadcast.c.resume_at <= now
    )
    return [BroadcastId(one) for one in connection.execute(chosen.order_by(broadcast.c.resume_at)).scalars()]


def change(connection: Connection, broadcast_id: BroadcastId, **values: Any) -> None:  # noqa: ANN401 - columns by name
    """Write columns of one broadcast."""
    connection.execute(update(broadcast).where(broadcast.c.broadcast_id == broadcast_id).values(**values))


def move(connection: Connection, row: BroadcastRow, after: BroadcastState, reason: str | None = None) -> None:
    """Let a broadcast go to its next state, with the reason that staff will read; no guard holds it any more.

    Raises:
        Refused: the state machine has no such step.

    """
    change(connection, row.broadcast_id, state=step(row.state, after), state_reason=reason, held_by=None)


def sign(connection: Connection, row: SignatureRow) -> None:
    """Keep a signature; a second one in the same role takes the first one's place."""
    connection.execute(_in_role(row.broadcast_id, row.role))
    connection.execute(
        insert(broadcast_signature).values({name: getattr(row, name) for name in SignatureRow.__slots__})
    )


def signatures(connection: Connection, broadcast_id: BroadcastId) -> dict[str, SignatureRow]:
    """Give the signatures of a broadcast by role."""
    chosen = select(broadcast_signature).where(broadcast_signature.c.broadcast_id == broadcast_id)
    return {row["role"]: SignatureRow(**row) for row in connection.execute(chosen).mappings()}


def void_signatures(connection: Connection, broadcast_id: BroadcastId) -> None:
    """Take every signature away: what they stood for has changed."""
    connection.execute(delete(broadcast_signature).where(broadcast_signature.c.broadcast_id == broadcast_id))


def _in_role(broadcast_id: BroadcastId, role: str) -> Any:  # noqa: ANN401 - a statement of SQLAlchemy
    signed = broadcast_signature.c
    return delete(broadcast_signature).where(signed.broadcast_id == broadcast_id, signed.role == role)
