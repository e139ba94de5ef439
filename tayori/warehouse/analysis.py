"""Rows of analysis: letters that are to be settled, topics, the counts' facts, and the documents of editions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, case, func, insert, select, tuple_, update

from tayori.warehouse.bulk import insert_rows, rows_where_in
from tayori.warehouse.desk import RELATED
from tayori.warehouse.schema.analysis import edition_document, settled_opinion, topic
from tayori.warehouse.schema.desk import case_department, case_matter, desk_case
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case
from tayori.warehouse.schema.people import genre_choice, reception_settings

NO_TOPIC: Final = 0
_BLOCK: Final = 10_000
_IN_ORDER: Final = (masked_opinion.c.month, masked_opinion.c.case_no)


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A letter of the mart with what is decided about it, its text sealed under its case's key."""

    mart_key: str
    case_no: int
    month: str
    theme: str
    level: int
    masked_text: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided once: the first letter of its text, the closest one only alike, its topic (None: not judged)."""

    case_no: int
    text_key: str
    alike_key: str | None
    topic_no: int | None = None


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic: number, label, who gave it (None: made of the words), words with weights, month it first came up."""

    topic_no: int
    label: str
    labelled_by: str | None
    words: Mapping[str, float]
    first_month: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class FactRow:
    """What a matter (件) of a letter (通) is counted by: what the desk said of it, else what it said of the letter.

    `own` is the office that a matter names as its own, `related` those that have part in the whole letter (関係課), a
    line for each. `response` is what the answer said, `response_now` what became of it.
    """

    case_no: int
    mart_key: str
    month: str
    channel: str
    department: str | None
    kind: str | None
    theme: str | None
    state: str
    wanted: str
    anonymous: bool
    text_key: str
    topic_no: int | None
    arrived_on: date
    done_on: date | None
    target_on: date | None
    own: str | None
    related: str | None
    response: str | None
    response_now: str | None
    late_because: str | None


def _sealed() -> "Select[Any]":
    chosen = select(*(masked_opinion.c[name] for name in SealedRow.__slots__))
    return chosen.outerjoin(settled_opinion, settled_opinion.c.case_no == masked_opinion.c.case_no)


def unsettled(connection: Connection, limit: int, after: tuple[str, int] | None = None) -> list[SealedRow]:
    """Give letters of the mart about which nothing is decided, oldest first, behind a month and case number if given.

    What came in behind them meanwhile is left to the next run.
    """
    chosen = _sealed().where(settled_opinion.c.case_no.is_(None)).order_by(*_IN_ORDER).limit(limit)
    if after is not None:
        chosen = chosen.where(tuple_(*_IN_ORDER) > after)
    return [SealedRow(*row) for row in connection.execute(chosen)]


def still_unsettled(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Give those of these case numbers that are in the mart and about which nothing is decided."""
    there = {row[0] for row in rows_where_in(connection, masked_opinion, "case_no", numbers, ("case_no",))}
    return there - {row[0] for row in rows_where_in(connection, settled_opinion, "case_no", numbers, ("case_no",))}


def by_month(connection: Connection, months: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Give for some months how many letters wait to be settled and how many are; months without a letter are left out.

    Canaries are left out.
    """
    both = masked_opinion.outerjoin(settled_opinion, settled_opinion.c.case_no == masked_opinion.c.case_no)
    there = func.count(settled_opinion.c.case_no)
    chosen = select(masked_opinion.c.month, func.count() - there, there).select_from(both)
    chosen = chosen.where(masked_opinion.c.month.in_(sorted(months)), masked_opinion.c.case_no > 0)
    return {row[0]: (row[1], row[2]) for row in connection.execute(chosen.group_by(masked_opinion.c.month))}


def counted_numbers(connection: Connection, months: Iterable[str]) -> Iterator[int]:
    """Give the case numbers of the settled letters of some months, ascending; canaries left out."""
    both = masked_opinion.join(settled_opinion, settled_opinion.c.case_no == masked_opinion.c.case_no)
    chosen = select(masked_opinion.c.case_no).select_from(both).order_by(masked_opinion.c.case_no)
    chosen = chosen.where(masked_opinion.c.month.in_(sorted(months)), masked_opinion.c.case_no > 0)
    yield from connection.execute(chosen.execution_options(yield_per=_BLOCK)).scalars()


def first_texts(connection: Connection, limit: int) -> list[SealedRow]:
    """Give the first letters of the latest texts, oldest first."""
    is_first = settled_opinion.c.text_key == masked_opinion.c.mart_key
    chosen = _sealed().where(is_first).order_by(*(column.desc() for column in _IN_ORDER)).limit(limit)
    return [SealedRow(*row) for row in connection.execute(chosen)][::-1]


def decided(connection: Connection, undecided: Sequence[str], limit: int) -> list[SealedRow]:
    """Give the latest letters whose field is known; `undecided` are the words that stand for no field."""
    chosen = select(*(masked_opinion.c[name] for name in SealedRow.__slots__))
    chosen = chosen.where(masked_opinion.c.theme.not_in(undecided))
    chosen = chosen.order_by(*(column.desc() for column in _IN_ORDER)).limit(limit)
    return [SealedRow(*row) for row in connection.execute(chosen)]


def months_without_topic(connection: Connection) -> list[tuple[str, int]]:
    """Give the months in which settled letters wait for a topic, with how many there are, oldest first."""
    chosen = select(masked_opinion.c.month, func.count()).join(
        settled_opinion, settled_opinion.c.case_no == masked_opinion.c.case_no
    )
    chosen = chosen.where(settled_opinion.c.topic_no.is_(None)).group_by(masked_opinion.c.month)
    return [(row[0], row[1]) for row in connection.execute(chosen.order_by(masked_opinion.c.month))]


def first_numbers(connection: Connection, first_month: str, last_month: str, most: int) -> list[int]:
    """Give case numbers of the first letters of the texts of a span of months, at most so many, evenly over all."""
    is_first = settled_opinion.c.text_key == masked_opinion.c.mart_key
    both = masked_opinion.join(settled_opinion, settled_opinion.c.case_no == masked_opinion.c.case_no)
    there = is_first & masked_opinion.c.month.between(first_month, last_month)
    count = connection.execute(select(func.count()).select_from(both).where(there)).scalar_one()
    chosen = select(masked_opinion.c.case_no).select_from(both).where(there).order_by(*_IN_ORDER)
    found = connection.execute(chosen.execution_options(yield_per=_BLOCK)).scalars()
    return list(islice(found, 0, None, max(1, -(-count // most))))


def by_number(connection: Connection, numbers: Sequence[int]) -> list[SealedRow]:
    """Give the letters of some case numbers, in the order of the numbers."""
    rows = rows_where_in(connection, masked_opinion, "case_no", numbers, SealedRow.__slots__)
    return sorted((SealedRow(*row) for row in rows), key=lambda row: row.case_no)


def in_month(connection: Connection, month: str, limit: int, after: int | None = None) -> list[SealedRow]:
    """Give the letters of a month by their numbers, behind a case number if given; canaries left out."""
    chosen = select(*(masked_opinion.c[name] for name in SealedRow.__slots__))
    chosen = chosen.where(masked_opinion.c.month == month, masked_opinion.c.case_no > (after or 0))
    return [SealedRow(*row) for row in connection.execute(chosen.order_by(masked_opinion.c.case_no).limit(limit))]


def texts_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Give the key of the text of those of these letters that are settled, by case number."""
    rows = rows_where_in(connection, settled_opinion, "case_no", numbers, ("case_no", "text_key"))
    return {row[0]: row[1] for row in rows}


def shared_texts(connection: Connection, months: Sequence[str]) -> set[str]:
    """Give the texts that several letters of some months have; canaries left out."""
    key = settled_opinion.c.text_key
    chosen = select(key).join_from(
        settled_opinion, masked_opinion, masked_opinion.c.case_no == settled_opinion.c.case_no
    )
    chosen = chosen.where(masked_opinion.c.month.in_(months), settled_opinion.c.case_no > 0)
    return set(connection.execute(chosen.group_by(key).having(func.count() > 1)).scalars())


def without_topic(connection: Connection, month: str, limit: int, after: int | None = None) -> list[SealedRow]:
    """Give letters of a month that are settled and wait for a topic, behind a case number if given."""
    chosen = _sealed().where(masked_opinion.c.month == month, settled_opinion.c.case_no.is_not(None))
    chosen = chosen.where(settled_opinion.c.topic_no.is_(None)).order_by(*_IN_ORDER).limit(limit)
    if after is not None:
        chosen = chosen.where(masked_opinion.c.case_no > after)
    return [SealedRow(*row) for row in connection.execute(chosen)]


def of_topic(connection: Connection, topic_no: int, limit: int) -> list[SealedRow]:
    """Give the latest letters of a topic."""
    chosen = _sealed().where(settled_opinion.c.topic_no == topic_no)
    chosen = chosen.order_by(*(column.desc() for column in _IN_ORDER)).limit(limit)
    return [SealedRow(*row) for row in connection.execute(chosen)]


def add_settled(connection: Connection, rows: Iterable[Settled]) -> None:
    """Write down what was decided about letters; decided once, it stays."""
    names = Settled.__slots__
    insert_rows(connection, settled_opinion, names, ([getattr(row, name) for name in names] for row in rows))


def alike(connection: Connection, first_month: str, last_month: str) -> list[tuple[str, str, str]]:
    """Give letters of some months whose text is alike to an earlier one's: month, their receipt, that one's receipt.

    Canaries and letters that are gone are left out.
    """
    earlier, earlier_case = masked_opinion.alias(), opinion_case.alias()
    chosen = (
        select(masked_opinion.c.month, opinion_case.c.receipt_no, earlier_case.c.receipt_no)
        .join_from(settled_opinion, masked_opinion, masked_opinion.c.case_no == settled_opinion.c.case_no)
        .join(opinion_case, opinion_case.c.case_no == settled_opinion.c.case_no)
        .join(earlier, earlier.c.mart_key == settled_opinion.c.alike_key)
        .join(earlier_case, earlier_case.c.case_no == earlier.c.case_no)
        .where(
            masked_opinion.c.month.between(first_month, last_month),
            settled_opinion.c.case_no > 0,
            earlier.c.case_no > 0,
        )
        .order_by(earlier_case.c.receipt_no, opinion_case.c.receipt_no)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(chosen)]


def set_themes(connection: Connection, fields: Mapping[int, str]) -> None:
    """Give letters the field that was found for them, by case number."""
    for case_no, theme in fields.items():
        connection.execute(update(masked_opinion).where(masked_opinion.c.case_no == case_no).values(theme=theme))


def set_months(connection: Connection, months: Mapping[int, str]) -> None:
    """Count letters in other months (YYYY-MM), by case number."""
    for case_no, month in months.items():
        connection.execute(update(masked_opinion).where(masked_opinion.c.case_no == case_no).values(month=month))


def set_topics(connection: Connection, topic_no: int, cases: Sequence[int]) -> int:
    """Give letters, by case number, their topic; one that has its topic keeps it. Give how many got theirs."""
    given, waits = 0, settled_opinion.c.topic_no.is_(None)
    for start in range(0, len(cases), 500):
        chosen = settled_opinion.c.case_no.in_(cases[start : start + 500]) & waits
        given += connection.execute(update(settled_opinion).where(chosen).values(topic_no=topic_no)).rowcount
    return given


def topics(connection: Connection) -> dict[int, TopicRow]:
    """Give every topic by its number."""
    chosen = select(*(topic.c[name] for name in TopicRow.__slots__)).order_by(topic.c.topic_no)
    rows = connection.execute(chosen).mappings()
    return {row["topic_no"]: TopicRow(**(dict(row) | {"words": json.loads(row["words"])})) for row in rows}


def add_topics(connection: Connection, rows: Sequence[TopicRow]) -> None:
    """Add topics that were not there before."""
    for row in rows:
        values = {name: getattr(row, name) for name in TopicRow.__slots__}
        connection.execute(insert(topic).values(values | {"words": _words(row.words)}))


def renew_topic(connection: Connection, topic_no: int, words: Mapping[str, float], label: str) -> None:
    """Give a topic that goes on its words of today, and a label of them unless staff gave it one."""
    connection.execute(update(topic).where(topic.c.topic_no == topic_no).values(words=_words(words)))
    made = (topic.c.topic_no == topic_no) & topic.c.labelled_by.is_(None)
    connection.execute(update(topic).where(made).values(label=label))


def label_topic(connection: Connection, topic_no: int, label: str, by: str) -> bool:
    """Give a topic the label that a handler chose; False where there is no such topic."""
    chosen = update(topic).where(topic.c.topic_no == topic_no).values(label=label, labelled_by=by)
    return connection.execute(chosen).rowcount > 0


def facts(connection: Connection, first_month: str, last_month: str) -> Iterator[list[FactRow]]:
    """Give what the matters of the settled letters of a span of months are counted by, block by block; no canaries.

    They stand by the keys of their letters, each letter's in the desk's order; a letter without a file there is one.
    """
    held, letter, settled, file = masked_opinion.c, opinion_case.c, settled_opinion.c, desk_case.c
    matter = case_matter.c
    chosen = (
        select(
            *(held[name] for name in ("case_no", "mart_key", "month", "channel", "department")),
            func.coalesce(matter.kind, held.kind),
            *(held[name] for name in ("theme", "state")),
            letter.answer_wanted,
            letter.name.is_(None),
            settled.text_key,
            settled.topic_no,
            func.coalesce(file.arrived_on, letter.received_on),
            letter.done_on,
            letter.target_on,
            matter.department,
            _related(held.case_no),
            func.coalesce(matter.response, file.answered_as, file.response),
            file.response,
            file.late_because,
        )
        .join_from(masked_opinion, opinion_case, held.case_no == letter.case_no)
        .outerjoin(desk_case, file.case_no == held.case_no)
        .outerjoin(case_matter, matter.case_no == held.case_no)
        .join(settled_opinion, settled.case_no == held.case_no)
        .where(held.month.between(first_month, last_month), held.case_no > 0)
        .order_by(held.mart_key, matter.seq)
        .execution_options(yield_per=_BLOCK)
    )
    for block in connection.execute(chosen).partitions():
        yield [FactRow(*row) for row in block]


def _related(case_no: "ColumnElement[int]") -> "ScalarSelect[str | None]":
    """The related offices (関係課) of a case, a line for each, in no order; none where it has none.

    The part is no condition: SQLite would walk all related offices of the ward for each letter.
    """
    held = case_department.c
    named = func.aggregate_strings(case((held.part == RELATED, held.department)), "\n")
    return select(named).where(held.case_no == case_no).scalar_subquery()


def genre_choices(connection: Connection) -> dict[int, int]:
    """Give how many people chose each genre, canaries left out."""
    chosen = select(genre_choice.c.genre, func.count()).where(genre_choice.c.person_no > 0)
    return dict(connection.execute(chosen.group_by(genre_choice.c.genre)).tuples().all())


def with_settings(connection: Connection) -> int:
    """Give how many people set how they want to be told, canaries left out."""
    chosen = select(func.count()).where(reception_settings.c.person_no > 0)
    return connection.execute(chosen).scalar_one()


def document_of(connection: Connection, edition_no: int) -> str | None:
    """Give what the files of an edition are made of; None where it was not kept."""
    chosen = select(edition_document.c.document).where(edition_document.c.edition_no == edition_no)
    return connection.execute(chosen).scalar_one_or_none()


def _words(words: Mapping[str, float]) -> str:
    return json.dumps(dict(words), ensure_ascii=False)
