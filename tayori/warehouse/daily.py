"""Totals of a day, about nobody: how many people blocked the account, and how it stood by LINE's own count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.results import account_day, block_day


@dataclass(frozen=True, slots=True)
class AccountRow:
    """How the account stood at the end of a day, by LINE's count; `delivered` None: LINE does not tell."""

    day: date
    followers: int
    reached: int
    blocks: int
    delivered: int | None
    fetched_at: datetime


def add_blocks(connection: Connection, counted: Mapping[date, int]) -> None:
    """Add to how many people blocked the account on each day (Tokyo)."""
    for day, blocks in sorted(counted.items()):
        row = _insert(connection, block_day).values(day=day, blocks=blocks)
        summed = {"blocks": block_day.c.blocks + blocks}
        connection.execute(row.on_conflict_do_update(index_elements=[block_day.c.day], set_=summed))


def blocks_between(connection: Connection, first: date, last: date) -> dict[date, int]:
    """Give the blocks of each day from first to last; a day without is absent."""
    chosen = select(block_day.c.day, block_day.c.blocks).where(block_day.c.day.between(first, last))
    return {row.day: row.blocks for row in connection.execute(chosen)}


def put_account(connection: Connection, row: AccountRow) -> None:
    """Keep how the account stood; LINE's later count of a day takes the earlier one's place."""
    values: dict[str, Any] = {name: getattr(row, name) for name in AccountRow.__slots__}
    inserted = _insert(connection, account_day).values(values)
    connection.execute(inserted.on_conflict_do_update(index_elements=[account_day.c.day], set_=values))


def accounts_between(connection: Connection, first: date, last: date) -> dict[date, AccountRow]:
    """Give how the account stood on each day from first to last that LINE told of."""
    chosen = select(account_day).where(account_day.c.day.between(first, last))
    return {row["day"]: AccountRow(**row) for row in connection.execute(chosen).mappings()}


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - one of two statements of SQLAlchemy
    return (sqlite_insert if is_sqlite(connection) else pg_insert)(table)
