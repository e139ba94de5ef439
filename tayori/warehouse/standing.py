"""Standing approvals as they are stored: plans and templates, their signatures, and what was made of a plan's days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.messages import content_hash
from tayori.domain.standing import Kind, StandingState, Terms, standing_step
from tayori.domain.states import BroadcastState
from tayori.errors import NotFound
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.kinds import occurrence, standing, standing_signature


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One standing approval as it is stored. `messages` are the very bytes that were approved."""

    standing_id: str
    kind: Kind
    genre: int
    segment: str
    messages: bytes
    particulars: str
    ends_on: date
    state: StandingState
    state_reason: str | None
    small_audience_reason: str | None
    approved_count: int | None
    approved_at: datetime | None
    drafted_by: HandlerId
    created_at: datetime

    @property
    def terms(self) -> Terms:
        """What the signatures bind, computed from what is stored now: the hash is taken of the stored bytes."""
        return Terms(
            standing_id=self.standing_id,
            kind=self.kind,
            genre=self.genre,
            segment=self.segment,
            content_hash=content_hash(self.messages),
            particulars=self.particulars,
            ends_on=self.ends_on,
            small_audience_reason=self.small_audience_reason,
        )


@dataclass(frozen=True, slots=True)
class StandingSignature:
    """One handler's signature in one role ("submit", "approve"), with the bytes that they signed."""

    standing_id: str
    role: str
    handler_id: HandlerId
    key_id: str
    statement: bytes
    signature: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What was done about one day of a plan."""

    standing_id: str
    day: date
    outcome: str
    broadcast_id: BroadcastId | None
    noted_at: datetime


def add(connection: Connection, row: StandingRow) -> None:
    """Write a new standing approval."""
    connection.execute(insert(standing).values({name: getattr(row, name) for name in StandingRow.__slots__}))


def find(connection: Connection, standing_id: str, kind: Kind | None = None, *, lock: bool = False) -> StandingRow:
    """Give a standing approval; with `lock`, nobody else changes it until the transaction ends.

    Raises:
        NotFound: there is none of this id, or it is of another kind.

    """
    chosen = select(standing).where(standing.c.standing_id == standing_id)
    found = connection.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    if found is None or (kind is not None and found["kind"] != kind):
        raise NotFound(f"There is no such {kind or 'standing approval'}; see `tayori {kind or 'plan'} list`.")
    return _row(found)


def of_kind(connection: Connection, kind: Kind, *states: StandingState) -> list[StandingRow]:
    """Give the standing approvals of a kind, oldest first; with `states`, only those in one of them."""
    chosen = select(standing).where(standing.c.kind == kind)
    if states:
        chosen = chosen.where(standing.c.state.in_(states))
    ordered = chosen.order_by(standing.c.created_at, standing.c.standing_id)
    return [_row(row) for row in connection.execute(ordered).mappings()]


def change(connection: Connection, standing_id: str, **values: Any) -> None:  # noqa: ANN401 - columns by name
    """Write columns of one standing approval."""
    connection.execute(update(standing).where(standing.c.standing_id == standing_id).values(**values))


def move(connection: Connection, row: StandingRow, after: StandingState, reason: str | None = None) -> None:
    """Let a standing approval go to its next state, with the reason that staff will read.

    Raises:
        Refused: the state machine has no such step.

    """
    change(connection, row.standing_id, state=standing_step(row.state, after), state_reason=reason)


def sign(connection: Connection, row: StandingSignature) -> None:
    """Keep a signature; a second one in the same role takes the first one's place."""
    signed = standing_signature.c
    connection.execute(delete(standing_signature).where(signed.standing_id == row.standing_id, signed.role == row.role))
    connection.execute(
        insert(standing_signature).values({name: getattr(row, name) for name in StandingSignature.__slots__})
    )


def signatures(connection: Connection, standing_id: str) -> dict[str, StandingSignature]:
    """Give the signatures of a standing approval by role."""
    chosen = select(standing_signature).where(standing_signature.c.standing_id == standing_id)
    return {row["role"]: StandingSignature(**row) for row in connection.execute(chosen).mappings()}


def note(connection: Connection, row: Occurrence) -> None:
    """Note what was done about a day of a plan; a second row for the same day is a conflict."""
    connection.execute(insert(occurrence).values({name: getattr(row, name) for name in Occurrence.__slots__}))


def noted_days(connection: Connection, standing_id: str) -> frozenset[date]:
    """Give the days of a plan that something was done about."""
    chosen = select(occurrence.c.day).where(occurrence.c.standing_id == standing_id)
    return frozenset(connection.execute(chosen).scalars())


def noted(connection: Connection, standing_id: str) -> list[Occurrence]:
    """Give what was done about the days of a plan, in their order."""
    chosen = select(occurrence).where(occurrence.c.standing_id == standing_id).order_by(occurrence.c.day)
    return [Occurrence(**row) for row in connection.execute(chosen).mappings()]


def occurrence_of(connection: Connection, broadcast_id: BroadcastId) -> Occurrence | None:
    """Give the plan's day that a broadcast was made of; None if no plan made it."""
    chosen = select(occurrence).where(occurrence.c.broadcast_id == broadcast_id)
    found = connection.execute(chosen).mappings().first()
    return Occurrence(**found) if found else None


def made_in(connection: Connection, standing_id: str, states: Iterable[BroadcastState]) -> list[BroadcastId]:
    """Give the broadcasts of a plan that are in one of these states, by day."""
    chosen = (
        select(occurrence.c.broadcast_id)
        .join(broadcast, broadcast.c.broadcast_id == occurrence.c.broadcast_id)
        .where(occurrence.c.standing_id == standing_id, broadcast.c.state.in_(list(states)))
        .order_by(occurrence.c.day)
    )
    return [BroadcastId(one) for one in connection.execute(chosen).scalars()]


def _row(found: Any) -> StandingRow:  # noqa: ANN401 - a row of SQLAlchemy
    return StandingRow(**{**found, "kind": Kind(found["kind"]), "state": StandingState(found["state"])})
