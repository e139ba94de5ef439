"""A frozen batch in any state, built by hand: what the eraser meets while a broadcast is under way."""

from datetime import datetime

import numpy as np
from sqlalchemy import insert, select

from tayori.domain.batches import batch_digest, pack, unpack
from tayori.domain.states import BatchState
from tayori.office import Office
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import batch, broadcast

HASH = "c" * 64


def a_batch(
    office: Office, numbers: list[int], state: BatchState = BatchState.PLANNED, *, first_attempt: datetime | None = None
) -> str:
    """Freeze one batch of a broadcast of its own; give the broadcast's id."""
    now = office.now()
    broadcast_id = f"b-{office.rng.getrandbits(32):08x}"
    packed = pack(np.array(numbers, np.int64))
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
        "members": packed,
        "first_no": numbers[0],
        "last_no": numbers[-1],
        "size": len(numbers),
        "digest": batch_digest(HASH, packed),
        "state": state.value,
        "first_attempt_at": first_attempt,
    }
    with writing(office.warehouse) as connection:
        connection.execute(insert(broadcast), [said])
        connection.execute(insert(batch), [frozen])
    return broadcast_id


def members_of(office: Office, broadcast_id: str) -> tuple[list[int], int, bool]:
    """Give a batch's numbers, its size, and whether its digest is the digest of these numbers."""
    with reading(office.warehouse) as connection:
        row = connection.execute(select(batch).where(batch.c.broadcast_id == broadcast_id)).one()
    held = [int(number) for number in unpack(row.members)]
    return held, row.size, row.digest == batch_digest(HASH, row.members)
