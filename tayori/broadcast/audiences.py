"""Whom a stored broadcast goes to: a segment of those who chose its genre, or exactly those another one reached."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.identifiers import BroadcastId
from tayori.domain.segments import Everyone, Segment, read_segment
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import BadInput
from tayori.warehouse import audience, batches
from tayori.warehouse.batches import FrozenBatch, Seal

KEY: Final = "reached_by"
BLOCK: Final = 100
STOPPED: Final = {BroadcastState.PAUSED, BroadcastState.HELD, BroadcastState.NEEDS_DECISION}
"""States in which a broadcast keeps the lists of whom it reached, and reaches nobody else."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The people of another broadcast's batches in these states, for as long as its lists are kept."""

    broadcast_id: BroadcastId
    states: tuple[BatchState, ...]


class Addressed(Protocol):
    """What goes to those who chose a genre, narrowed by a segment."""

    @property
    def genre(self) -> int: ...  # noqa: D102 - fields of the rows
    @property
    def segment(self) -> str: ...  # noqa: D102


Audience = Segment | Reached


def canonical_reached(reached: Reached) -> str:
    """Give the one text that stands for such an audience; what is approved and stored."""
    told = {"broadcast": reached.broadcast_id, "outcomes": sorted(state.value for state in reached.states)}
    return canonical_bytes({KEY: told}).decode("utf-8")


def read_audience(canonical: str) -> Audience:
    """Give the audience that a stored text stands for.

    Raises:
        BadInput: the text is none of ours.

    """
    written = json.loads(canonical)
    if not isinstance(written, dict) or KEY not in written:
        return read_segment(written)
    try:
        told = written[KEY]
        return Reached(BroadcastId(told["broadcast"]), tuple(BatchState(one) for one in told["outcomes"]))
    except (KeyError, TypeError, ValueError):
        raise BadInput("The stored audience is not understood; nothing was sent.") from None


def narrowing(found: Audience) -> Segment:
    """Give the segment that members have to be in when their batch is next; a list is narrowed by the genre alone."""
    return Everyone() if isinstance(found, Reached) else found


def count_now(connection: Connection, row: Addressed) -> int:
    """How many people a stored broadcast would reach now."""
    found = read_audience(row.segment)
    if isinstance(found, Reached):
        return batches.people_listed(connection, found.broadcast_id, found.states)
    return audience.count_audience(connection, row.genre, found)


def reached_batches(connection: Connection, reached: Reached, lists: Seal) -> Iterator[FrozenBatch]:
    """Give the batches whose people a correction goes to, in order; `lists` opens the other broadcast's lists."""
    after = 0
    while block := batches.next_in(connection, reached.broadcast_id, reached.states, after, BLOCK, lists):
        yield from (one for one in block if one.size)
        after = block[-1].ordinal
