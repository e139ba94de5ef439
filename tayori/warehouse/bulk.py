"""Bulk reads and writes at the driver's speed, the same on SQLite and PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, Select, Table, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tayori.domain.batches import Numbers
from tayori.warehouse.engines import driver_cursor, is_sqlite


def insert_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], *, ignore: bool = False
) -> None:
    """Insert rows given as tuples in the order of `names`; with `ignore`, a row whose key is there is left as it is."""
    columns = ", ".join(names)
    cursor = driver_cursor(connection)
    if is_sqlite(connection):
        marks = ", ".join("?" * len(names))
        verb = "INSERT OR IGNORE" if ignore else "INSERT"
        cursor.executemany(f"{verb} INTO {table.name} ({columns}) VALUES ({marks})", rows)
        return
    if ignore:
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", rows)  # noqa: S608
        return
    with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def rows_where_in(
    connection: Connection, table: Table, key: str, wanted: Sequence[Any], names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Give the named columns of the rows whose key is among those wanted, in no particular order."""
    if not wanted:
        return []
    columns = ", ".join(f"{table.name}.{name}" for name in names)
    cursor = driver_cursor(connection)
    if is_sqlite(connection):
        _want(cursor, wanted)
        cursor.execute(f"SELECT {columns} FROM wanted CROSS JOIN {table.name} ON {table.name}.{key} = wanted.value")  # noqa: S608
    else:
        cursor.execute(f"SELECT {columns} FROM {table.name} WHERE {key} = ANY(%s)", (list(wanted),))  # noqa: S608
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def delete_where_in(connection: Connection, table: Table, key: str, doomed: Sequence[Any]) -> int:
    """Delete the rows whose key is among the doomed; give how many went."""
    if not doomed:
        return 0
    cursor = driver_cursor(connection)
    if is_sqlite(connection):
        _want(cursor, doomed)
        cursor.execute(f"DELETE FROM {table.name} WHERE {key} IN (SELECT value FROM wanted)")  # noqa: S608
    else:
        cursor.execute(f"DELETE FROM {table.name} WHERE {key} = ANY(%s)", (list(doomed),))  # noqa: S608
    gone: int = cursor.rowcount
    return gone


def _want(cursor: Any, values: Sequence[Any]) -> None:  # noqa: ANN401 - the driver's cursor
    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (value PRIMARY KEY) WITHOUT ROWID")
    cursor.execute("DELETE FROM wanted")
    cursor.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", [(value,) for value in values])


def numbers_of(connection: Connection, chosen: Select[Any], column: Column[Any]) -> Numbers:
    """Give the numbers that a select finds, ascending, as an array; one text crosses the driver, not a row each."""
    inner = chosen.with_only_columns(column.label("number")).order_by(column).subquery()
    if is_sqlite(connection):
        joined = func.group_concat(inner.c.number)
    else:
        joined = func.array_to_string(
            func.array_agg(aggregate_order_by(inner.c.number, inner.c.number)), literal_column("','")
        )
    text = connection.execute(select(joined)).scalar()
    if not text:
        return np.empty(0, dtype=np.int64)
    numbers: Numbers = np.fromstring(text, dtype=np.int64, sep=",")
    return numbers if bool(np.all(numbers[1:] > numbers[:-1])) else np.unique(numbers)
