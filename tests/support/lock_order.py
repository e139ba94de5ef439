"""The order in which a transaction takes its locks on PostgreSQL, watched: whoever keeps to it meets no deadlock.

Broadcasts' rows first, then the line of starts, then the access log's line, then batches. SQLite has one writer at a
time and needs no order.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

LOCKS: Final = (
    ("broadcast", re.compile(r"\bFROM broadcast\b(?!.*\bbatch\b).*FOR UPDATE|^UPDATE broadcast\b", re.DOTALL)),
    ("starts", re.compile(r"pg_advisory_xact_lock\(7412\)")),
    ("log", re.compile(r"pg_advisory_xact_lock\(7411\)")),
    ("batch", re.compile(r"\bFROM batch\b.*FOR UPDATE|^UPDATE batch\b|^DELETE FROM batch\b", re.DOTALL)),
)
RANKS: Final = {kind: rank for rank, (kind, _) in enumerate(LOCKS)}


class _Held:
    """What one transaction holds: the highest rank, and the locks that it has already."""

    def __init__(self) -> None:
        self.rank = 0
        self.locks: set[tuple[str, object]] = set()


@contextmanager
def lock_order_watched() -> Iterator[list[str]]:
    """Watch every transaction on PostgreSQL; give the list into which each breach is written."""
    breaches: list[str] = []
    mine = object()  # watches lie in each other: each one keeps its own account

    def begun(connection: Connection) -> None:
        connection.info[mine] = _Held()

    def asked(connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:  # noqa: ANN401
        if connection.dialect.name != "postgresql":
            return
        held = connection.info.setdefault(mine, _Held())
        if statement.startswith("INSERT INTO broadcast "):  # its own until the end: nobody else can hold it
            held.locks.add(("broadcast", parameters["broadcast_id"]))
        for kind, pattern in LOCKS:
            if pattern.search(statement):
                _take(held, kind, parameters if kind == "broadcast" else None, breaches)

    event.listen(Engine, "begin", begun)
    event.listen(Engine, "before_cursor_execute", asked)
    try:
        yield breaches
    finally:
        event.remove(Engine, "begin", begun)
        event.remove(Engine, "before_cursor_execute", asked)


def _take(held: _Held, kind: str, parameters: Any, breaches: list[str]) -> None:  # noqa: ANN401 - the driver's own
    given = parameters.items() if isinstance(parameters, dict) else ()
    asked = {(kind, value) for name, value in given if name.startswith("broadcast_id_1")} or {(kind, None)}
    if not asked - held.locks:
        return
    if kind != "batch" and RANKS[kind] < held.rank:
        breaches.append(f"{kind} is locked after {LOCKS[held.rank][0]}")
    held.locks |= asked
    held.rank = max(held.rank, RANKS[kind])
