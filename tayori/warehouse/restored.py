"""What a restored warehouse needs before it may serve: nobody erased since, no number used twice, nothing half sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, delete, func, insert, select, update

from tayori.domain.batches import Numbers
from tayori.domain.states import BatchState
from tayori.warehouse.bulk import numbers_of, rows_where_in
from tayori.warehouse.erasure import Leaver
from tayori.warehouse.schema.broadcasts import batch, broadcast
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.schema.people import erasure_journal, person, person_counter
from tayori.warehouse.schema.records import lease, quarantine
from tayori.warehouse.schema.stores import case_key, inbox_row, person_key

GAP: Final = 10_000
"""Numbers above the last known one that may have been given after the escrow: they are never given again."""
OPEN: Final = (BatchState.PLANNED, BatchState.SENDING, BatchState.UNKNOWN)


def journalled_people(warehouse: Connection) -> Numbers:
    """Give the people who stand in the journal of erasure and in the warehouse."""
    here = select(person.c.person_no).where(person.c.person_no.in_(select(erasure_journal.c.person_no)))
    return numbers_of(warehouse, here, person.c.person_no)


def leavers_of(warehouse: Connection, numbers: Sequence[int], now: datetime) -> list[Leaver]:
    """Give people as the eraser takes them, by number."""
    rows = rows_where_in(warehouse, person, "person_no", numbers, ("person_no", "line_index"))
    return [Leaver(row[0], "restored", now, bytes(row[1])) for row in rows]


def advance_counters(warehouse: Connection, vault: Connection) -> None:
    """Let no number be given again that was given after the backup."""
    used = {
        "person": _largest(vault, person_key.c.number, warehouse, erasure_journal.c.person_no),
        "canary": -_smallest(vault, person_key.c.number, warehouse, erasure_journal.c.person_no),
        "case": _largest(vault, case_key.c.number, warehouse, opinion_case.c.case_no),
    }
    for kind, last in used.items():
        before = warehouse.execute(select(person_counter.c.last_no).where(person_counter.c.kind == kind)).scalar()
        wanted = max(last, before or 0) + GAP
        if before is None:
            warehouse.execute(insert(person_counter).values(kind=kind, last_no=wanted))
        else:
            warehouse.execute(update(person_counter).where(person_counter.c.kind == kind).values(last_no=wanted))


def end_open_batches(warehouse: Connection, now: datetime) -> int:
    """Record every batch that was not settled at the backup as undecided, and destroy all lists; give how many people.

    Some of them went out afterwards and nobody can tell which: none is sent again.
    """
    still = batch.c.state.in_(OPEN)
    people = warehouse.execute(select(func.sum(batch.c.size)).where(still)).scalar()
    warehouse.execute(update(batch).where(still).values(state=BatchState.UNDECIDED, settled_at=now))
    warehouse.execute(
        update(batch).where(batch.c.members.is_not(None)).values(members=None, first_no=None, last_no=None)
    )
    return int(people or 0)


def free_leases(warehouse: Connection) -> None:
    """Let go of what programs of the lost machine held."""
    warehouse.execute(update(lease).values(holder=None))
    warehouse.execute(update(broadcast).values(worker=None, heartbeat_at=None, resume_at=None))


def drop_unopenable(warehouse: Connection, inbox: Connection, epochs: Sequence[int]) -> int:
    """End what is sealed to box keys other than `epochs`: it was taken in or has ended; give how many rows."""
    gone = inbox.execute(delete(inbox_row).where(inbox_row.c.epoch.not_in(epochs))).rowcount
    sealed = (quarantine.c.sealed.is_not(None)) & (quarantine.c.epoch.not_in(epochs))
    ended = update(quarantine).where(sealed).values(sealed=None, line_index=None, state="expired")
    return int(gone + warehouse.execute(ended).rowcount)


def _largest(one: Connection, column: Column[Any], other: Connection, further: Column[Any]) -> int:
    ends = (one.execute(select(func.max(column))).scalar(), other.execute(select(func.max(further))).scalar())
    return max(0, *(int(end) for end in ends if end is not None), 0)


def _smallest(one: Connection, column: Column[Any], other: Connection, further: Column[Any]) -> int:
    ends = (one.execute(select(func.min(column))).scalar(), other.execute(select(func.min(further))).scalar())
    return min(0, *(int(end) for end in ends if end is not None), 0)
