"""The old system's database: what lies scattered over its tables, put together by case, read-only (O7)."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from tayori.errors import BadInput
from tayori.warehouse.external import ExternalQuery, engine_of, refusal_of

KEYS: Final = 500


@dataclass(frozen=True, slots=True)
class Gathered:
    """An item whose text lies in rows of another table: those whose `of` is the case's key, in their order."""

    table: str
    of: str
    column: str
    order: str
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatheredFiles:
    """Files in rows of another table."""

    table: str
    of: str
    title: str
    content: str
    order: str


class OldDatabase:
    """Another vendor's database, asked for the rows of cases."""

    def __init__(self, url: str) -> None:
        """Open it; see `engine_of`."""
        self._engine = engine_of(url)

    def close(self) -> None:
        """Let it go."""
        self._engine.dispose()

    def texts(self, item: Gathered, keys: Sequence[str]) -> dict[str, str]:
        """Give the texts of an item by case, its pieces put together."""
        pieces: dict[str, list[str]] = defaultdict(list)
        for key, piece in self._rows(item.table, item.of, item.order, (item.column,), keys, item.where):
            pieces[key].append(str(piece))
        return {key: "".join(parts) for key, parts in pieces.items()}

    def files(self, item: GatheredFiles, keys: Sequence[str]) -> dict[str, list[tuple[str, bytes]]]:
        """Give names and contents of files by case."""
        found: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        for key, title, content in self._rows(item.table, item.of, item.order, (item.title, item.content), keys, {}):
            found[key].append((str(title), bytes(content)))
        return found

    def orphans(self, query: ExternalQuery, table: str, of: str) -> int:
        """How many rows of a table belong to no case that there is, in scope or not."""
        child, parent = self._table(table, of), self._table(query.table, query.key.column)
        missing = ~sa.exists().where(parent.c[query.key.column] == child.c[of])
        with self._connected() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(child).where(missing)).scalar_one())

    def _rows(
        self,
        table: str,
        of: str,
        order: str,
        columns: tuple[str, ...],
        keys: Sequence[str],
        where: Mapping[str, str],
    ) -> Iterator[tuple[Any, ...]]:
        held = self._table(table, of, order, *columns, *where)
        chosen = sa.select(*(held.c[name] for name in (of, *columns))).order_by(held.c[of], held.c[order])
        for name, code in where.items():
            chosen = chosen.where(held.c[name] == code)
        with self._connected() as connection:
            for start in range(0, len(keys), KEYS):
                for row in connection.execute(chosen.where(held.c[of].in_(keys[start : start + KEYS]))):
                    yield str(row[0]), *row[1:]

    def require(self, table: str, *names: str) -> None:
        """Refuse a table or column that the database's catalogue does not have."""
        try:
            there = {column["name"] for column in sa.inspect(self._engine).get_columns(table)}
        except exc.NoSuchTableError:
            raise BadInput(f"The database has no table {table}; check the mapping against its catalogue.") from None
        for name in names:
            if name not in there:
                raise BadInput(f"The database has no column {table}.{name}; check the mapping against its catalogue.")

    @staticmethod
    def _table(table: str, *names: str) -> sa.TableClause:
        return sa.table(table, *(sa.column(name) for name in dict.fromkeys(names)))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "postgresql":
                    yield connection.execution_options(postgresql_readonly=True)
                else:
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                    yield connection
        except exc.SQLAlchemyError as fault:
            raise refusal_of(fault) from None
