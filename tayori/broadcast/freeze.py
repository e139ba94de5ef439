"""Start a broadcast and freeze its audience: who gets it is settled, with keys and digests, before the first call.

May be killed anywhere and run again: it goes on behind the last person number that is stored.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import lease, lists, signatures
from tayori.broadcast.ahead import Ahead
from tayori.broadcast.audiences import STOPPED, Reached, narrowing, reached_batches, read_audience
from tayori.broadcast.guards.judging import Ruling, first_objection
from tayori.broadcast.guards.objection import Effect
from tayori.broadcast.guards.quota import AskRoom, Room, asked
from tayori.broadcast.guards.situation import Scans, Situation, Unscanned
from tayori.broadcast.moves import SENDER, move
from tayori.domain.approval import drifted
from tayori.domain.batches import Numbers, in_batches, pack, retry_key
from tayori.domain.identifiers import BroadcastId
from tayori.domain.sending_policy import sending_policy
from tayori.domain.states import FRESH, BroadcastState
from tayori.errors import Refused, TayoriError
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.lists import ListSeal
from tayori.warehouse import audience, batches, broadcasts, earlier
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import persistently, reading, writing

READY = FRESH | {BroadcastState.SENDING, BroadcastState.NEEDS_DECISION}
LOOKS: Final = 3
"""How often the people are counted before a start that others overtake; then they are counted within it."""
CHANGED_MEANWHILE = "the audience changed while it was frozen"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen audience, in counts."""

    people: int
    batches: int


class Held(Refused):
    """A guard holds the broadcast: nothing was sent, a handler has to look at it."""


def start(office: Office, broadcast_id: BroadcastId, worker: str, *, room: AskRoom | None = None) -> BroadcastState:
    """Take an approved broadcast in hand, or one whose worker is gone; give the state it is in now.

    `room` asks LINE how many messages the month still holds; every program that sends gives it (a test sees to that).

    Raises:
        Held: a guard says no (`guards/table.py`); it is held with the guard's name and sentence.
        Refused: it is not approved, not yet due, in quiet hours, dropped as its genre's policy says, or in another
            worker's hands.
        Unavailable: LINE could not be asked for its quota; the broadcast stays approved.

    """
    left, scans = _ask(office, broadcast_id, room), Scans()
    for _ in range(LOOKS):
        scans.open()
        with reading(office.warehouse) as connection:
            row = broadcasts.find(connection, broadcast_id)
            _refuse_unready(row, office)
            first_objection(_situation(connection, office, row, left, scans))
        scans.close()
        with suppress(Unscanned):  # another broadcast started meanwhile: it is looked at, too
            return persistently(lambda: _start(office, broadcast_id, worker, left, scans))
    scans.open()
    return persistently(lambda: _start(office, broadcast_id, worker, left, scans))


def _situation(connection: Connection, office: Office, row: BroadcastRow, left: Room | None, scans: Scans) -> Situation:
    return Situation(connection, row, office.now(), room=left, folder=office.media_folder, scans=scans)


def _start(office: Office, broadcast_id: BroadcastId, worker: str, left: Room | None, scans: Scans) -> BroadcastState:
    """Let the guards decide in one transaction, with what was counted before it: nobody waits for a count."""
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        _refuse_unready(row, office)
        earlier.one_start_at_a_time(connection)
        lease.take(connection, row, worker, office.now())
        ruling = first_objection(_situation(connection, office, row, left, scans))
        if ruling is None:
            _begin(connection, office, row)
            return BroadcastState.SENDING
        _heed(connection, office, row, ruling)
    raise _no(ruling)


def _ask(office: Office, broadcast_id: BroadcastId, room: AskRoom | None) -> Room | None:
    """Ask LINE before the transaction: no lock waits for an answer from outside."""
    if room is None:
        return None
    with reading(office.warehouse) as connection:
        state = broadcasts.find(connection, broadcast_id).state
    return asked(room) if state in FRESH else None


def _refuse_unready(row: BroadcastRow, office: Office) -> None:
    if row.state is BroadcastState.SENT:
        raise Refused("The broadcast is already sent, and goes out no second time; see `tayori broadcast status`.")
    if row.state not in READY and not goes_on(row, office):
        why = f" ({row.state_reason})" if row.state_reason else ""
        raise Refused(f"The broadcast is {row.state}{why}; only what two handlers approved is sent.")
    if office.now() < row.not_before:
        raise Refused("The broadcast is not due yet; its window begins later.")


def goes_on(row: BroadcastRow, office: Office) -> bool:
    """Whether a paused broadcast may go on by itself: what it waited for, such as the end of quiet hours, is there."""
    return row.state is BroadcastState.PAUSED and row.resume_at is not None and row.resume_at <= office.now()


def _heed(connection: Connection, office: Office, row: BroadcastRow, ruling: Ruling) -> None:
    """Let a guard's no have its effect; one that only waits takes back that the broadcast was taken in hand."""
    match ruling.objection.effect:
        case Effect.WAIT:
            raise _no(ruling)
        case Effect.DROP:
            _stop(connection, office, row, ruling, BroadcastState.CANCELLED)
            broadcasts.change(connection, row.broadcast_id, ended_at=office.now())
        case Effect.HOLD:
            _stop(connection, office, row, ruling, BroadcastState.HELD)


def _no(ruling: Ruling) -> TayoriError:
    sentence, error = ruling.objection.sentence, ruling.objection.error
    match ruling.objection.effect:
        case Effect.WAIT:
            return error(sentence)
        case Effect.DROP:
            return error(f"{sentence} It is cancelled.")
    if error is not Refused:
        return error(f"{sentence} It is held.")
    return Held(f"{sentence} It is held by {ruling.guard}; `tayori broadcast check` shows what each guard says.")


def _stop(connection: Connection, office: Office, row: BroadcastRow, ruling: Ruling, after: BroadcastState) -> None:
    """Hold or drop it, with the guard's name; what waits for a decision or was paused stays where it is."""
    if row.state in FRESH | {BroadcastState.SENDING}:
        move(connection, office, SENDER, row, after, reason=ruling.objection.sentence)
        broadcasts.change(connection, row.broadcast_id, held_by=ruling.guard)
    broadcasts.change(connection, row.broadcast_id, worker=None)


def _begin(connection: Connection, office: Office, row: BroadcastRow) -> None:
    if row.state is BroadcastState.SENDING:
        return
    count = row.approved_count or 0
    move(connection, office, SENDER, row, BroadcastState.SENDING, count=count)
    broadcasts.change(connection, row.broadcast_id, started_at=row.started_at or office.now(), resume_at=None)


def freeze(office: Office, broadcast_id: BroadcastId, worker: str, *, chunk: int = audience.CHUNK) -> Frozen:
    """Freeze the audience into batches of 500, in chunks of one transaction each; give what is frozen in all.

    Raises:
        Held: more than the margin came or went while it was frozen; nothing was sent.
        Refused: another worker took the broadcast over, or it was paused or cancelled.

    """
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        _, after = batches.reached(connection, broadcast_id)
    sealing = lists.begin(office, row)
    segment = narrowing(read_audience(row.segment))

    def find(connection: Connection, after: int) -> Numbers:
        return audience.next_numbers(connection, row.genre, segment, after=after, size=chunk)

    with Ahead(office, find) as ahead:
        if not row.all_frozen and not isinstance(read_audience(row.segment), Reached):
            ahead.begin(after)
        while not persistently(lambda: _freeze_chunk(office, broadcast_id, worker, (ahead, chunk), sealing)):
            pass
    with writing(office.warehouse) as connection:
        row = lease.beat(connection, broadcast_id, worker, office.now())
        last, _, _ = batches.frontier(connection, broadcast_id)
        return Frozen(row.frozen_count or 0, last)


def _freeze_chunk(
    office: Office, broadcast_id: BroadcastId, worker: str, source: tuple[Ahead, int], sealing: ListSeal
) -> bool:
    """Freeze the next chunk of so many people; whether all is frozen."""
    source[0].wait()
    with writing(office.warehouse) as connection:
        row = lease.beat(connection, broadcast_id, worker, office.now())
        if row.all_frozen:
            return True
        if row.state is not BroadcastState.SENDING:
            raise Refused(f"The broadcast is {row.state}; nothing was sent.")
        found = read_audience(row.segment)
        other = _stopped(connection, found) if isinstance(found, Reached) else None
        audit.reserve(connection)  # nobody is erased while their number is on its way into a list
        if not _freeze_next(connection, office, (row, other), source, sealing):
            return False
        _, _, people = batches.frontier(connection, broadcast_id)
        margin = signatures.margin(connection, row, sending_policy().of(row.genre).drift)
        drift = drifted(row.approved_count or 0, people, margin)
        if drift:
            batches.unfreeze(connection, broadcast_id)
            move(connection, office, SENDER, row, BroadcastState.HELD, reason=CHANGED_MEANWHILE)
            broadcasts.change(connection, broadcast_id, worker=None, held_by="audience_drift")
        else:
            broadcasts.change(connection, broadcast_id, all_frozen=True, frozen_count=people)
    if drift:
        raise Held("The audience changed too much while it was frozen; nothing was sent. Approve it again.")
    return True


def _freeze_next(
    connection: Connection,
    office: Office,
    rows: tuple[BroadcastRow, BroadcastRow | None],
    source: tuple[Ahead, int],
    sealing: ListSeal,
) -> bool:
    """Store the batches of the next chunk; whether it was the last one. `rows`: it, and the one that it corrects."""
    (row, other), (ahead, chunk) = rows, source
    found = read_audience(row.segment)
    if isinstance(found, Reached) and other is not None:
        return _freeze_reached(connection, office, row, (found, other), sealing)
    ordinal, after = batches.reached(connection, row.broadcast_id)
    numbers = ahead.numbers(connection, after)
    if len(numbers) == chunk:
        ahead.begin(int(numbers[-1]))
    frozen = (
        FrozenBatch(at, retry_key(office.rng), pack(part)) for at, part in enumerate(in_batches(numbers), ordinal + 1)
    )
    batches.freeze(connection, row.broadcast_id, frozen, sealing)
    return len(numbers) < chunk


def _stopped(connection: Connection, reached: Reached) -> BroadcastRow:
    """Give the broadcast that is corrected, locked: it reaches nobody else until its lists are taken over."""
    other = broadcasts.find(connection, reached.broadcast_id, lock=True)
    if other.state not in STOPPED:
        raise Refused(f"The broadcast that is corrected is {other.state} again; nothing was sent. Stop it first.")
    return other


def _freeze_reached(
    connection: Connection,
    office: Office,
    row: BroadcastRow,
    corrected: tuple[Reached, BroadcastRow],
    sealing: ListSeal,
) -> bool:
    """Store the lists of another broadcast as this one's, whole or not at all: each under a new key and seal."""
    reached, other = corrected
    theirs = lists.seal_of(office, other)
    copied = (
        FrozenBatch(at, retry_key(office.rng), one.members)
        for at, one in enumerate(list(reached_batches(connection, reached, theirs)), 1)
    )
    batches.freeze(connection, row.broadcast_id, copied, sealing)
    return True
