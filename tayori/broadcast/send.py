"""The sender: claims batches, has their ids opened ahead, lets couriers carry them, and writes down the outcomes.

The order is what makes it exact (I6). A claim stores list, key and moment of a block of batches in one transaction,
before any call for it; outcomes are stored by block afterwards. Whoever comes after a crash finds every batch that may
have reached LINE in the state `sending`, and asks about it again with the same key and the same list.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from tayori.broadcast import ending, lease, lists
from tayori.broadcast.audiences import narrowing, read_audience
from tayori.broadcast.brake import QUOTA, WINDOW_OVER, Brake, Stop
from tayori.broadcast.courier import Courier, Delivered, Pace, Parcel
from tayori.broadcast.guards.judging import rests_at_night
from tayori.broadcast.ledger import Ledger
from tayori.broadcast.moves import SENDER, move
from tayori.broadcast.opener import Opened, Opener, ReadyOpener, ThreadOpener
from tayori.domain.batches import LARGEST_BATCH
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Tampered, TayoriError, Unavailable
from tayori.line.client import LineClient, content_of
from tayori.line.limiter import Pacer, share_of_line
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action, Recorded
from tayori.warehouse import batches, broadcasts
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import persistently, reading, writing

LOOK_SECONDS: Final = 0.2
WRITE_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 5.0
JOIN_SECONDS: Final = 20.0

Interruption = Callable[[Connection, BroadcastRow, datetime], Stop | None]
"""Tells whether nothing new may begin at a moment, and why: quiet hours."""


class _Stage(Enum):
    """What is claimed next."""

    DOUBTFUL = auto()  # batches that may have reached LINE before: asked about again
    PLANNED = auto()
    DRY = auto()  # nothing is left to claim


_Claim = tuple[list[FrozenBatch], bool, Recorded | None]
"""A block of batches, whether they are doubtful, and its line in the access log."""
NOTHING_CLAIMED: Final[_Claim] = ([], False, None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run stands: what is claimed next and behind which batch, and what it goes through again at the end."""

    stage: _Stage
    cursor: int
    passes: int
    taken_apart: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far this run is: batches that it settled, and, once it ended, where the broadcast stands."""

    settled: int
    ended: BroadcastState | None


class Sending:
    """One run of sending one broadcast. A context: leaving it early settles what can be settled and frees the lease."""

    def __init__(
        self,
        office: Office,
        broadcast_id: BroadcastId,
        worker: str,
        line: LineClient,
        *,
        limiter: Pacer | None = None,
        pace: Pace | None = None,
        interrupted: Interruption = rests_at_night,
    ) -> None:
        self._office = office
        self._id = broadcast_id
        self._worker = worker
        self._line = line
        self._pace = pace or Pace()
        self._ticks = time.monotonic
        self._interrupted = interrupted
        with reading(office.warehouse) as connection:
            row = broadcasts.find(connection, broadcast_id)
        self._ledger = Ledger(office, broadcast_id, narrowing(read_audience(row.segment)), lists.seal_of(office, row))
        self._brake = Brake()
        self._courier = Courier(
            line=line,
            content=content_of(row.messages, row.unit),
            limiter=limiter or share_of_line(office.settings.send_share),
            pace=self._pace,
            clock=office.clock,
            rng=office.rng,
            brake=self._brake,
        )
        self._big = (row.frozen_count or 0) > self._pace.helper_from * LARGEST_BATCH
        self._claimed: dict[int, tuple[FrozenBatch, bool]] = {}
        self._handed: set[int] = set()
        self._done: list[tuple[FrozenBatch | None, Delivered]] = []
        self._ready: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._came: queue.SimpleQueue[Delivered | Exception] = queue.SimpleQueue()
        self._place = _Place(_Stage.DOUBTFUL, 0, self._pace.passes)
        self._quota_looks = self._pace.quota_looks
        self._turned_at, self._rest_until = self._ticks(), self._ticks()
        self._settled = 0
        self._ended: BroadcastState | None = None

    def __enter__(self) -> Self:
        office, pace = self._office, self._pace
        self._opener: Opener = ReadyOpener(office, self._take) if self._big else ThreadOpener(office, self._take)
        self._threads = [threading.Thread(target=self._carry, daemon=True) for _ in range(pace.threads)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended is None:
            self._brake.abandon()
        self._opener.close()
        for _ in self._threads:
            self._ready.put(None)
        until = self._ticks() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - self._ticks()))
        if self._ended is None:
            self._break_off(error)

    def advance(self, most: int) -> Progress:
        """Settle about so many more batches, or all that are left; give how far the run is.

        Raises:
            Refused: another worker took the broadcast over.
            Tampered: a stored list is not what was stored before its first call.
            Unavailable: a store or the helper is out of reach. Nothing is lost: send again.

        """
        until = self._settled + most
        while self._ended is None and self._settled < until:
            self._collect()
            if self._is_turn_due():
                self._look_at_quota()
                self._turn()
        if self._ended is not None:
            lists.let_go(self._office, self._id)
        return Progress(self._settled, self._ended)

    def _collect(self) -> None:
        """Take in what came back: wait a moment for the first, then whatever is there."""
        wait = LOOK_SECONDS if self._claimed or self._resting else 0.0
        try:
            self._note(self._came.get(timeout=wait) if wait else self._came.get_nowait())
            while len(self._done) < self._pace.block:
                self._note(self._came.get_nowait())
        except queue.Empty:
            return

    def _note(self, came: Delivered | Exception) -> None:
        if isinstance(came, Exception):
            raise came
        batch, _ = self._claimed.pop(came.ordinal, (None, False))
        self._handed.discard(came.ordinal)
        self._done.append((batch, came))
        if came.state is BatchState.ACCEPTED:
            self._quota_looks = self._pace.quota_looks

    @property
    def _resting(self) -> bool:
        return self._ticks() < self._rest_until

    @property
    def _room(self) -> bool:
        room = self._pace.ahead - len(self._claimed) >= self._pace.block
        return room and self._place.stage is not _Stage.DRY and not self._brake.eased and not self._resting

    def _is_turn_due(self) -> bool:
        since = self._ticks() - self._turned_at
        full = len(self._done) >= self._pace.block
        idle = not self._claimed and not self._resting
        return self._room or full or idle or since > (WRITE_SECONDS if self._done else BEAT_SECONDS)

    def _turn(self) -> None:
        """Write outcomes, show progress, look at what the desk decided, claim the next block; again if hindered."""
        block, doubtful, recorded = persistently(self._in_one_transaction)
        self._claimed |= {one.ordinal: (one, doubtful) for one in block}
        self._turned_at = self._ticks()
        self._settled += len(self._done)
        self._done.clear()
        if recorded is not None:
            self._hand_out(block, recorded)

    def _in_one_transaction(self) -> _Claim:
        """Do a turn's writes, all or none: where they were none, this run stands where it stood before."""
        before, paused = (self._place, self._ended, self._rest_until), self._brake.is_the_desks
        try:
            with writing(self._office.warehouse) as connection:
                row = lease.beat(connection, self._id, self._worker, self._office.now())
                audit.reserve(connection)
                if self._ledger.settle(connection, self._done):
                    self._place = replace(self._place, taken_apart=True)
                if row.state is not BroadcastState.SENDING:
                    self._brake.ease()  # the desk paused or cancelled it
                claim = self._claim(connection, row) if self._room else NOTHING_CLAIMED
                if not claim[0] and not self._claimed and not self._resting:
                    self._conclude(connection, row)
        except BaseException:
            self._place, self._ended, self._rest_until = before
            if paused:
                self._brake.ease()
            raise
        return claim

    def _claim(self, connection: Connection, row: BroadcastRow) -> _Claim:
        """Claim the next block, with its line in the access log; empty when nothing is left."""
        block, doubtful = self._next_block(connection, row)
        if not block:
            return NOTHING_CLAIMED
        people = sum(one.size for one in block)
        what = f"LINE ids of broadcast {self._id}, batches {block[0].ordinal}-{block[-1].ordinal}"
        recorded = audit.record(connection, SENDER, Action.OPEN, what, count=people, now=self._office.now())
        return block, doubtful, recorded

    def _next_block(self, connection: Connection, row: BroadcastRow) -> tuple[list[FrozenBatch], bool]:
        """Give the next block and whether it is doubtful: first what is in doubt, then what is planned."""
        block: list[FrozenBatch] = []
        doubtful = False
        while not block and self._place.stage is not _Stage.DRY:
            doubtful, after, most = self._place.stage is _Stage.DOUBTFUL, self._place.cursor, self._pace.block
            if doubtful:
                block = self._ledger.claim_doubtful(connection, after, most)
            elif (stop := self._too_late(connection, row)) is not None:
                self._brake.ease(stop)
                break
            else:
                block = self._ledger.claim_planned(connection, row, after, most)
            if block:
                self._place = replace(self._place, cursor=block[-1].ordinal)
            else:
                self._place = replace(self._place, stage=_Stage.PLANNED if doubtful else _Stage.DRY, cursor=0)
        return block, doubtful

    def _too_late(self, connection: Connection, row: BroadcastRow) -> Stop | None:
        """Why nothing that was not begun may begin now. What is in doubt is settled all the same."""
        now = self._office.now()
        return WINDOW_OVER if now >= row.not_after else self._interrupted(connection, row, now)

    def _hand_out(self, block: Sequence[FrozenBatch], recorded: Recorded) -> None:
        for one in block:
            if not one.size:  # everybody left meanwhile: nobody is to be told, nothing to be asked
                self._came.put(Delivered(one.ordinal, BatchState.ACCEPTED))
        self._opener.ask([one for one in block if one.size], recorded)

    def _take(self, came: Opened | Exception) -> None:
        """Take what the opener hands on (in its thread)."""
        if isinstance(came, Exception):
            self._came.put(came)
        elif came.ids is None:
            self._came.put(Delivered(came.ordinal, BatchState.UNKNOWN))
        else:
            batch, doubtful = self._claimed[came.ordinal]
            self._handed.add(came.ordinal)
            self._ready.put(Parcel(batch, came.ids, doubtful))

    def _carry(self) -> None:
        """Be a courier's thread."""
        while (parcel := self._ready.get()) is not None:
            try:
                self._came.put(self._courier.deliver(parcel))
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has to hear of it
                self._came.put(error)

    def _look_at_quota(self) -> None:
        """Read the quota again where LINE called it spent: sends in flight reserve it, and then it may not be.

        A month that still holds what is left lets the run go on after a wait; a few times, not for ever.
        """
        if self._brake.stop is not QUOTA or self._claimed or self._quota_looks <= 0:
            return
        self._quota_looks -= 1
        with reading(self._office.warehouse) as connection:
            left = batches.people_left(connection, self._id)
        try:
            limit = self._line.quota()
            enough = limit is None or limit - self._line.consumption() >= left
        except Unavailable:
            return
        if enough:
            self._brake.release()
            self._place = replace(self._place, stage=_Stage.DOUBTFUL, cursor=0)
            self._rest_until = self._ticks() + self._pace.quota_wait

    def _conclude(self, connection: Connection, row: BroadcastRow) -> None:
        """Nothing is under way and nothing to claim: send what was taken apart, ask about the unknown again, or end."""
        if self._brake.is_the_desks and row.state is BroadcastState.SENDING:  # paused, and resumed meanwhile
            self._brake.release()
            self._place = replace(self._place, stage=_Stage.DOUBTFUL, cursor=0)
        elif self._brake.eased:
            self._ended = ending.end(connection, self._office, row, self._brake.stop)
        elif self._place.taken_apart:
            self._place = replace(self._place, taken_apart=False, stage=_Stage.PLANNED, cursor=0)
        elif self._place.passes > 0 and ending.still_doubtful(connection, self._office, self._id):
            self._place = replace(self._place, passes=self._place.passes - 1, stage=_Stage.DOUBTFUL, cursor=0)
            self._rest_until = self._ticks() + self._pace.pass_wait
        else:
            self._ended = ending.end(connection, self._office, row, None)

    def _break_off(self, error: BaseException | None) -> None:
        """Write down what is known, give back what was never asked, free the lease; nothing depends on it."""
        self._take_left_behind()
        untouched = [at for at, (_, doubtful) in self._claimed.items() if not doubtful and at not in self._handed]
        known = [*self._done, *((None, Delivered(ordinal, BatchState.PLANNED)) for ordinal in untouched)]
        with suppress(TayoriError):
            persistently(lambda: self._let_go(known, error))

    def _let_go(self, known: Sequence[tuple[FrozenBatch | None, Delivered]], error: BaseException | None) -> None:
        with writing(self._office.warehouse) as connection:
            row = lease.beat(connection, self._id, self._worker, self._office.now())
            audit.reserve(connection)
            self._ledger.settle(connection, known)
            broadcasts.change(connection, self._id, worker=None)
            if isinstance(error, Tampered) and row.state is BroadcastState.SENDING:
                move(connection, self._office, SENDER, row, BroadcastState.HELD, reason=error.sentence)

    def _take_left_behind(self) -> None:
        """Take in what came back and nobody looked at."""
        while not self._came.empty():
            came = self._came.get_nowait()
            if isinstance(came, Delivered):
                self._note(came)
