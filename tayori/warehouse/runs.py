"""The table of runs: which story ran when, how it ended, and what it counted. Counts only, never a person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from tayori.domain.identifiers import RunId
from tayori.errors import NotFound
from tayori.warehouse.schema.records import run

GIVEN_UP: Final = timedelta(days=1)


class Outcome(StrEnum):
    """How a run ended; one that has not ended has none."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a story. `counts` are whole numbers by name; empty while the run goes on."""

    run_id: RunId
    story: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    counts: Mapping[str, int]


def begin(connection: Connection, story: str, now: datetime, rng: Random) -> RunId:
    """Write down that a story begins; give the run's opaque id.

    An earlier run of the story that began more than a day ago and never ended was killed: it ends here as failed.
    """
    killed = update(run).where(run.c.story == story, run.c.ended_at.is_(None), run.c.started_at < now - GIVEN_UP)
    connection.execute(killed.values(ended_at=now, outcome=Outcome.FAILED))
    run_id = RunId(f"{story}-{now:%Y%m%d}-{rng.getrandbits(48):012x}")
    connection.execute(insert(run).values(run_id=run_id, story=story, started_at=now))
    return run_id


def end(
    connection: Connection, run_id: RunId, outcome: Outcome | str, counts: Mapping[str, int], now: datetime
) -> None:
    """Write down how a run ended and what it counted.

    Raises:
        NotFound: no such run was begun.

    """
    written = json.dumps({name: int(count) for name, count in counts.items()}, ensure_ascii=False, sort_keys=True)
    done = connection.execute(
        update(run).where(run.c.run_id == run_id).values(ended_at=now, outcome=Outcome(outcome), counts=written)
    )
    if done.rowcount != 1:
        raise NotFound(f"No run {run_id} was begun here.")


def find(connection: Connection, run_id: RunId) -> RunRow | None:
    """Give a run by id."""
    return _first(connection, select(run).where(run.c.run_id == run_id))


def latest(connection: Connection, story: str, outcome: Outcome | None = None) -> RunRow | None:
    """Give the run of a story that began last, if any; with `outcome`, the last one that ended so."""
    chosen = select(run).where(run.c.story == story).order_by(run.c.started_at.desc(), run.c.run_id.desc())
    if outcome is not None:
        chosen = chosen.where(run.c.outcome == outcome)
    return _first(connection, chosen)


def first(connection: Connection) -> RunRow | None:
    """Give the first run of any story, if any: since when this installation works."""
    return _first(connection, select(run).order_by(run.c.started_at, run.c.run_id))


def _first(connection: Connection, chosen: Select[tuple[object, ...]]) -> RunRow | None:
    found = connection.execute(chosen.limit(1)).mappings().first()
    return _row(found) if found else None


def _row(found: RowMapping) -> RunRow:
    return RunRow(
        run_id=RunId(found["run_id"]),
        story=found["story"],
        started_at=found["started_at"],
        ended_at=found["ended_at"],
        outcome=Outcome(found["outcome"]) if found["outcome"] else None,
        counts=json.loads(found["counts"]) if found["counts"] else {},
    )
