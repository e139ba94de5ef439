"""A frozen batch in any state, built by hand: what the eraser meets while a broadcast is under way."""

from datetime import datetime

import numpy as np
from sqlalchemy import insert, select

from tayori.domain.batches import pack, unpack
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState
from tayori.office import Office
from tayori.vault.lists import ListSeal, make_key, open_seal
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import batch, broadcast

HASH = "c" * 64


def a_batch(
    office: Office, numbers: list[int], state: BatchState = BatchState.PLANNED, *, first_attempt: datetime | None = None
) -> BroadcastId:
    """Freeze one batch of a broadcast of its own; give the broadcast's id."""
    now = office.now()
    broadcast_id = BroadcastId(f"b-{office.rng.getrandbits(32):08x}")
    make_key(office.vault, office.list_keys, broadcast_id)
    said = {
        "broadcast_id": broadcast_id,
        "genre": 1,
        "segment": "{}",
        "messages": b"[]",
        "content_hash": HASH,
        "not_before": now,
        "not_after": now,
        "state": "sending",
        "unit": "u1",
        "drafted_by": "writer",
        "created_at": now,
        "started_at": now,
    }
    frozen = {
        "broadcast_id": broadcast_id,
        "ordinal": 1,
        "retry_key": broadcast_id,
        "members": _seal(office, broadcast_id).seal(1, pack(np.array(numbers, np.int64))),
        "first_no": numbers[0],
        "last_no": numbers[-1],
        "size": len(numbers),
        "state": state.value,
        "first_attempt_at": first_attempt,
    }
    with writing(office.warehouse) as connection:
        connection.execute(insert(broadcast), [said])
        connection.execute(insert(batch), [frozen])
    return broadcast_id


def _seal(office: Office, broadcast_id: BroadcastId) -> ListSeal:
    return open_seal(office.vault, office.list_keys, broadcast_id, HASH)


def members_of(office: Office, broadcast_id: BroadcastId) -> tuple[list[int], int]:
    """Give a batch's numbers and its size."""
    with reading(office.warehouse) as connection:
        row = connection.execute(select(batch).where(batch.c.broadcast_id == broadcast_id)).one()
    held = unpack(_seal(office, broadcast_id).open(1, row.members))
    return [int(number) for number in held], row.size
