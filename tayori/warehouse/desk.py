"""The desk's side of a case in the warehouse: file, departments, matters, trail, waits, flags and look-up values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from tayori.domain.answering import NotOurs
from tayori.domain.identifiers import RECEIPT
from tayori.domain.states import OPEN_CASES, CaseState
from tayori.errors import BadInput, NotFound
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.migrating import not_cut_over
from tayori.warehouse.schema.desk import (
    case_department,
    case_flag,
    case_look_up,
    case_matter,
    case_trail,
    case_wait,
    desk_case,
    post_holder,
)
from tayori.warehouse.schema.opinions import opinion_case

RESPONSIBLE, RELATED = "responsible", "related"
_OF_LETTER = (
    "case_no", "receipt_no", "channel", "addressee", "answer_wanted", "received_on", "target_on", "calendar_version",
    "kind", "state", "done_on",
)  # fmt: skip
_OF_DESK = (
    "fiscal_year", "file_no", "arrived_on", "clock", "in_charge", "response", "answered_as", "late_because",
    "follow_up_on", "not_ours",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as the desk has it, nothing of the letter opened."""

    case_no: int
    receipt_no: str
    channel: str
    addressee: str
    answer_wanted: str
    received_on: date
    target_on: date | None
    calendar_version: str | None
    kind: str | None
    state: CaseState
    done_on: date | None
    fiscal_year: int
    file_no: int
    arrived_on: date
    clock: str | None
    in_charge: str | None
    response: str | None
    answered_as: str | None
    late_because: str | None
    follow_up_on: date | None
    not_ours: str | None


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One line of a case's trail: who did what and when; what they said is sealed."""

    case_no: int
    seq: int
    at: datetime
    by: str
    what: str
    target: str | None
    words: bytes | None


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag on a case. `barred`: the official whom it is about, who then has no access."""

    case_no: int
    seq: int
    flag: str
    procedure: str | None
    barred: str | None
    raised_by: str
    raised_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Untaken:
    """A letter that the desk has no file of yet; its items are sealed."""

    case_no: int
    received_on: date
    addressee: str
    answer_wanted: str
    department: str | None
    kind: str | None
    state: str
    items: Mapping[str, bytes | None]


def refuse_other_than_receipt(given: str) -> None:
    """Refuse what no case has and that has not the form of a receipt number: it may be a name, and is not repeated.

    A case that came from an old system keeps the number that it had there, in whatever form.
    """
    if not RECEIPT.fullmatch(given):
        raise BadInput("A case is named by its receipt number, as in R2026-0000001; see `tayori case list`.")


def no_case(receipt_no: str) -> str:
    """Say that the desk has no case of a number."""
    return f"The desk has no case {receipt_no}; see `tayori case list`, or run `tayori case take-up` first."


def _files() -> Any:  # noqa: ANN401 - a select of two tables
    letter = [opinion_case.c[name] for name in _OF_LETTER]
    own = [desk_case.c[name] for name in _OF_DESK]
    return select(*letter, *own).join_from(opinion_case, desk_case, opinion_case.c.case_no == desk_case.c.case_no)


def _file(row: Any) -> CaseFile:  # noqa: ANN401 - a row of `_files`
    named = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name
    return CaseFile(**named | {"state": CaseState(named["state"])})


def find(connection: Connection, receipt_no: str) -> CaseFile:
    """Give a case by its receipt number; on PostgreSQL a writer holds it until the transaction ends.

    Raises:
        BadInput: what is given is no receipt number and no case has it.
        NotFound: no case has the number, or the desk has not taken it up yet.

    """
    chosen = _files().where(opinion_case.c.receipt_no == receipt_no)
    if connection.get_execution_options().get("tayori_writes"):
        chosen = chosen.with_for_update()
    row = connection.execute(chosen).first()
    if row is None:
        refuse_other_than_receipt(receipt_no)
        raise NotFound(no_case(receipt_no))
    return _file(row)


def open_files(connection: Connection) -> list[CaseFile]:
    """Give the cases that are not done, those with the earliest target first, those without one last."""
    columns = opinion_case.c
    chosen = _files().where(columns.state.in_(sorted(OPEN_CASES)), columns.case_no > 0)
    return [
        _file(row)
        for row in connection.execute(chosen.order_by(columns.target_on.is_(None), columns.target_on, columns.case_no))
    ]


def coming_back(connection: Connection, until: date) -> list[CaseFile]:
    """Give the answered cases whose follow-up is due (「検討」)."""
    chosen = _files().where(desk_case.c.follow_up_on <= until, opinion_case.c.state == CaseState.ANSWERED)
    return [_file(row) for row in connection.execute(chosen.order_by(desk_case.c.follow_up_on, opinion_case.c.case_no))]


def answered_between(connection: Connection, first: date, last: date) -> list[CaseFile]:
    """Give the cases with a clock that were answered on these days, both ends included."""
    told = (opinion_case.c.state == CaseState.NOT_OURS) & (desk_case.c.not_ours == NotOurs.TOLD)
    answered = opinion_case.c.state.in_([CaseState.ANSWERED, CaseState.CLOSED]) | told
    chosen = _files().where(answered, opinion_case.c.done_on.between(first, last), desk_case.c.clock.is_not(None))
    return [_file(row) for row in connection.execute(chosen.order_by(opinion_case.c.case_no))]


def late_unexplained(connection: Connection) -> list[CaseFile]:
    """Give the cases that were answered past their target and of which nobody said why, the latest answer first."""
    columns = opinion_case.c
    answered = columns.state.in_([CaseState.ANSWERED, CaseState.CLOSED]) & (columns.done_on > columns.target_on)
    chosen = _files().where(answered, desk_case.c.late_because.is_(None), columns.case_no > 0)
    return [_file(row) for row in connection.execute(chosen.order_by(columns.done_on.desc(), columns.case_no))]


def untaken(connection: Connection, items: Sequence[str], after: int, limit: int) -> list[Untaken]:
    """Give letters without a file of the desk, by ascending number after `after`: in the order in which they came.

    A migrated case is not among them before the cut-over: until then the old system says what it is.
    """
    columns = opinion_case.c
    names = [name for name in Untaken.__slots__ if name != "items"]
    chosen = (
        select(*(columns[name] for name in (*names, *items)))
        .outerjoin_from(opinion_case, desk_case, columns.case_no == desk_case.c.case_no)
        .where(desk_case.c.case_no.is_(None), columns.case_no > max(after, 0), columns.source.not_in(not_cut_over()))
        .order_by(columns.case_no)
        .limit(limit)
    )
    cut = len(names)
    return [
        Untaken(**dict(zip(names, row[:cut], strict=True)), items=dict(zip(items, row[cut:], strict=True)))
        for row in connection.execute(chosen)
    ]


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a table of the desk."""
    if rows:
        connection.execute(insert(table), list(rows))


def next_seq(connection: Connection, table: Table, case_no: int) -> int:
    """Give the number that follows the last row of a case in a table."""
    last = select(func.max(table.c.seq)).where(table.c.case_no == case_no)
    return int(connection.execute(last).scalar() or 0) + 1


def set_targets(connection: Connection, targets: Mapping[int, date | None], calendar_version: str) -> None:
    """Keep the target dates of cases, with the calendar that they were counted by where there is one."""
    changed = update(opinion_case).where(opinion_case.c.case_no == bindparam("number"))
    changed = changed.values(target_on=bindparam("target"), calendar_version=bindparam("version"))
    rows = [
        {"number": number, "target": target, "version": calendar_version if target is not None else None}
        for number, target in targets.items()
    ]
    if rows:
        connection.execute(changed, rows)


def alter(connection: Connection, case_no: int, **values: object) -> None:
    """Change what the desk's file says of a case."""
    connection.execute(update(desk_case).where(desk_case.c.case_no == case_no).values(**values))


def alter_letter(connection: Connection, case_no: int, **values: object) -> None:
    """Change the 管理項目 of a letter's case, or its sealed answer."""
    connection.execute(update(opinion_case).where(opinion_case.c.case_no == case_no).values(**values))


def departments(connection: Connection, case_no: int) -> dict[str, list[str]]:
    """Give the responsible department (主管) and the related ones (関係) of a case."""
    columns = case_department.c
    chosen = select(columns.part, columns.department).where(columns.case_no == case_no).order_by(columns.department)
    found: dict[str, list[str]] = {RESPONSIBLE: [], RELATED: []}
    for part, department in connection.execute(chosen):
        found[part].append(department)
    return found


def responsible(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Give the responsible department of each of these cases that has one."""
    rows = rows_where_in(connection, case_department, "case_no", numbers, ("case_no", "department", "part"))
    return {number: department for number, department, part in rows if part == RESPONSIBLE}


def set_departments(connection: Connection, case_no: int, responsible: str, related: Iterable[str]) -> None:
    """Set who is responsible for a case and who has part in it."""
    connection.execute(delete(case_department).where(case_department.c.case_no == case_no))
    parts = dict.fromkeys(related, RELATED) | {responsible: RESPONSIBLE}
    add(
        connection,
        case_department,
        [{"case_no": case_no, "department": name, "part": part} for name, part in parts.items()],
    )


def set_matters(connection: Connection, case_no: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the matters (件) of a letter (通), in order."""
    connection.execute(delete(case_matter).where(case_matter.c.case_no == case_no))
    add(connection, case_matter, [{**row, "case_no": case_no, "seq": seq} for seq, row in enumerate(rows, 1)])


def matters(connection: Connection, case_no: int) -> list[dict[str, Any]]:
    """Give the matters of a letter, in order."""
    chosen = select(case_matter).where(case_matter.c.case_no == case_no).order_by(case_matter.c.seq)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def set_responses(connection: Connection, case_no: int, responses: Sequence[str | None]) -> None:
    """Set what the ward does about each matter of a letter, in order; None where the letter's own response says it."""
    for seq, response in enumerate(responses, 1):
        mine = (case_matter.c.case_no == case_no) & (case_matter.c.seq == seq)
        connection.execute(update(case_matter).where(mine).values(response=response))


def counted(connection: Connection, first: date, last: date) -> tuple[int, int]:
    """Give letters (通) and matters (件) that came in on these days, both ends included."""
    came = (opinion_case.c.received_on.between(first, last), opinion_case.c.case_no > 0)
    letters = select(func.count()).select_from(opinion_case).where(*came)
    joined = select(func.count()).select_from(case_matter.join(opinion_case)).where(*came)
    return int(connection.execute(letters).scalar_one()), int(connection.execute(joined).scalar_one())


def trail(connection: Connection, case_no: int) -> list[TrailRow]:
    """Give a case's trail, in order."""
    chosen = select(case_trail).where(case_trail.c.case_no == case_no).order_by(case_trail.c.seq)
    return [TrailRow(**row) for row in connection.execute(chosen).mappings()]


def lines_of(connection: Connection, what: str) -> set[tuple[str, str | None]]:
    """Give receipt number and target of every line of the trails that says this."""
    chosen = select(opinion_case.c.receipt_no, case_trail.c.target).join_from(case_trail, opinion_case)
    return set(connection.execute(chosen.where(case_trail.c.what == what)).tuples())


def note_many(connection: Connection, numbers: Sequence[int], line: Mapping[str, Any]) -> None:
    """Add the same line, without words, to the trails of many cases."""
    last = dict.fromkeys(numbers, 0)
    for number, seq in rows_where_in(connection, case_trail, "case_no", numbers, ("case_no", "seq")):
        last[number] = max(last[number], seq)
    add(
        connection,
        case_trail,
        [{"case_no": number, "seq": seq + 1, "words": None, **line} for number, seq in last.items()],
    )


def flags(connection: Connection, case_no: int) -> list[FlagRow]:
    """Give the flags of a case, in order."""
    chosen = select(case_flag).where(case_flag.c.case_no == case_no).order_by(case_flag.c.seq)
    return [FlagRow(**row) for row in connection.execute(chosen).mappings()]


def barred_from(connection: Connection, handler_id: str) -> set[int]:
    """Give the cases in which a complaint is about a handler."""
    chosen = select(case_flag.c.case_no).where(case_flag.c.barred == handler_id)
    return set(connection.execute(chosen).scalars())


def barred_posts(connection: Connection, on: date) -> set[tuple[str, str, str]]:
    """Give receipt number, post and office where a complaint in a case is about who holds the post on a day."""
    holder = post_holder.c
    serves = (holder.starts_on <= on) & (holder.ends_on.is_(None) | (holder.ends_on >= on))
    chosen = (
        select(opinion_case.c.receipt_no, holder.post, holder.department)
        .join_from(case_flag, opinion_case, case_flag.c.case_no == opinion_case.c.case_no)
        .join(post_holder, holder.handler_id == case_flag.c.barred)
    )
    return set(connection.execute(chosen.where(serves)).tuples())


def mark_told(connection: Connection, case_no: int, seq: int, at: datetime) -> None:
    """Keep when people were told of a flag."""
    mine = (case_flag.c.case_no == case_no) & (case_flag.c.seq == seq)
    connection.execute(update(case_flag).where(mine).values(told_at=at))


def untold(connection: Connection) -> list[tuple[FlagRow, str]]:
    """Give the flags of which nobody was told yet, each with its case's receipt number."""
    chosen = select(case_flag, opinion_case.c.receipt_no).join_from(case_flag, opinion_case)
    rows = connection.execute(chosen.where(case_flag.c.told_at.is_(None)).order_by(case_flag.c.raised_at)).mappings()
    return [(FlagRow(**{name: row[name] for name in FlagRow.__slots__}), row["receipt_no"]) for row in rows]


def waits(connection: Connection, case_no: int) -> list[tuple[date, date | None]]:
    """Give the spans in which a case waited for its writer: first day, last day (None: still)."""
    columns = case_wait.c
    chosen = select(columns.since, columns.until).where(columns.case_no == case_no).order_by(columns.seq)
    return [(since, until) for since, until in connection.execute(chosen)]


def waiting(connection: Connection) -> set[int]:
    """Give the cases that wait for their writers now."""
    return set(connection.execute(select(case_wait.c.case_no).where(case_wait.c.until.is_(None))).scalars())


def end_wait(connection: Connection, case_no: int, until: date) -> int:
    """End the wait of a case; give how many spans ended (0 or 1)."""
    mine = (case_wait.c.case_no == case_no) & case_wait.c.until.is_(None)
    return connection.execute(update(case_wait).where(mine).values(until=until)).rowcount


def found_by(connection: Connection, found_by: str, look_up: bytes) -> list[str]:
    """Give the receipt numbers of the cases with a look-up value, oldest first."""
    chosen = (
        select(opinion_case.c.receipt_no)
        .join_from(case_look_up, opinion_case)
        .where(case_look_up.c.found_by == found_by, case_look_up.c.look_up == look_up)
        .order_by(opinion_case.c.received_on, opinion_case.c.case_no)
    )
    return list(connection.execute(chosen).scalars())


def in_charge(connection: Connection, handler_id: str) -> list[CaseFile]:
    """Give the open cases of which a handler is in charge."""
    mine = (desk_case.c.in_charge == handler_id, opinion_case.c.state.in_(sorted(OPEN_CASES)))
    return [_file(row) for row in connection.execute(_files().where(*mine).order_by(opinion_case.c.case_no))]
