"""Reading another vendor's database: only the rows in scope, only the columns named, nothing written (O5, O10).

The query is data: tables, columns and the condition of scope come from the mapping. Names are checked against the
database's own catalogue first, so a misspelt column is a refusal and never an empty result.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from tayori.errors import BadInput, TayoriError, Unavailable

PAGE_ROWS: Final = 5000
WARD_TIME: Final = ZoneInfo("Asia/Tokyo")
Cell = str | None


@dataclass(frozen=True, slots=True, order=True)
class ColumnName:
    """A column of one of the vendor's tables."""

    table: str
    column: str

    def __str__(self) -> str:
        """Write it as the mapping does."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column holds one of the codes, written as text."""

    column: ColumnName
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """The column holds nothing."""

    column: ColumnName


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


Condition = OneOf | IsNull | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class Join:
    """Another table, joined where each left column equals the right one; rows without a partner stay."""

    table: str
    pairs: tuple[tuple[ColumnName, ColumnName], ...]


@dataclass(frozen=True, slots=True)
class ExternalQuery:
    """What is read, and of which rows. `time_format` (strptime) is for vendors who keep times as text."""

    table: str
    joins: tuple[Join, ...]
    key: ColumnName
    updated_at: ColumnName
    time_format: str | None
    selected: tuple[ColumnName, ...]
    scope: Condition

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that the query touches."""
        return (self.table, *(join.table for join in self.joins))


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a source has been read: the last row's time of change and key, both as text."""

    updated_at: str
    key: str


@dataclass(frozen=True, slots=True)
class ExternalPage:
    """Rows in order of change: keys, and for each row the texts of `selected`."""

    keys: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    upto: Watermark


def read_external(
    url: str, query: ExternalQuery, *, after: Watermark | None, until: datetime | None, page_rows: int = PAGE_ROWS
) -> Iterator[ExternalPage]:
    """Read what is in scope and changed after the watermark up to `until` (aware), page by page, read-only.

    Without `until` a row that changes while it is read comes again, and none is passed over.

    Every page is a short transaction of its own, so that the vendor's database is never held up and a broken run
    goes on from the last page's watermark.

    Raises:
        Unavailable: the database is absent, locked or out of reach.
        BadInput: the URL, a table or a column is wrong; a key or a time of change is missing or stands twice.

    """
    engine = engine_of(url)
    try:
        reader = _Reader(engine, query)
        reader.refuse_rows_without_order()
        yield from reader.pages(after, until, page_rows)
    except exc.SQLAlchemyError as fault:
        raise refusal_of(fault) from None
    except ValueError:  # from the driver, with the value in its message
        raise BadInput("A value does not fit the type of its column in the source's database.") from None
    finally:
        engine.dispose()


class _Reader:
    """One query against one database, its names checked once."""

    def __init__(self, engine: sa.Engine, query: ExternalQuery) -> None:
        self._engine = engine
        self._query = query
        self._columns = _columns(engine, query)
        self._key = self._columns[query.key]
        self._time = self._columns[query.updated_at]

    def refuse_rows_without_order(self) -> None:
        """Refuse when rows in scope lack key or time of change: they would never be reached."""
        lost = sa.or_(self._key.is_(None), self._time.is_(None))
        counted = sa.select(sa.func.count()).select_from(self._tables()).where(self._scope(), lost)
        with self._connection() as connection:
            count = connection.execute(counted).scalar_one()
        if count:
            names = f"{self._query.key} or {self._query.updated_at}"
            raise BadInput(f"{count} rows in scope hold nothing in {names}; the vendor has to fill them first.")

    def pages(self, after: Watermark | None, until: datetime | None, page_rows: int) -> Iterator[ExternalPage]:
        """Walk the rows in order of change."""
        while page := self._page(after, until, page_rows):
            yield page
            after = page.upto

    def _page(self, after: Watermark | None, until: datetime | None, page_rows: int) -> ExternalPage | None:
        statement = self._statement(after, until).limit(page_rows + 1)
        with self._connection() as connection:
            found = [tuple(row) for row in connection.execute(statement)]
        if not found:
            return None
        places = [row[:2] for row in found]
        if any(place == following for place, following in pairwise(places)):
            raise BadInput(f"A row comes twice by {self._query.key}: a join finds several partners. Mend `joins`.")
        found = found[:page_rows]
        keys = tuple(str(row[1]) for row in found)
        rows = tuple(tuple(_as_text(value) for value in row[2:]) for row in found)
        return ExternalPage(keys, rows, Watermark(_as_text(found[-1][0]) or "", keys[-1]))

    def _statement(self, after: Watermark | None, until: datetime | None) -> sa.Select[Any]:
        order = (self._time, self._key)
        chosen = (self._columns[name] for name in self._query.selected)
        statement = sa.select(*order, *chosen).select_from(self._tables()).where(self._scope())
        if until:
            statement = statement.where(self._time <= self._until(until))
        if after:
            mark = sa.tuple_(self._literal(self._time, after.updated_at), self._literal(self._key, after.key))
            statement = statement.where(sa.tuple_(*order) > mark)
        return statement.order_by(*order)

    def _until(self, until: datetime) -> sa.BindParameter[Any]:
        local = until.astimezone(WARD_TIME)
        if isinstance(self._time.type, sa.DateTime):
            return sa.literal(local if self._time.type.timezone else local.replace(tzinfo=None), self._time.type)
        if self._query.time_format is None:
            raise BadInput(f"{self._query.updated_at} is no timestamp; give `time_format` for its text.")
        return sa.literal(local.strftime(self._query.time_format), self._time.type)

    def _literal(self, column: sa.ColumnElement[Any], text: str) -> sa.BindParameter[Any]:
        try:
            return sa.literal(_typed(text, column.type), column.type)
        except ValueError:
            raise BadInput("A code or watermark does not fit the type of its column; check `scope`.") from None

    def _tables(self) -> sa.FromClause:
        joined: sa.FromClause = self._columns.table(self._query.table)
        for join in self._query.joins:
            on = [self._columns[left] == self._columns[right] for left, right in join.pairs]
            joined = joined.outerjoin(self._columns.table(join.table), sa.and_(*on))
        return joined

    def _scope(self) -> sa.ColumnElement[bool]:
        return self._clause(self._query.scope)

    def _clause(self, condition: Condition) -> sa.ColumnElement[bool]:
        match condition:
            case OneOf(name, codes):
                column = self._columns[name]
                return column.in_([self._literal(column, code) for code in codes])
            case IsNull(name):
                return self._columns[name].is_(None)
            case Not(part):
                return sa.not_(self._clause(part))
            case All(parts):
                return sa.and_(*map(self._clause, parts))
            case AnyOf(parts):
                return sa.or_(*map(self._clause, parts))

    def _connection(self) -> sa.Connection:
        connection = self._engine.connect()
        if self._engine.dialect.name == "postgresql":
            return connection.execution_options(postgresql_readonly=True)
        connection.exec_driver_sql("PRAGMA query_only = ON")
        return connection


class _Columns:
    """The columns that the query names, with the types that the catalogue gives them."""

    def __init__(self, tables: Mapping[str, sa.TableClause]) -> None:
        self._tables = tables

    def __getitem__(self, name: ColumnName) -> sa.ColumnClause[Any]:
        """Give a checked column."""
        return self._tables[name.table].c[name.column]

    def table(self, name: str) -> sa.TableClause:
        """Give a checked table."""
        return self._tables[name]


def _columns(engine: sa.Engine, query: ExternalQuery) -> _Columns:
    catalogue = sa.inspect(engine)
    tables: dict[str, sa.TableClause] = {}
    for table in query.tables:
        try:
            listed = catalogue.get_columns(table)
        except exc.NoSuchTableError:
            raise BadInput(f"The database has no table {table}; check the mapping against its catalogue.") from None
        tables[table] = sa.table(table, *(sa.column(each["name"], each["type"]) for each in listed))
    for name in _named(query):
        if name.table not in tables or name.column not in tables[name.table].c:
            raise BadInput(f"The database has no column {name}; check the mapping against its catalogue.")
    return _Columns(tables)


def _named(query: ExternalQuery) -> Iterator[ColumnName]:
    yield query.key
    yield query.updated_at
    yield from query.selected
    yield from _named_in(query.scope)
    for join in query.joins:
        for pair in join.pairs:
            yield from pair


def _named_in(condition: Condition) -> Iterator[ColumnName]:
    match condition:
        case OneOf(name) | IsNull(name):
            yield name
        case Not(part):
            yield from _named_in(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _named_in(part)


def engine_of(url: str) -> sa.Engine:
    """Open another vendor's database. Raises BadInput or Unavailable where it cannot be."""
    try:
        address = sa.make_url(url)
        backend = address.get_backend_name()
        if backend not in {"sqlite", "postgresql"}:
            raise BadInput("The source's URL names another kind of database; sqlite and postgresql can be read.")
        if backend == "sqlite" and not Path(address.database or "").is_file():
            raise Unavailable("The source's database file is not there; check the URL or ask its operator.")
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        return sa.create_engine(address, poolclass=NullPool, hide_parameters=True)
    except (exc.ArgumentError, ImportError):
        raise BadInput(
            "The source's URL cannot be read; write it as sqlite:///file or postgresql+psycopg://…"
        ) from None


def refusal_of(fault: exc.SQLAlchemyError) -> TayoriError:
    """Give the sentence for what a vendor's database said."""
    kind = type(fault).__name__
    if isinstance(fault, (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)):
        return Unavailable(
            f"The source's database is locked or out of reach ({kind}); "
            "what was read before stays, a later run goes on from there."
        )
    return BadInput(f"The source's database refused the query ({kind}); check rights and the mapping.")


def _typed(text: str, kind: sa.types.TypeEngine[Any]) -> object:
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(text)
    if isinstance(kind, sa.Boolean):
        return {"true": True, "false": False}[text] if text in {"true", "false"} else bool(int(text))
    if isinstance(kind, sa.Integer):
        return int(text)
    return Decimal(text) if isinstance(kind, sa.Numeric) else text


def _as_text(value: object) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise BadInput(f"A selected column holds {type(value).__name__}, no text; leave it out of the mapping.")
