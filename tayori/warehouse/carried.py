"""Rows that an escrow carries beside the vault, because the newest backup is older than they are.

Who was erased since, what was certified since, which copies there are, who stands in the roster, which editions of
reports readers hold, the access log's further lines: a restore takes them in over what a backup holds. A table whose
rows must survive is named here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, delete, insert, or_, select

from tayori.errors import Tampered
from tayori.warehouse.schema.columns import warehouse

BLOCK: Final = 400


@dataclass(frozen=True, slots=True)
class Carried:
    """One table. `added`: a row that is there stays as it is; else the carried row takes its place.

    `only`: rows of this value in a column; `after`: only rows whose number in this column is above the oldest backup's;
    `unset`: a column that is false of rows that come back by an escrow alone.
    """

    table: str
    added: bool = False
    only: tuple[str, str] | None = None
    after: str | None = None
    unset: str | None = None


CARRIED: Final = (
    Carried("handler"),
    Carried("run", only=("story", "retention")),
    Carried("retention_step"),
    Carried("erasure_tally"),
    Carried("erasure_journal", added=True),
    Carried("certificate"),
    Carried("log_leaf", added=True),
    Carried("copy_entry"),
    Carried("copy_approval", added=True),
    Carried("restore_drill", added=True),
    Carried("audit_entry", added=True, after="seq"),
    Carried("audit_head"),
    Carried("certificate_settling"),
    Carried("retired_key", added=True),
    Carried("disposal_hold"),
    Carried("disposed_letter", added=True),
    Carried("report_edition", added=True, unset="counted_here"),
    Carried("edition_document", added=True),
    Carried("withdrawal_signature", added=True),
    Carried("edition_withdrawal", added=True),
)


def carry(connection: Connection, after: int) -> Iterator[bytes]:
    """Give every carried row as a line of JSON; of the access log, the lines after this number."""
    for one in CARRIED:
        table = warehouse.tables[one.table]
        chosen = select(table).order_by(*table.primary_key.columns)
        if one.only is not None:
            chosen = chosen.where(table.c[one.only[0]] == one.only[1])
        if one.after is not None:
            chosen = chosen.where(table.c[one.after] > after)
        for row in connection.execution_options(yield_per=1000).execute(chosen).mappings():
            said = {"table": one.table, "row": {name: _written(value) for name, value in row.items()}}
            yield json.dumps(said, ensure_ascii=False).encode("utf-8") + b"\n"


def take_in(connection: Connection, lines: Iterable[bytes]) -> dict[str, int]:
    """Take carried rows in; give how many rows each table gained or had replaced. Taken in twice, it is the same.

    Raises:
        Tampered: a line is none of ours.

    """
    known = {one.table: one for one in CARRIED}
    taken: dict[str, int] = {}
    for name, group in groupby(map(_read, lines), key=itemgetter(0)):
        if name not in known:
            raise Tampered("The escrow carries rows of a table that this version does not know; use the right version.")
        rows = (row for _, row in group)
        while block := list(islice(rows, BLOCK)):
            taken[name] = taken.get(name, 0) + _put(connection, known[name], block)
    return taken


def _put(connection: Connection, one: Carried, rows: list[dict[str, Any]]) -> int:
    table = warehouse.tables[one.table]
    keys = [column.name for column in table.primary_key.columns]
    mine = or_(*(and_(*(table.c[name] == row[name] for name in keys)) for row in rows))
    if not one.added:
        connection.execute(delete(table).where(mine))
        fresh = rows
    else:
        there = {tuple(row) for row in connection.execute(select(*(table.c[name] for name in keys)).where(mine))}
        fresh = [row for row in rows if tuple(row[name] for name in keys) not in there]
    if fresh:
        unset = {one.unset: False} if one.unset else {}
        connection.execute(insert(table), [_fitting(table, row) | unset for row in fresh])
    return len(fresh)


def _fitting(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in table.columns}


def _written(value: object) -> object:
    match value:
        case bytes() | memoryview():
            return {"bytes": bytes(value).hex()}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
    return value


def _read(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        said = json.loads(line)
        return str(said["table"]), {name: _value(value) for name, value in said["row"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered("A line of the escrow's records cannot be read; take another escrow.") from None


def _value(value: object) -> object:
    match value:
        case {"bytes": str(written)}:
            return bytes.fromhex(written)
        case {"moment": str(written)}:
            return datetime.fromisoformat(written)
        case {"day": str(written)}:
            return date.fromisoformat(written)
    return value
