"""Surveys in the warehouse: definitions, sealed answers by person, counts of anonymous ones, spent tokens."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.surveys import survey, survey_answer, survey_spent, survey_tally

OPEN, CLOSING, CLOSED = "open", "closing", "closed"
SHOWN: Final = ("name", "anonymous", "definition", "state", "closes_on", "ballot_key")
RESPONDENTS: Final = ""
"""The question under which a tally counts who answered at all."""


@dataclass(frozen=True, slots=True)
class Published:
    """A survey that was published; `ballot_key` is what an anonymous one's answers are sealed to."""

    name: str
    anonymous: bool
    definition: str
    state: str
    closes_on: date
    ballot_key: bytes | None = None


def publish(connection: Connection, row: Published, now: datetime) -> bool:
    """Keep a survey; False if there is one of its name already."""
    if find(connection, row.name) is not None:
        return False
    values = {name: getattr(row, name) for name in SHOWN}
    connection.execute(insert(survey).values(published_at=now, **values))
    return True


def find(connection: Connection, name: str) -> Published | None:
    """Give a survey by its name."""
    row = connection.execute(select(*(survey.c[one] for one in SHOWN)).where(survey.c.name == name)).first()
    return Published(*row) if row is not None else None


def stored(connection: Connection) -> list[Published]:
    """Give every survey, the latest first."""
    chosen = select(*(survey.c[one] for one in SHOWN)).order_by(survey.c.published_at.desc(), survey.c.name)
    return [Published(*row) for row in connection.execute(chosen)]


def open_on(connection: Connection, today: date) -> list[Published]:
    """Give the surveys that may be answered on a day, those that close first before the others."""
    chosen = select(*(survey.c[one] for one in SHOWN)).where(survey.c.state == OPEN, survey.c.closes_on >= today)
    return [Published(*row) for row in connection.execute(chosen.order_by(survey.c.closes_on, survey.c.name))]


def set_ballot_key(connection: Connection, name: str, public: bytes) -> None:
    """Keep the public key that answers to an anonymous survey are sealed to."""
    connection.execute(update(survey).where(survey.c.name == name).values(ballot_key=public))


def set_state(connection: Connection, name: str, state: str, closed_at: datetime | None = None) -> None:
    """Move a survey to a state."""
    connection.execute(update(survey).where(survey.c.name == name).values(state=state, closed_at=closed_at))


def put_answer(connection: Connection, name: str, person_no: int, sealed: bytes) -> None:
    """Keep one person's answer, instead of an earlier one."""
    mine = (survey_answer.c.survey == name) & (survey_answer.c.person_no == person_no)
    connection.execute(delete(survey_answer).where(mine))
    connection.execute(insert(survey_answer).values(survey=name, person_no=person_no, answers=sealed))


def answers_of(connection: Connection, name: str) -> list[tuple[int, bytes]]:
    """Give the sealed answers to a survey, with their people's numbers; canaries left out."""
    mine = (survey_answer.c.survey == name) & (survey_answer.c.person_no > 0)
    chosen = select(survey_answer.c.person_no, survey_answer.c.answers).where(mine)
    return [(row[0], bytes(row[1])) for row in connection.execute(chosen.order_by(survey_answer.c.person_no))]


def count_answers(connection: Connection, name: str) -> int:
    """Give how many people's answers to a survey are kept; canaries left out."""
    theirs = (survey_answer.c.survey == name) & (survey_answer.c.person_no > 0)
    mine = select(func.count()).select_from(survey_answer).where(theirs)
    return int(connection.execute(mine).scalar_one())


def forget_answers(connection: Connection, name: str) -> int:
    """Delete the answers to a survey; give how many there were."""
    return connection.execute(delete(survey_answer).where(survey_answer.c.survey == name)).rowcount


def spent(connection: Connection, name: str, tokens: Iterable[bytes]) -> set[bytes]:
    """Give those of these tokens that are spent."""
    mine = select(survey_spent.c.token).where(survey_spent.c.survey == name, survey_spent.c.token.in_(list(tokens)))
    return {bytes(token) for token in connection.execute(mine).scalars()}


def spend(connection: Connection, name: str, tokens: Sequence[bytes], ends_at: datetime) -> None:
    """Keep tokens as spent, in an order that says nothing."""
    rows = [{"survey": name, "token": token, "ends_at": ends_at} for token in sorted(tokens)]
    if rows:
        connection.execute(insert(survey_spent), rows)


def unspend(connection: Connection, name: str, tokens: Sequence[bytes]) -> int:
    """Delete these tokens of a survey; give how many there were."""
    gone = 0
    for start in range(0, len(tokens), 500):
        some = survey_spent.c.token.in_(tokens[start : start + 500])
        gone += connection.execute(delete(survey_spent).where(survey_spent.c.survey == name, some)).rowcount
    return gone


def forget_spent(connection: Connection, name: str) -> int:
    """Delete the tokens of a survey; give how many there were."""
    return connection.execute(delete(survey_spent).where(survey_spent.c.survey == name)).rowcount


def add_to_tally(connection: Connection, name: str, counted: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts of an anonymous survey, by question and code."""
    added = sqlite_insert if is_sqlite(connection) else pg_insert
    for (question, code), answers in sorted(counted.items()):
        row = added(survey_tally).values(survey=name, question=question, code=code, answers=answers)
        more = {"answers": survey_tally.c.answers + answers}
        connection.execute(row.on_conflict_do_update(index_elements=["survey", "question", "code"], set_=more))


def tally(connection: Connection, name: str) -> Counter[tuple[str, str]]:
    """Give the counts of an anonymous survey, by question and code."""
    mine = select(survey_tally.c.question, survey_tally.c.code, survey_tally.c.answers)
    return Counter({(row[0], row[1]): row[2] for row in connection.execute(mine.where(survey_tally.c.survey == name))})


def is_over(published: Published, today: date) -> bool:
    """Whether a survey is closed, being closed or past its last day, so that its last answers wait for no others."""
    return published.state != OPEN or published.closes_on < today


def count_unclosed(connection: Connection) -> int:
    """Give how many surveys wait to be closed, over or not."""
    waiting = select(func.count()).select_from(survey).where(survey.c.state != CLOSED)
    return int(connection.execute(waiting).scalar_one())
