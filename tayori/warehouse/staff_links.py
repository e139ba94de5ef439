"""Which follower is a member of staff who sees messages beforehand: by number, only while both sides last."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from tayori.domain.identifiers import HandlerId, PersonNo
from tayori.warehouse.schema.kinds import link_code, staff_link, test_send
from tayori.warehouse.schema.people import person


def offer(connection: Connection, handler_id: HandlerId, digest: bytes, expires_at: datetime) -> None:
    """Keep the digest of a handler's one-time code; an earlier one is void."""
    connection.execute(delete(link_code).where(link_code.c.handler_id == handler_id))
    connection.execute(insert(link_code).values(handler_id=handler_id, code_digest=digest, expires_at=expires_at))


def take(connection: Connection, digest: bytes, now: datetime) -> HandlerId | None:
    """Use a code up, and give whose it was; None for one that nobody offered, or that has expired."""
    chosen = select(link_code.c.handler_id).where(link_code.c.code_digest == digest, link_code.c.expires_at > now)
    found = connection.execute(chosen.with_for_update()).scalar()
    if found is not None:
        connection.execute(delete(link_code).where(link_code.c.handler_id == found))
    return HandlerId(found) if found is not None else None


def link(connection: Connection, handler_id: HandlerId, number: PersonNo, now: datetime) -> None:
    """Tie a handler to the follower that they are; what either was tied to before is forgotten."""
    tied = (staff_link.c.handler_id == handler_id) | (staff_link.c.person_no == number)
    connection.execute(delete(staff_link).where(tied))
    connection.execute(insert(staff_link).values(handler_id=handler_id, person_no=number, linked_at=now))


def unlink(connection: Connection, handler_id: HandlerId) -> bool:
    """Forget which follower a handler is, and any code; whether there was a link."""
    connection.execute(delete(link_code).where(link_code.c.handler_id == handler_id))
    return connection.execute(delete(staff_link).where(staff_link.c.handler_id == handler_id)).rowcount > 0


def numbers_of(connection: Connection, handlers: Sequence[HandlerId]) -> dict[HandlerId, PersonNo]:
    """Give the numbers of those handlers who are linked and still follow; the others are absent."""
    chosen = (
        select(staff_link.c.handler_id, staff_link.c.person_no)
        .join(person, person.c.person_no == staff_link.c.person_no)
        .where(staff_link.c.handler_id.in_(list(handlers)), person.c.left_at.is_(None))
    )
    return {HandlerId(row.handler_id): PersonNo(row.person_no) for row in connection.execute(chosen)}


def begin_test(connection: Connection, retry_key: str, **said: str | int | datetime) -> None:
    """Keep a test send with its key, before the first call."""
    connection.execute(insert(test_send).values(retry_key=retry_key, **said))


def end_test(connection: Connection, retry_key: str, outcome: str) -> None:
    """Keep what became of a test send."""
    connection.execute(test_send.update().where(test_send.c.retry_key == retry_key).values(outcome=outcome))
