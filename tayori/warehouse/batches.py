"""Batches: the frozen lists of a broadcast, sealed, each with its retry key stored before its first call (I6).

Writes go by block, many batches in one statement. A batch's state only moves along `BATCH_STEPS`: each bulk write
names the states that it may overwrite, so that a late worker can never undo what another one has learnt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, bindparam, func, insert, or_, select, update

from tayori.domain.batches import Numbers, unpack
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, batch_sources
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.schema.broadcasts import batch, outbound_call
from tayori.warehouse.schema.columns import Moment

FROZEN: Final = (
    "broadcast_id",
    "ordinal",
    "retry_key",
    "members",
    "first_no",
    "last_no",
    "size",
    "state",
)
OPEN: Final = (BatchState.SENDING, BatchState.UNKNOWN)
LISTLESS: Final = (BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNDECIDED)


class Seal(Protocol):
    """Seals and opens the lists of one broadcast (`tayori.vault.lists`)."""

    def seal(self, ordinal: int, packed: bytes) -> bytes:
        """Seal the list of a batch."""

    def open(self, ordinal: int, sealed: bytes) -> bytes:
        """Open the list of a batch."""


@dataclass(frozen=True, slots=True)
class FrozenBatch:
    """One batch as it stands in the ledger: its key and its packed list of person numbers, open."""

    ordinal: int
    retry_key: str
    members: bytes = field(repr=False)
    first_attempt_at: datetime | None = None

    @property
    def size(self) -> int:
        """How many people are in it."""
        return len(self.members) // 8

    @property
    def numbers(self) -> Numbers:
        """Their numbers, ascending."""
        return unpack(self.members)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one batch: its state now, what LINE said last, and how often it was asked in this run."""

    ordinal: int
    state: BatchState
    calls: int
    http_status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One request to LINE as the ledger of calls keeps it."""

    at: datetime
    endpoint: str
    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Batches and people in one state."""

    batches: int
    people: int


def freeze(connection: Connection, broadcast_id: BroadcastId, frozen: Iterable[FrozenBatch], lists: Seal) -> None:
    """Write planned batches."""
    insert_rows(connection, batch, FROZEN, (_planned(broadcast_id, one, lists) for one in frozen))


def _planned(broadcast_id: BroadcastId, one: FrozenBatch, lists: Seal) -> tuple[object, ...]:
    first, last = _span(one.numbers)
    sealed = lists.seal(one.ordinal, one.members)
    return (broadcast_id, one.ordinal, one.retry_key, sealed, first, last, one.size, BatchState.PLANNED.value)


def _span(numbers: Numbers) -> tuple[int | None, int | None]:
    return (int(numbers[0]), int(numbers[-1])) if len(numbers) else (None, None)


def frontier(connection: Connection, broadcast_id: BroadcastId) -> tuple[int, int, int]:
    """How far a broadcast is frozen: the last ordinal, the last person number, and how many people (0, 0, 0: none)."""
    chosen = select(func.max(batch.c.ordinal), func.max(batch.c.last_no), func.sum(batch.c.size))
    last, number, people = connection.execute(chosen.where(batch.c.broadcast_id == broadcast_id)).one()
    return (last or 0, number or 0, int(people or 0))


def reached(connection: Connection, broadcast_id: BroadcastId) -> tuple[int, int]:
    """How far the freeze has come: the last ordinal, the last person number (0, 0: nowhere).

    Read from the end: lists ascend with their ordinals until all is frozen, and a list that an erasure emptied is
    passed over. `frontier` reads every batch; after each chunk that would make the freeze grow with the square.
    """
    mine = select(batch.c.ordinal, batch.c.last_no).where(batch.c.broadcast_id == broadcast_id)
    last = connection.execute(mine.order_by(batch.c.ordinal.desc()).limit(1)).first()
    held = mine.where(batch.c.last_no.is_not(None)).order_by(batch.c.ordinal.desc()).limit(1)
    number = connection.execute(held).first()
    return (last.ordinal if last else 0, number.last_no if number else 0)


def unfreeze(connection: Connection, broadcast_id: BroadcastId) -> None:
    """Take back a frozen audience of which nothing was ever tried."""
    planned = and_(
        batch.c.broadcast_id == broadcast_id, batch.c.state == BatchState.PLANNED, batch.c.first_attempt_at.is_(None)
    )
    connection.execute(batch.delete().where(planned))


def untouched(connection: Connection, broadcast_id: BroadcastId) -> bool:
    """Whether nothing of a broadcast was ever tried."""
    tried = select(batch.c.ordinal).where(
        batch.c.broadcast_id == broadcast_id,
        or_(batch.c.state != BatchState.PLANNED, batch.c.first_attempt_at.is_not(None)),
    )
    return connection.execute(tried.limit(1)).first() is None


def next_planned(
    connection: Connection, broadcast_id: BroadcastId, after: int, most: int, lists: Seal
) -> list[FrozenBatch]:
    """Give the next planned batches behind an ordinal, locked until the transaction ends.

    Raises:
        Tampered: a list is not the one that was frozen.

    """
    return _batches(connection, _of(broadcast_id, after, most).where(batch.c.state == BatchState.PLANNED), lists)


def next_open(
    connection: Connection, broadcast_id: BroadcastId, after: int, most: int, lists: Seal, *, since: datetime
) -> list[FrozenBatch]:
    """Give the next batches whose outcome is not known and which may still be tried: first tried after `since`.

    Raises:
        Tampered: a list is not the one that was frozen.

    """
    chosen = _of(broadcast_id, after, most).where(batch.c.state.in_(OPEN), batch.c.first_attempt_at > since)
    return _batches(connection, chosen, lists)


def next_in(
    connection: Connection,
    broadcast_id: BroadcastId,
    states: Iterable[BatchState],
    after: int,
    most: int,
    lists: Seal,
) -> list[FrozenBatch]:
    """Give the next batches in any of these states that still have their list; see `next_planned`."""
    held = _of(broadcast_id, after, most).where(batch.c.state.in_(tuple(states)), batch.c.members.is_not(None))
    return _batches(connection, held, lists)


def may_still_be_asked(connection: Connection, broadcast_id: BroadcastId, *, since: datetime) -> bool:
    """Whether a batch's outcome is not known and it was first tried after `since`."""
    chosen = _of(broadcast_id, 0, 1).where(batch.c.state.in_(OPEN), batch.c.first_attempt_at > since)
    return connection.execute(chosen).first() is not None


def _of(broadcast_id: BroadcastId, after: int, most: int) -> Select[Any]:
    columns = (batch.c.ordinal, batch.c.retry_key, batch.c.members, batch.c.first_attempt_at)
    chosen = select(*columns).where(batch.c.broadcast_id == broadcast_id, batch.c.ordinal > after)
    return chosen.order_by(batch.c.ordinal).limit(most).with_for_update()


def _batches(connection: Connection, chosen: Select[Any], lists: Seal) -> list[FrozenBatch]:
    return [
        FrozenBatch(
            row.ordinal, row.retry_key, lists.open(row.ordinal, bytes(row.members or b"")), row.first_attempt_at
        )
        for row in connection.execute(chosen)
    ]


def begin_attempts(
    connection: Connection,
    broadcast_id: BroadcastId,
    block: Sequence[FrozenBatch],
    changed: Sequence[int],
    lists: Seal,
) -> None:
    """Store that these planned batches are about to be tried: the moment and, where leavers went, the list."""
    ordinals = set(changed)
    _write(connection, _sized(broadcast_id), [_members(one, lists) for one in block if one.ordinal in ordinals])
    moment: list[dict[str, object]] = [{"at_ordinal": one.ordinal, "at": one.first_attempt_at} for one in block]
    _write(connection, _into(BatchState.SENDING, broadcast_id).values(first_attempt_at=bindparam("at")), moment)


def settle(connection: Connection, broadcast_id: BroadcastId, outcomes: Sequence[Settled], now: datetime) -> None:
    """Write what became of batches, many at once. A batch that is settled already stays as it is."""
    for state in (BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN, BatchState.SENDING):
        rows = [_outcome(one, now) for one in outcomes if one.state is state]
        step = _into(state, broadcast_id)
        if state in OPEN:  # still in doubt: it counts its calls, and may have been called unknown before
            step = _at(broadcast_id).where(_in_one_of(OPEN))
            step = step.values(state=state) if state is BatchState.UNKNOWN else step
        _write(connection, step.values(_SETTLED if state in LISTLESS else _TRIED), rows)


_TRIED: Final[dict[Any, Any]] = {
    batch.c.attempts: batch.c.attempts + bindparam("calls"),
    batch.c.http_status: bindparam("status"),
    batch.c.request_id: bindparam("request"),
}
_SETTLED: Final[dict[Any, Any]] = {**_TRIED, batch.c.settled_at: bindparam("at")}


def _outcome(one: Settled, now: datetime) -> dict[str, object]:
    row = {"at_ordinal": one.ordinal, "calls": one.calls, "status": one.http_status, "request": one.request_id}
    return row | ({"at": now} if one.state in LISTLESS else {})


def give_back(connection: Connection, broadcast_id: BroadcastId, keys: Sequence[tuple[int, str]]) -> None:
    """Make batches planned again that LINE surely never took, under new keys: (ordinal, key) each."""
    step = _into(BatchState.PLANNED, broadcast_id).values(retry_key=bindparam("key"), first_attempt_at=None)
    _write(connection, step, [{"at_ordinal": ordinal, "key": key} for ordinal, key in keys])


@dataclass(frozen=True, slots=True)
class Split:
    """A refused batch taken apart: what is sent on under a new key, and the part that went to another batch.

    `refused`: LINE refused exactly those of the other part, so it is settled and keeps no list; else it is planned too.
    """

    ordinal: int
    kept: bytes = field(repr=False)
    kept_key: str
    other: bytes = field(repr=False)
    other_key: str
    refused: bool


def split(
    connection: Connection, broadcast_id: BroadcastId, splits: Sequence[Split], lists: Seal, now: datetime
) -> None:
    """Take refused batches apart, each person in exactly one of the two parts.

    The batch keeps its ordinal and goes on with `kept` under a new key; the other part becomes a batch behind the last.
    """
    last, _, _ = frontier(connection, broadcast_id)
    kept = [FrozenBatch(one.ordinal, one.kept_key, one.kept) for one in splits]
    step = _into(BatchState.PLANNED, broadcast_id)
    _write(connection, step.values(first_attempt_at=None, retry_key=bindparam("key")), [_key(one) for one in kept])
    _write(connection, _sized(broadcast_id), [_members(one, lists) for one in kept])
    parts = [(FrozenBatch(at, one.other_key, one.other), one.refused) for at, one in enumerate(splits, last + 1)]
    freeze(connection, broadcast_id, [part for part, _ in parts], lists)
    settled = {"state": BatchState.REFUSED, "settled_at": now, "http_status": HTTPStatus.BAD_REQUEST}
    ended = _at(broadcast_id).values(**settled, members=None, first_no=None, last_no=None)
    _write(connection, ended, [{"at_ordinal": part.ordinal} for part, refused in parts if refused])


def _key(one: FrozenBatch) -> dict[str, object]:
    return {"at_ordinal": one.ordinal, "key": one.retry_key}


def give_up_retrying(connection: Connection, *, before: datetime, broadcast_id: BroadcastId | None = None) -> None:
    """Call those batches unknown that were first tried before a moment and never settled: too late to ask again."""
    late = [batch.c.first_attempt_at <= before, batch.c.state == BatchState.SENDING]
    late += [batch.c.broadcast_id == broadcast_id] if broadcast_id is not None else []
    connection.execute(update(batch).where(*late).values(state=BatchState.UNKNOWN))


def decide_unknown(
    connection: Connection, now: datetime, *, broadcast_id: BroadcastId | None = None, before: datetime | None = None
) -> int:
    """Record batches of unknown outcome as undecided, for good, and destroy their lists; give how many people."""
    chosen = [batch.c.state == BatchState.UNKNOWN]
    chosen += [batch.c.broadcast_id == broadcast_id] if broadcast_id is not None else []
    chosen += [batch.c.first_attempt_at <= before] if before is not None else []
    people = connection.execute(select(func.sum(batch.c.size)).where(*chosen)).scalar()
    ended: dict[str, object] = {"state": BatchState.UNDECIDED, "settled_at": now}
    connection.execute(update(batch).where(*chosen).values(**ended, members=None, first_no=None, last_no=None))
    return int(people or 0)


def destroy_lists(connection: Connection, broadcast_id: BroadcastId, *, planned: bool = False) -> None:
    """Destroy the lists of settled batches; with `planned`, of those never tried too. Unknown ones keep theirs."""
    states = (*LISTLESS, BatchState.PLANNED) if planned else LISTLESS
    ended = and_(batch.c.broadcast_id == broadcast_id, batch.c.state.in_(states))
    connection.execute(update(batch).where(ended).values(members=None, first_no=None, last_no=None))


def oldest_unknown(connection: Connection, broadcast_id: BroadcastId) -> datetime | None:
    """When the oldest batch whose outcome is unknown was first tried."""
    unknown = (batch.c.broadcast_id == broadcast_id, batch.c.state == BatchState.UNKNOWN)
    return connection.execute(select(func.min(batch.c.first_attempt_at, type_=Moment)).where(*unknown)).scalar()


def people_left(connection: Connection, broadcast_id: BroadcastId) -> int:
    """How many people are in batches that are not settled."""
    left = batch.c.state.in_((BatchState.PLANNED, *OPEN))
    chosen = select(func.sum(batch.c.size)).where(batch.c.broadcast_id == broadcast_id, left)
    return int(connection.execute(chosen).scalar() or 0)


def people_listed(connection: Connection, broadcast_id: BroadcastId, states: Iterable[BatchState]) -> int:
    """How many people are in batches of these states that still have their list."""
    held = (batch.c.broadcast_id == broadcast_id, batch.c.state.in_(tuple(states)), batch.c.members.is_not(None))
    return int(connection.execute(select(func.sum(batch.c.size)).where(*held)).scalar() or 0)


def holds_lists(connection: Connection, broadcast_id: BroadcastId) -> bool:
    """Whether any batch of a broadcast still has its list."""
    chosen = select(batch.c.ordinal).where(batch.c.broadcast_id == broadcast_id, batch.c.members.is_not(None))
    return connection.execute(chosen.limit(1)).first() is not None


def listed_broadcasts(connection: Connection) -> list[BroadcastId]:
    """Give the broadcasts of which a list is still kept."""
    chosen = select(batch.c.broadcast_id).where(batch.c.members.is_not(None)).distinct()
    return [BroadcastId(one) for one in connection.execute(chosen).scalars()]


def tallies(connection: Connection, broadcast_id: BroadcastId) -> dict[BatchState, Tally]:
    """Count batches and people by state."""
    chosen = select(batch.c.state, func.count(), func.sum(batch.c.size)).where(batch.c.broadcast_id == broadcast_id)
    rows = connection.execute(chosen.group_by(batch.c.state))
    return {BatchState(state): Tally(int(batches), int(people)) for state, batches, people in rows}


def add_calls(connection: Connection, calls: Sequence[Call]) -> None:
    """Write requests to LINE into the ledger of calls."""
    rows = [
        {"at": one.at, "endpoint": one.endpoint, "status": one.status, "request_id": one.request_id} for one in calls
    ]
    if rows:
        connection.execute(insert(outbound_call), rows)


def _at(broadcast_id: BroadcastId) -> Update:
    return update(batch).where(batch.c.broadcast_id == broadcast_id, batch.c.ordinal == bindparam("at_ordinal"))


def _in_one_of(states: Iterable[BatchState]) -> ColumnElement[bool]:
    """The condition written out: a list in one parameter cannot go with many rows of parameters."""
    return or_(*(batch.c.state == state for state in sorted(states)))


def _into(after: BatchState, broadcast_id: BroadcastId) -> Update:
    return _at(broadcast_id).where(_in_one_of(batch_sources(after))).values(state=after)


def _sized(broadcast_id: BroadcastId) -> Update:
    names = ("members", "first_no", "last_no", "size")
    planned = _at(broadcast_id).where(batch.c.state == BatchState.PLANNED)
    return planned.values({name: bindparam(f"new_{name}") for name in names})


def _members(one: FrozenBatch, lists: Seal) -> dict[str, object]:
    first, last = _span(one.numbers)
    sealed = lists.seal(one.ordinal, one.members)
    new: dict[str, object] = {"members": sealed, "first_no": first, "last_no": last, "size": one.size}
    return {"at_ordinal": one.ordinal} | {f"new_{name}": value for name, value in new.items()}


def _write(connection: Connection, statement: Update, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        connection.execute(statement, rows)
