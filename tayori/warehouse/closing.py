"""The end of a contract in the warehouse: where it stands, who signed, what is still there, and what it may not do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, or_, select, true, update

from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import ERASED, RETURNED, AtEnd, RecordClass, record_classes
from tayori.domain.states import OPEN_CASES, BroadcastState
from tayori.errors import NotFound, Refused
from tayori.warehouse import surveys
from tayori.warehouse.disposal import ListState
from tayori.warehouse.schema.approvals import quarantine_approval
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.endings import closing_signature, contract_closing, disposal_list
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.schema.people import person
from tayori.warehouse.schema.records import quarantine
from tayori.warehouse.schema.stores import backup_key, backup_key_next, inbox_row
from tayori.warehouse.setup import STORES


class ClosingState(StrEnum):
    """Where the end of a contract stands."""

    PROPOSED = "proposed"  # one has signed; the work goes on
    SIGNED = "signed"  # both have signed: nothing comes in or goes out any more
    RETURNED = "returned"  # the archive is written
    RECEIVED = "received"  # 甲 signed for it
    ERASING = "erasing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


S = ClosingState
B = BroadcastState
UNDER_WAY: Final = frozenset({B.APPROVED, B.SCHEDULED, B.SENDING, B.PAUSED, B.NEEDS_DECISION})
"""States of a broadcast that is to go out, or goes out, or whose outcome nobody decided on."""
KEPT_BY_BOTH: Final = frozenset(
    name for one in record_classes().classes if one.at_end is AtEnd.COPY for name in one.tables
)
STANDING = frozenset({S.PROPOSED, S.SIGNED, S.RETURNED, S.RECEIVED, S.ERASING})
FROZEN = frozenset({S.SIGNED, S.RETURNED, S.RECEIVED, S.ERASING, S.CLOSED})
"""States in which nothing of the contract is taken in, sent or changed."""


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """The end of one contract: its state, what 甲 instructed, what was handed over, the receipt, the proof."""

    closing_id: str
    contract: Contract
    state: ClosingState
    document_no: str | None
    instruction: str | None
    archive_file: str | None
    archive_sha256: str | None
    receipt: str | None
    proposed_by: str
    proposed_at: datetime
    ended_at: datetime | None = None
    certificate_no: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A handler's signature over the end of a contract, in one role (甲, 乙, witness)."""

    closing_id: str
    role: str
    handler_id: str
    key_id: str
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_at: datetime


def require_open(connection: Connection, contract: Contract) -> None:
    """Let work for a contract go on only while the contract does.

    Raises:
        Refused: it has ended or is being ended.

    """
    row = last(connection, contract)
    if row is not None and row.state in FROZEN:
        raise Refused(
            f"Contract {contract.value} is {row.state} ({row.closing_id}): nothing of it is taken in, sent or changed "
            "any more; see `tayori retention close-contract`."
        )


def require_any_open(connection: Connection) -> None:
    """Let what serves both contracts go on while one of them does.

    Raises:
        Refused: both have ended.

    """
    rows = [last(connection, contract) for contract in Contract]
    if all(row is not None and row.state is ClosingState.CLOSED for row in rows):
        raise Refused("Both contracts have ended here; nothing is left to do. Pause the deployments.")


def is_frozen(connection: Connection, contract: Contract) -> bool:
    """Whether a contract has ended or is being ended."""
    row = last(connection, contract)
    return row is not None and row.state in FROZEN


def last(connection: Connection, contract: Contract) -> ClosingRow | None:
    """Give the end of a contract that stands or was reached; a cancelled one is none."""
    chosen = (
        select(contract_closing)
        .where(contract_closing.c.contract == contract.value, contract_closing.c.state != S.CANCELLED)
        .order_by(contract_closing.c.proposed_at.desc(), contract_closing.c.closing_id)
        .limit(1)
    )
    found = connection.execute(chosen).mappings().first()
    return _row(dict(found)) if found is not None else None


def find(connection: Connection, closing_id: str) -> ClosingRow:
    """Give an end of a contract by its id.

    Raises:
        NotFound: there is none of this id.

    """
    chosen = select(contract_closing).where(contract_closing.c.closing_id == closing_id)
    found = connection.execute(chosen).mappings().first()
    if found is None:
        raise NotFound(f"There is no end of a contract {closing_id}.")
    return _row(dict(found))


def _row(found: dict[str, Any]) -> ClosingRow:
    return ClosingRow(**found | {"contract": Contract(found["contract"]), "state": ClosingState(found["state"])})


def add(connection: Connection, row: ClosingRow) -> None:
    """Write down that a contract is to end."""
    connection.execute(insert(contract_closing).values({name: getattr(row, name) for name in ClosingRow.__slots__}))


def change(connection: Connection, closing_id: str, **values: Any) -> None:  # noqa: ANN401 - columns by name
    """Write values of the end of a contract down."""
    connection.execute(update(contract_closing).where(contract_closing.c.closing_id == closing_id).values(**values))


def sign(connection: Connection, row: SignatureRow) -> None:
    """Add a signature; a second one in one role is a conflict."""
    connection.execute(insert(closing_signature).values({name: getattr(row, name) for name in SignatureRow.__slots__}))


def put_signature(connection: Connection, row: SignatureRow) -> None:
    """Add a signature in place of an earlier one in the same role: a witness who saw it again."""
    mine = (closing_signature.c.closing_id == row.closing_id) & (closing_signature.c.role == row.role)
    connection.execute(delete(closing_signature).where(mine))
    sign(connection, row)


def signatures(connection: Connection, closing_id: str) -> dict[str, SignatureRow]:
    """Give the signatures by role."""
    rows = connection.execute(select(closing_signature).where(closing_signature.c.closing_id == closing_id)).mappings()
    return {row["role"]: SignatureRow(**row) for row in rows}


def store_of(table: str) -> str:
    """Give the store in which a table lies."""
    return next(store for store, schema in STORES.items() if table in schema.tables)


def of_contract(table: Table, contract: Contract) -> ColumnElement[bool] | None:
    """Condition for the rows of a table that belong to a contract; None where all rows do, as in most tables.

    What is in the inbox and in quarantine tells by its kind or source: LINE's events and reception settings come from
    the inbox or from a file of events, letters from a source that the ward named. A backup holds both contracts: every
    key of one ends with either.
    """
    if table in {backup_key, backup_key_next}:
        return true()
    if record_classes().of_table(table.name).contracts == {contract}:
        return None
    of_line = _of_line(table)
    return of_line if contract is Contract.LINE else ~of_line


def _of_line(table: Table) -> ColumnElement[bool]:
    from_line = or_(quarantine.c.source == "inbox", quarantine.c.source.startswith("file:", autoescape=True))
    if table is quarantine:
        return from_line
    if table is quarantine_approval:
        return quarantine_approval.c.quarantine_no.in_(select(quarantine.c.quarantine_no).where(from_line))
    if table is inbox_row:
        return inbox_row.c.kind != "letter"
    raise Refused(f"The table {table.name} is of both contracts, and nothing tells its rows apart; say what does.")


def tables_to_erase(contract: Contract, store: str) -> list[tuple[Table, RecordClass]]:
    """Give the tables of a store whose rows end with a contract, those that depend on others first."""
    classes = record_classes()
    found = [(table, classes.of_table(table.name)) for table in reversed(STORES[store].sorted_tables)]
    return [(table, one) for table, one in found if contract in one.contracts and one.at_end in ERASED]


def tables_to_return(contract: Contract) -> list[tuple[Table, RecordClass]]:
    """Give the tables of the warehouse that are handed over at a contract's end, those that others depend on first."""
    classes = record_classes()
    found = [(table, classes.of_table(table.name)) for table in STORES["warehouse"].sorted_tables]
    return [(table, one) for table, one in found if contract in one.contracts and one.at_end in RETURNED]


def count(connection: Connection, table: Table, contract: Contract) -> int:
    """Give how many rows of a table belong to a contract."""
    chosen, condition = select(func.count()).select_from(table), of_contract(table, contract)
    return int(connection.execute(chosen if condition is None else chosen.where(condition)).scalar_one())


def count_table(connection: Connection, name: str, contract: Contract) -> int:
    """Give how many rows of a table belong to a contract; of what both keep as proof or bookkeeping, all of them."""
    table = next(schema.tables[name] for schema in STORES.values() if name in schema.tables)
    if record_classes().of_table(name).at_end in ERASED:
        return count(connection, table, contract)
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def erase(connection: Connection, table: Table, contract: Contract) -> int:
    """Delete the rows of a table that belong to a contract; give how many went."""
    condition = of_contract(table, contract)
    return connection.execute(delete(table) if condition is None else delete(table).where(condition)).rowcount


def blocks(connection: Connection, table: Table, contract: Contract, size: int) -> Iterator[Sequence[Row]]:
    """Give the rows of a table that belong to a contract, in blocks, in the order of their keys; memory stays flat."""
    condition = of_contract(table, contract) if table.name not in KEPT_BY_BOTH else None
    chosen = select(table).order_by(*table.primary_key.columns)
    chosen = chosen if condition is None else chosen.where(condition)
    rows = connection.execution_options(yield_per=size).execute(chosen).mappings()
    for block in rows.partitions(size):
        yield [dict(row) for row in block]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is not finished in a contract: by what it is, how many."""

    broadcasts: int = 0
    surveys: int = 0
    leavers: int = 0
    open_cases: int = 0
    open_lists: int = 0
    quarantined: int = 0


def unfinished(connection: Connection, contract: Contract) -> Unfinished:
    """Count what has to be finished before a contract can end."""
    kept = select(func.count()).select_from(quarantine).where(quarantine.c.state == "waiting")
    condition = of_contract(quarantine, contract)
    waiting = kept if condition is None else kept.where(condition)
    quarantined = int(connection.execute(waiting).scalar_one())
    if contract is Contract.LINE:
        broadcasts = select(func.count()).select_from(broadcast).where(broadcast.c.state.in_(sorted(UNDER_WAY)))
        leavers = select(func.count()).select_from(person).where(person.c.left_at.is_not(None), person.c.person_no > 0)
        return Unfinished(
            broadcasts=int(connection.execute(broadcasts).scalar_one()),
            surveys=surveys.count_unclosed(connection),
            leavers=int(connection.execute(leavers).scalar_one()),
            quarantined=quarantined,
        )
    cases = select(func.count()).select_from(opinion_case).where(opinion_case.c.state.in_(sorted(OPEN_CASES)))
    listed = select(func.count()).select_from(disposal_list).where(disposal_list.c.state == ListState.RUNNING)
    return Unfinished(
        open_cases=int(connection.execute(cases).scalar_one()),
        open_lists=int(connection.execute(listed).scalar_one()),
        quarantined=quarantined,
    )


def waiting_in_inbox(connection: Connection, contract: Contract) -> int:
    """Give how many rows of a contract wait in the inbox."""
    return count(connection, inbox_row, contract)


def subjects(connection: Connection, contract: Contract, size: int = 20_000) -> Iterator[list[str]]:
    """Give, in blocks, by what a certificate commits to whom a contract held: look-up values, or receipt numbers."""
    if contract is Contract.LINE:
        chosen = select(person.c.line_index).where(person.c.person_no > 0)
        for block in connection.execution_options(yield_per=size).execute(chosen).scalars().partitions(size):
            yield [bytes(one).hex() for one in block]
        return
    receipts = select(opinion_case.c.receipt_no).where(opinion_case.c.case_no > 0)
    for named in connection.execution_options(yield_per=size).execute(receipts).scalars().partitions(size):
        yield list(named)


def undisposed_days(connection: Connection) -> dict[str, date | None]:
    """Give, by addressee, the latest day on which a case that is still here was done; None for an open one."""
    columns = opinion_case.c
    latest = select(columns.addressee, func.max(columns.done_on), func.count() - func.count(columns.done_on))
    rows = connection.execute(latest.where(columns.case_no > 0).group_by(columns.addressee))
    return {addressee: None if still_open else done_on for addressee, done_on, still_open in rows}
