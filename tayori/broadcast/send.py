"""The sender: claims batches, has their ids opened ahead, lets couriers carry them, and writes down the outcomes.

The order is what makes it exact (I6). A claim stores list, digest, key and moment of a block of batches in one
transaction, before any call for it; outcomes are stored by block afterwards. Whoever comes after a crash finds every
batch that may have reached LINE in the state `sending`, and asks about it again with the same key and the same list.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from tayori.broadcast import ending, lease
from tayori.broadcast.courier import Brake, Courier, Delivered, Pace, Parcel
from tayori.broadcast.desk import read_stored
from tayori.broadcast.freeze import SENDER
from tayori.broadcast.opener import Opened, Opener, ReadyOpener, ThreadOpener
from tayori.domain.batches import LARGEST_BATCH, RETRY_WITHIN, Numbers, batch_digest, only, retry_key, unpack
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Tampered, TayoriError
from tayori.line.client import LineClient, content_of
from tayori.line.limiter import Limiter, share_of_line
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action, Recorded
from tayori.warehouse import audience, batches, broadcasts
from tayori.warehouse.batches import FrozenBatch
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing

WINDOW_OVER: Final = "the window of the broadcast ended"
LOOK_SECONDS: Final = 0.2
WRITE_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 5.0
JOIN_SECONDS: Final = 20.0


class _Stage(Enum):
    """What is claimed next."""

    DOUBTFUL = auto()  # batches that may have reached LINE before: asked about again
    PLANNED = auto()
    DRY = auto()  # nothing is left to claim


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
        limiter: Limiter | None = None,
        pace: Pace | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._office = office
        self._id = broadcast_id
        self._worker = worker
        self._pace = pace or Pace()
        self._ticks = ticks
        with reading(office.warehouse) as connection:
            row = broadcasts.find(connection, broadcast_id)
        self._segment = read_stored(row.segment)
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
        self._done: list[Delivered] = []
        self._ready: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._came: queue.SimpleQueue[Delivered | Exception] = queue.SimpleQueue()
        self._stage, self._cursor, self._passes = _Stage.DOUBTFUL, 0, self._pace.passes
        self._turned_at, self._rest_until = ticks(), ticks()
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
                self._turn()
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
        self._claimed.pop(came.ordinal, None)
        self._handed.discard(came.ordinal)
        self._done.append(came)

    @property
    def _resting(self) -> bool:
        return self._ticks() < self._rest_until

    @property
    def _room(self) -> bool:
        room = self._pace.ahead - len(self._claimed) >= self._pace.block
        return room and self._stage is not _Stage.DRY and not self._brake.eased and not self._resting

    def _is_turn_due(self) -> bool:
        since = self._ticks() - self._turned_at
        full = len(self._done) >= self._pace.block
        idle = not self._claimed and not self._resting
        return self._room or full or idle or since > (WRITE_SECONDS if self._done else BEAT_SECONDS)

    def _turn(self) -> None:
        """One transaction: write outcomes, show progress, look at what the desk decided, claim the next block."""
        done, self._done = self._done, []
        with writing(self._office.warehouse) as connection:
            row = lease.beat(connection, self._id, self._worker, self._office.now())
            self._write(connection, done)
            self._obey(row)
            block, recorded = self._claim(connection, row) if self._room else ([], None)
            if not block and not self._claimed and not self._resting:
                self._conclude(connection, row)
        self._turned_at = self._ticks()
        self._settled += len(done)
        if recorded is not None:
            self._hand_out(block, recorded)

    def _write(self, connection: Connection, done: Sequence[Delivered]) -> None:
        now, rng = self._office.now(), self._office.rng
        again = [(one.ordinal, retry_key(rng)) for one in done if one.state is BatchState.PLANNED]
        settled = [one.settled for one in done if one.state is not BatchState.PLANNED]
        batches.give_back(connection, self._id, again)
        batches.settle(connection, self._id, settled, now)
        batches.add_calls(connection, [call for one in done for call in one.calls])

    def _obey(self, row: BroadcastRow) -> None:
        if row.state is not BroadcastState.SENDING:
            self._brake.ease()

    def _claim(self, connection: Connection, row: BroadcastRow) -> tuple[list[FrozenBatch], Recorded | None]:
        """Claim the next block, with its line in the access log; empty when nothing is left."""
        block: list[FrozenBatch] = []
        doubtful = False
        while not block and self._stage is not _Stage.DRY:
            doubtful = self._stage is _Stage.DOUBTFUL
            block = self._next_doubtful(connection, row) if doubtful else self._next_planned(connection, row)
            self._cursor = block[-1].ordinal if block else 0
            if not block:
                self._stage = _Stage.PLANNED if doubtful else _Stage.DRY
        if not block:
            return [], None
        self._claimed |= {one.ordinal: (one, doubtful) for one in block}
        people = sum(one.size for one in block)
        what = f"LINE ids of broadcast {self._id}, batches {block[0].ordinal}-{block[-1].ordinal}"
        return block, audit.record(connection, SENDER, Action.OPEN, what, count=people, now=self._office.now())

    def _next_doubtful(self, connection: Connection, row: BroadcastRow) -> list[FrozenBatch]:
        since = self._office.now() - RETRY_WITHIN
        batches.give_up_retrying(connection, before=since, broadcast_id=self._id)
        block = batches.next_open(connection, self._id, self._cursor, self._pace.block, since=since)
        _refuse_changed(block, row.content_hash)
        return block

    def _next_planned(self, connection: Connection, row: BroadcastRow) -> list[FrozenBatch]:
        """Claim planned batches: who is no longer in the audience is dropped, then all is stored before any call."""
        if self._office.now() >= row.not_after:
            self._brake.ease(WINDOW_OVER)
            return []
        found = batches.next_planned(connection, self._id, self._cursor, self._pace.block)
        _refuse_changed(found, row.content_hash)
        present = self._present(connection, row, found)
        block = [self._narrowed(one, row.content_hash, present) for one in found]
        changed = [new.ordinal for old, new in zip(found, block, strict=True) if old.digest != new.digest]
        batches.begin_attempts(connection, self._id, block, changed)
        return block

    def _present(self, connection: Connection, row: BroadcastRow, found: Sequence[FrozenBatch]) -> Numbers:
        numbers = [one.numbers for one in found if one.size]
        if not numbers:
            return unpack(b"")
        first, last = int(numbers[0][0]), int(numbers[-1][-1])
        return audience.still_in(connection, row.genre, self._segment, first, last)

    def _narrowed(self, one: FrozenBatch, content_hash: str, present: Numbers) -> FrozenBatch:
        members = only(one.members, present)
        digest = batch_digest(content_hash, members)
        return replace(one, members=members, digest=digest, first_attempt_at=self._office.now())

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

    def _conclude(self, connection: Connection, row: BroadcastRow) -> None:
        """Nothing is under way and nothing to claim: go through the unknown ones again, or end the run."""
        unknown = ending.still_doubtful(connection, self._office, self._id)
        if unknown and self._passes > 0 and not self._brake.eased:
            self._passes -= 1
            self._stage, self._cursor = _Stage.DOUBTFUL, 0
            self._rest_until = self._ticks() + self._pace.pass_wait
            return
        self._ended = ending.end(connection, self._office, row, self._brake.reason)

    def _break_off(self, error: BaseException | None) -> None:
        """Write down what is known, give back what was never asked, free the lease; nothing depends on it."""
        known = [*self._done, *self._left_behind()]
        untouched = [at for at, (_, doubtful) in self._claimed.items() if not doubtful and at not in self._handed]
        known += [Delivered(ordinal, BatchState.PLANNED) for ordinal in untouched]
        try:
            with writing(self._office.warehouse) as connection:
                row = lease.beat(connection, self._id, self._worker, self._office.now())
                self._write(connection, known)
                broadcasts.change(connection, self._id, worker=None)
                if isinstance(error, Tampered) and row.state is BroadcastState.SENDING:
                    broadcasts.move(connection, row, BroadcastState.HELD, error.sentence)
        except TayoriError:
            return

    def _left_behind(self) -> list[Delivered]:
        """What came back and nobody took in."""
        found = []
        while not self._came.empty():
            came = self._came.get_nowait()
            if isinstance(came, Delivered):
                self._claimed.pop(came.ordinal, None)
                found.append(came)
        return found


def _refuse_changed(block: Sequence[FrozenBatch], content_hash: str) -> None:
    if any(one.digest != batch_digest(content_hash, one.members) for one in block):
        raise Tampered("A stored list of recipients is not the one that was frozen; nothing more is sent.")
