"""What the warehouse holds of one person, found by their look-up value: for the page on which they see it themself."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from tayori.domain.states import BroadcastState
from tayori.domain.ward import ward
from tayori.warehouse.people import Chosen
from tayori.warehouse.quarantine import WAITING
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.kinds import staff_link
from tayori.warehouse.schema.people import genre_choice, person, reception_settings
from tayori.warehouse.schema.records import quarantine
from tayori.warehouse.schema.surveys import survey, survey_answer

PERSON: Final = (person.c.person_no, person.c.line_user_id, person.c.last_event_ms, person.c.left_at)
SETTINGS: Final = ("person_no", "birth_year", "sex", "area", "purpose_version", "confirmed_at")


@dataclass(frozen=True, slots=True)
class OwnRow:
    """The row of one person: number, sealed LINE id, time of the last event in ms, when they left, if they did."""

    person_no: int
    sealed: bytes = field(repr=False)
    last_event_ms: int
    left_at: datetime | None


def find_own(connection: Connection, index: bytes) -> OwnRow | None:
    """Give the row of the person with this look-up value; None if nobody has it."""
    found = connection.execute(select(*PERSON).where(person.c.line_index == index)).first()
    return OwnRow(found.person_no, bytes(found.line_user_id), found.last_event_ms, found.left_at) if found else None


def settings_of(connection: Connection, number: int) -> Chosen | None:
    """Give what one person set; None if they set nothing."""
    columns = [reception_settings.c[name] for name in SETTINGS]
    found = connection.execute(select(*columns).where(reception_settings.c.person_no == number)).mappings().first()
    if found is None:
        return None
    known = list(ward().genres)  # by genre and number: the table's own order, a look-up each
    chosen = select(genre_choice.c.genre).where(genre_choice.c.genre.in_(known), genre_choice.c.person_no == number)
    return Chosen(**found, genres=frozenset(connection.execute(chosen).scalars()))


def linked_at(connection: Connection, number: int) -> datetime | None:
    """Give when the person was tied to a member of staff, for test sends; None if they are tied to nobody."""
    return connection.execute(select(staff_link.c.linked_at).where(staff_link.c.person_no == number)).scalar()


def answered_by(connection: Connection, number: int) -> list[str]:
    """Give the definitions of the surveys to which the person's answer is kept; the answer itself is sealed."""
    mine = select(survey.c.definition).join(survey_answer, survey_answer.c.survey == survey.c.name)
    return list(connection.execute(mine.where(survey_answer.c.person_no == number).order_by(survey.c.name)).scalars())


def waiting_of(connection: Connection, index: bytes) -> int:
    """Give how many submissions of the person wait, sealed, in quarantine."""
    mine = select(func.count()).where(quarantine.c.line_index == index, quarantine.c.state == WAITING)
    return int(connection.execute(mine).scalar_one())


def sent_since(connection: Connection, since: datetime) -> Counter[int]:
    """Give how many broadcasts of each genre were sent since a moment."""
    chosen = (
        select(broadcast.c.genre, func.count().label("sent"))
        .where(broadcast.c.state == BroadcastState.SENT, broadcast.c.ended_at >= since)
        .group_by(broadcast.c.genre)
    )
    return Counter({row.genre: row.sent for row in connection.execute(chosen)})
