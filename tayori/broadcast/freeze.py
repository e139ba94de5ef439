"""Start a broadcast and freeze its audience: who gets it is settled, with keys and digests, before the first call.

May be killed anywhere and run again: it goes on behind the last person number that is stored.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from tayori.broadcast import lease, signatures
from tayori.broadcast.desk import count_now, read_stored
from tayori.domain.approval import SMALLEST_AUDIENCE, drifted
from tayori.domain.batches import batch_digest, in_batches, pack, retry_key
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import Refused, TayoriError
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import audience, batches, broadcasts
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import writing

SENDER = Evidence("flow:broadcast", Purpose.DELIVERY)
WAITING = {BroadcastState.APPROVED, BroadcastState.SCHEDULED}
TAKEN_UP = {BroadcastState.SENDING, BroadcastState.NEEDS_DECISION}


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen audience, in counts."""

    people: int
    batches: int


class Held(Refused):
    """A guard holds the broadcast: nothing was sent, a handler has to look at it."""


def start(office: Office, broadcast_id: BroadcastId, worker: str) -> BroadcastState:
    """Take an approved broadcast in hand, or one whose worker is gone; give the state it is in now.

    Raises:
        Held: a guard says no (signatures, window, drift, an empty or small audience); it is held with the reason.
        Refused: it is not approved, not yet due, or in another worker's hands.

    """
    held: TayoriError | None = None
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        _refuse_unready(row, office)
        lease.take(connection, row, worker, office.now())
        try:
            _guard(connection, office, row)
        except TayoriError as refusal:
            held = refusal
            _hold(connection, office, row, refusal)
        else:
            _begin(connection, office, row)
    if held is not None:
        raise held if isinstance(held, Held) else type(held)(f"{held.sentence} It is held.")
    return BroadcastState.SENDING


def _refuse_unready(row: BroadcastRow, office: Office) -> None:
    if row.state not in WAITING | TAKEN_UP:
        why = f" ({row.state_reason})" if row.state_reason else ""
        raise Refused(f"The broadcast is {row.state}{why}; only what two handlers approved is sent.")
    if office.now() < row.not_before:
        raise Refused("The broadcast is not due yet; its window begins later.")


def _guard(connection: Connection, office: Office, row: BroadcastRow) -> None:
    signatures.verify(connection, row)
    if row.state in WAITING and office.now() >= row.not_after:
        raise Held("The window of the broadcast is over; nothing was sent.")
    if not row.all_frozen:
        _guard_count(row, count_now(connection, row), signatures.margin(connection, row))


def _guard_count(row: BroadcastRow, count: int, margin: float) -> None:
    approved = row.approved_count or 0
    if count == 0:
        raise Held("The segment matches nobody any more; nothing was sent.")
    if drifted(approved, count, margin):
        apart = f"more than {margin:.0%} apart".replace("%", " %")
        raise Held(f"{approved} people were approved, {count} would get it: {apart}. Approve it again.")
    if count < SMALLEST_AUDIENCE and not row.small_audience_reason:
        raise Held(f"Fewer than {SMALLEST_AUDIENCE} people would get it, and no reason was given.")


def _hold(connection: Connection, office: Office, row: BroadcastRow, refusal: TayoriError) -> None:
    after = BroadcastState.HELD if row.state is not BroadcastState.NEEDS_DECISION else row.state
    if after is not row.state:
        broadcasts.move(connection, row, after, refusal.sentence[:200])
    broadcasts.change(connection, row.broadcast_id, worker=None)
    what = f"broadcast {row.broadcast_id} held"
    audit.record(connection, SENDER, Action.DECIDE, what, count=0, now=office.now())


def _begin(connection: Connection, office: Office, row: BroadcastRow) -> None:
    if row.state is BroadcastState.SENDING:
        return
    broadcasts.move(connection, row, BroadcastState.SENDING)
    if row.started_at is None:
        broadcasts.change(connection, row.broadcast_id, started_at=office.now())
    what, count = f"broadcast {row.broadcast_id} started", row.approved_count or 0
    audit.record(connection, SENDER, Action.SEND, what, count=count, now=office.now())


def freeze(office: Office, broadcast_id: BroadcastId, worker: str, *, chunk: int = audience.CHUNK) -> Frozen:
    """Freeze the audience into batches of 500, in chunks of one transaction each; give what is frozen in all.

    Raises:
        Held: more than the margin came or went while it was frozen; nothing was sent.
        Refused: another worker took the broadcast over, or it was paused or cancelled.

    """
    while not _freeze_chunk(office, broadcast_id, worker, chunk):
        pass
    with writing(office.warehouse) as connection:
        row = lease.beat(connection, broadcast_id, worker, office.now())
        last, _, _ = batches.frontier(connection, broadcast_id)
        return Frozen(row.frozen_count or 0, last)


def _freeze_chunk(office: Office, broadcast_id: BroadcastId, worker: str, chunk: int) -> bool:
    """Freeze the next chunk; whether all is frozen."""
    with writing(office.warehouse) as connection:
        row = lease.beat(connection, broadcast_id, worker, office.now())
        if row.all_frozen:
            return True
        if row.state is not BroadcastState.SENDING:
            raise Refused(f"The broadcast is {row.state}; nothing was sent.")
        if not _freeze_next(connection, office, row, chunk):
            return False
        _, _, people = batches.frontier(connection, broadcast_id)
        drift = drifted(row.approved_count or 0, people, signatures.margin(connection, row))
        if drift:
            batches.unfreeze(connection, broadcast_id)
            broadcasts.move(connection, row, BroadcastState.HELD, "the audience changed while it was frozen")
            broadcasts.change(connection, broadcast_id, worker=None)
        else:
            broadcasts.change(connection, broadcast_id, all_frozen=True, frozen_count=people)
    if drift:
        raise Held("The audience changed too much while it was frozen; nothing was sent. Approve it again.")
    return True


def _freeze_next(connection: Connection, office: Office, row: BroadcastRow, chunk: int) -> bool:
    """Store the batches of the next chunk; whether it was the last one."""
    ordinal, after, _ = batches.frontier(connection, row.broadcast_id)
    segment = read_stored(row.segment)
    numbers = audience.next_numbers(connection, row.genre, segment, after=after, size=chunk)
    packed = (pack(part) for part in in_batches(numbers))
    frozen = (
        FrozenBatch(at, retry_key(office.rng), members, batch_digest(row.content_hash, members))
        for at, members in enumerate(packed, ordinal + 1)
    )
    batches.freeze(connection, row.broadcast_id, frozen)
    return len(numbers) < chunk
