"""What was seen of LINE's events: ids (so that none counts twice), and tallies without persons."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import psycopg
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.warehouse.bulk import insert_rows, rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.people import event_seen, event_tally

SEEN: Final = ("event_id", "at_ms")
FOLLOWS_UNTIL: Final = timedelta(days=14)
"""How old a follow may be when it comes; what the inbox holds is no older."""
REMEMBERED: Final = FOLLOWS_UNTIL + timedelta(days=2)
"""How long ids are remembered: longer than a follow may be old, whatever the platform's clock says."""
Tally = Mapping[tuple[str, str], int]
"""How many, by outcome and reason."""


def remember(connection: Connection, event_ids: Sequence[str], at_ms: int) -> set[str]:
    """Note that these ids, all different, were seen at `at_ms`; give those that had been seen before."""
    try:
        with connection.begin_nested():
            _insert(connection, event_ids, at_ms)
    except (sqlite3.IntegrityError, psycopg.errors.UniqueViolation):
        known = {row[0] for row in rows_where_in(connection, event_seen, "event_id", event_ids, ("event_id",))}
        _insert(connection, [one for one in event_ids if one not in known], at_ms)
        return known
    return set()


def _insert(connection: Connection, event_ids: Sequence[str], at_ms: int) -> None:
    insert_rows(connection, event_seen, SEEN, [(one, at_ms) for one in event_ids])


def add_tally(connection: Connection, run_id: str, counted: Tally, now: datetime) -> None:
    """Add to what a run counted."""
    insert = sqlite_insert if is_sqlite(connection) else pg_insert
    for (outcome, reason), events in sorted(counted.items()):
        row = insert(event_tally).values(run_id=run_id, outcome=outcome, reason=reason, events=events, counted_at=now)
        summed = {"events": event_tally.c.events + events, "counted_at": now}
        connection.execute(row.on_conflict_do_update(index_elements=list(_KEY), set_=summed))


_KEY: Final = (event_tally.c.run_id, event_tally.c.outcome, event_tally.c.reason)


def tally(connection: Connection, run_ids: Iterable[str]) -> dict[tuple[str, str], int]:
    """Give what runs counted, by outcome and reason."""
    found: dict[tuple[str, str], int] = {}
    for row in connection.execute(select(event_tally).where(event_tally.c.run_id.in_(list(run_ids)))):
        found[row.outcome, row.reason] = found.get((row.outcome, row.reason), 0) + row.events
    return found
