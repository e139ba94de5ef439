"""Who holds which post of the ward, and since when."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, or_, select, update

from tayori.domain.decision_routes import Holder
from tayori.warehouse.schema.desk import post_holder


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post held by a handler; `department` is 区 where the post is the ward's."""

    handler_id: str
    post: str
    department: str
    starts_on: date
    ends_on: date | None = None


def add(connection: Connection, row: PostRow) -> None:
    """Write down who holds a post; the same one twice is a conflict."""
    connection.execute(insert(post_holder).values({name: getattr(row, name) for name in PostRow.__slots__}))


def end(connection: Connection, handler_id: str, last_day: date) -> int:
    """End every post of a handler that still runs; give how many ended."""
    mine = (post_holder.c.handler_id == handler_id) & post_holder.c.ends_on.is_(None)
    return connection.execute(update(post_holder).where(mine).values(ends_on=last_day)).rowcount


def held(connection: Connection, handler_id: str, on: date) -> list[Holder]:
    """Give the posts that a handler holds on a day."""
    columns = post_holder.c
    chosen = select(columns.post, columns.department).where(
        columns.handler_id == handler_id, columns.starts_on <= on, or_(columns.ends_on.is_(None), columns.ends_on >= on)
    )
    return [Holder(*row) for row in connection.execute(chosen.order_by(columns.post, columns.department))]


def everyone(connection: Connection) -> list[PostRow]:
    """Give every post that was ever held, by office and post."""
    columns = post_holder.c
    chosen = select(post_holder).order_by(columns.department, columns.post, columns.starts_on, columns.handler_id)
    return [PostRow(**row) for row in connection.execute(chosen).mappings()]
