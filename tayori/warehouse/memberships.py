"""Packed lists of person numbers: a leaver is taken out of them; where an outcome is open, the leaver waits (I6).

Lists are ordered and name their first and last number, so that the lists of a leaver are found by two columns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Row, func, select, tuple_, update

from tayori.domain.batches import DECIDE_WITHIN, Numbers, pack, unpack
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState
from tayori.warehouse.batches import Seal
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.broadcasts import batch, broadcast

OPEN: Final = (BatchState.SENDING, BatchState.UNKNOWN)
PAGE: Final = 200

SealOf = Callable[[BroadcastId, str], Seal]
"""What opens the lists of a broadcast, by its id and the hash of its content."""


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What became of the leavers' places in lists: who has to wait, and how many lists were changed."""

    waiting: Numbers
    lists_changed: int


def take_out(connection: Connection, leavers: Numbers, now: datetime, seal_of: SealOf) -> TakenOut:
    """Take leavers (ascending numbers) out of every list whose outcome is not open; give those who have to wait.

    Nobody waits past `DECIDE_WITHIN`: by then a list may not be sent again, whatever its state says.
    A list that was never attempted is a new promise without them: its size follows. Lists of settled or overdue
    batches only lose the number: what was promised then stays as it was.
    """
    waiting: list[Numbers] = []
    changed = 0
    for found in _lists_between(connection, int(leavers[0]), int(leavers[-1])):
        lists = seal_of(found.broadcast_id, found.content_hash)
        members = unpack(lists.open(found.ordinal, bytes(found.members)))
        concerned = np.intersect1d(members, leavers, assume_unique=True)
        if not len(concerned):
            continue
        if found.state in OPEN and (found.begun is None or found.begun > now - DECIDE_WITHIN):
            waiting.append(concerned)
        else:
            _rewrite(connection, found, np.setdiff1d(members, concerned, assume_unique=True), lists)
            changed += 1
    every = np.unique(np.concatenate(waiting)) if waiting else np.empty(0, np.int64)
    return TakenOut(every, changed)


def hold_lists(connection: Connection, first: int, last: int) -> None:
    """Let nobody change the lists in which these numbers may stand until the transaction ends."""
    if is_sqlite(connection):  # where who writes is alone
        return
    chosen = (
        select(batch.c.ordinal)
        .where(batch.c.first_no <= last, batch.c.last_no >= first, batch.c.members.is_not(None))
        .order_by(batch.c.broadcast_id, batch.c.ordinal)
    )
    connection.execute(chosen.with_for_update())


def _lists_between(connection: Connection, first: int, last: int) -> Iterator[Row[Any]]:
    key = tuple_(batch.c.broadcast_id, batch.c.ordinal)
    after: tuple[str, int] = ("", -1)
    while True:
        chosen = (
            select(
                batch.c.broadcast_id,
                batch.c.ordinal,
                batch.c.members,
                batch.c.state,
                broadcast.c.content_hash,
                func.coalesce(batch.c.first_attempt_at, broadcast.c.started_at).label("begun"),
            )
            .join(broadcast, broadcast.c.broadcast_id == batch.c.broadcast_id)
            .where(batch.c.first_no <= last, batch.c.last_no >= first, batch.c.members.is_not(None), key > after)
            .order_by(batch.c.broadcast_id, batch.c.ordinal)
            .limit(PAGE)
        )
        page = connection.execute(chosen.with_for_update(of=batch)).all()
        if not page:
            return
        yield from page
        after = (page[-1].broadcast_id, page[-1].ordinal)


def _rewrite(connection: Connection, found: Row[Any], members: Numbers, lists: Seal) -> None:
    changes: dict[str, object] = {
        "members": lists.seal(found.ordinal, pack(members)),
        "first_no": int(members[0]) if len(members) else None,
        "last_no": int(members[-1]) if len(members) else None,
    }
    if found.state == BatchState.PLANNED:
        changes["size"] = len(members)
    mine = (batch.c.broadcast_id == found.broadcast_id) & (batch.c.ordinal == found.ordinal)
    connection.execute(update(batch).where(mine).values(changes))
