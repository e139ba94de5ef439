"""What a retention run did: the journal of who was erased, the tally by table, and the steps that are done.

A run that stopped anywhere is taken up again from here, and its certificate is written from nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from tayori.warehouse.erasure import Leaver
from tayori.warehouse.schema.people import erasure_journal
from tayori.warehouse.schema.retention import erasure_tally, retention_step


def write_journal(
    connection: Connection, run_id: str, leavers: Sequence[Leaver], commitments: Sequence[bytes], now: datetime
) -> None:
    """Write down who was erased: a restored backup is erased anew by it, and a run is counted by it."""
    columns = erasure_journal.c
    if not leavers:
        return
    connection.execute(
        insert(erasure_journal),
        [
            {
                columns.person_no.name: leaver.person_no,
                columns.run_id.name: run_id,
                columns.cause.name: leaver.cause,
                columns.left_at.name: leaver.left_at,
                columns.commitment.name: commitment,
                columns.erased_at.name: now,
            }
            for leaver, commitment in zip(leavers, commitments, strict=True)
        ],
    )


def add_tally(connection: Connection, run_id: str, gone: dict[str, int]) -> None:
    """Add what a block erased to the run's tally."""
    held = tally(connection, run_id)
    connection.execute(delete(erasure_tally).where(erasure_tally.c.run_id == run_id))
    summed = {name: held.get(name, 0) + gone.get(name, 0) for name in held.keys() | gone.keys()}
    if summed:
        rows = [{"run_id": run_id, "table_name": name, "erased": count} for name, count in sorted(summed.items())]
        connection.execute(insert(erasure_tally), rows)


def tally(connection: Connection, run_id: str) -> dict[str, int]:
    """Give what a run erased, by table."""
    rows = connection.execute(select(erasure_tally).where(erasure_tally.c.run_id == run_id))
    return {row.table_name: row.erased for row in rows}


@dataclass(frozen=True, slots=True)
class Caused:
    """Residents who were erased for one cause: how many, and when the first and the last of them left."""

    cause: str
    persons: int
    first_left: datetime
    last_left: datetime


@dataclass(frozen=True, slots=True)
class Journalled:
    """What the journal says of a run: residents erased by cause, canaries erased, first and last moment."""

    causes: tuple[Caused, ...]
    canaries: int
    began: datetime | None
    ended: datetime | None

    @property
    def residents(self) -> int:
        """How many residents were erased."""
        return sum(caused.persons for caused in self.causes)


def journalled(connection: Connection, run_id: str) -> Journalled:
    """Count a run by its journal."""
    mine = erasure_journal.c.run_id == run_id
    columns = erasure_journal.c
    span = (func.min(columns.left_at).label("first_left"), func.max(columns.left_at).label("last_left"))
    by_cause = select(columns.cause, func.count().label("persons"), *span).where(mine, columns.person_no > 0)
    canaries = select(func.count()).where(mine, columns.person_no < 0)
    erased = select(func.min(columns.erased_at), func.max(columns.erased_at)).where(mine, columns.person_no > 0)
    began, ended = connection.execute(erased).one()
    grouped = connection.execute(by_cause.group_by(columns.cause).order_by(columns.cause))
    causes = tuple(Caused(row.cause, row.persons, row.first_left, row.last_left) for row in grouped)
    return Journalled(causes, int(connection.execute(canaries).scalar_one()), began, ended)


def commitments(connection: Connection, run_id: str) -> list[bytes]:
    """Give the commitments of the residents that a run erased, ascending, so that their order tells nothing."""
    chosen = select(erasure_journal.c.commitment).where(
        erasure_journal.c.run_id == run_id, erasure_journal.c.person_no > 0, erasure_journal.c.commitment.is_not(None)
    )
    return sorted(bytes(one) for one in connection.execute(chosen).scalars())


def journal_numbers(connection: Connection, run_id: str, after: int, size: int) -> list[int]:
    """Give numbers that a run erased, by ascending number after `after`, canaries included."""
    chosen = select(erasure_journal.c.person_no).where(
        erasure_journal.c.run_id == run_id, erasure_journal.c.person_no > after
    )
    return list(connection.execute(chosen.order_by(erasure_journal.c.person_no).limit(size)).scalars())


def count_journalled(connection: Connection, run_id: str) -> int:
    """Give how many rows of a run the journal still has, canaries included."""
    mine = erasure_journal.c.run_id == run_id
    return int(connection.execute(select(func.count()).select_from(erasure_journal).where(mine)).scalar_one())


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a run that is done: when, and what it found (counts, names of places, epochs; never a person)."""

    step: str
    done_at: datetime
    found: Mapping[str, Any]


def finish_step(connection: Connection, run_id: str, step: str, found: Mapping[str, Any], now: datetime) -> None:
    """Write down that a step of a run is done, and what it found; what an earlier attempt found is replaced."""
    mine = (retention_step.c.run_id == run_id) & (retention_step.c.step == step)
    connection.execute(delete(retention_step).where(mine))
    written = json.dumps(found, ensure_ascii=False, sort_keys=True)
    connection.execute(insert(retention_step).values(run_id=run_id, step=step, done_at=now, found=written))


def finished_steps(connection: Connection, run_id: str) -> dict[str, StepRow]:
    """Give the steps of a run that are done, by name."""
    rows = connection.execute(select(retention_step).where(retention_step.c.run_id == run_id))
    return {row.step: StepRow(row.step, row.done_at, json.loads(row.found)) for row in rows}


def latest_step(connection: Connection, step: str) -> datetime | None:
    """Give when a step was last done by any run."""
    return connection.execute(select(func.max(retention_step.c.done_at)).where(retention_step.c.step == step)).scalar()
