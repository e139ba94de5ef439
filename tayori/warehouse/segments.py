"""Stored segments: expressions that several broadcasts use by name."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from tayori.errors import BadInput, NotFound, Refused
from tayori.warehouse.schema.broadcasts import segment


def add(connection: Connection, name: str, expression: str, created_by: str, now: datetime) -> None:
    """Store a segment's canonical expression under a name.

    Raises:
        BadInput: the name is empty.
        Refused: the name is taken. What broadcasts were approved by is never replaced.

    """
    if not name.strip():
        raise BadInput("A segment needs a name; choose one under which staff will find it again.")
    if connection.execute(select(segment.c.name).where(segment.c.name == name)).first() is not None:
        raise Refused(
            "A segment of this name is stored already, and is never replaced, since broadcasts refer to it; "
            "choose another name, or see `tayori segment list`."
        )
    connection.execute(insert(segment).values(name=name, expression=expression, created_by=created_by, created_at=now))


def find(connection: Connection, name: str) -> str:
    """Give the canonical expression of a stored segment.

    Raises:
        NotFound: no segment has this name.

    """
    expression = connection.execute(select(segment.c.expression).where(segment.c.name == name)).scalar()
    if expression is None:
        raise NotFound(f"No segment is stored under {name}; see `tayori segment list`.")
    return str(expression)


def stored(connection: Connection) -> list[tuple[str, str]]:
    """Give name and canonical expression of every stored segment, in the order of names."""
    rows = connection.execute(select(segment.c.name, segment.c.expression).order_by(segment.c.name))
    return [(row.name, row.expression) for row in rows]
