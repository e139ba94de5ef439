"""The mapping of another vendor's database: which rows are in scope and what their columns mean (O5, O10).

    name: コールセンター
    source: database
    table: T_TOIAWASE
    joins:
      - {table: T_RENRAKUSAKI, on: {RENRAKUSAKI_NO: RENRAKUSAKI_NO}}    # left column: column of the joined table
    key: TOIAWASE_NO
    updated_at: KOUSHIN_NICHIJI
    time_format: "%Y%m%d%H%M%S"        # only where the vendor keeps times as text; it has to sort as time does
    settle_minutes: 5                   # rows younger than this wait for the next run
    scope:
      all:
        - {column: KAITOU_KIBOU, is: "1"}
        - not: {column: STATUS_CD, in: ["90", "99"]}
        - not: {column: HIKITSUGI_BUSHO_CD, is: null}
    columns: ...                        # as for a file; T_RENRAKUSAKI.SHIMEI names a joined table's column
    constants: ...

A scope must be written: without one nothing is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tayori.errors import BadInput
from tayori.ingest.sources.mapping import in_file, item_rules, section, text, texts
from tayori.ingest.sources.plain_yaml import Written, read_plain_yaml
from tayori.ingest.sources.rules import ItemRules
from tayori.warehouse.external import All, AnyOf, ColumnName, Condition, ExternalQuery, IsNull, Join, Not, OneOf

_WORDS: Final = (
    "name", "source", "table", "joins", "key", "updated_at", "time_format", "settle_minutes", "scope", "columns",
    "constants",
)  # fmt: skip
_CONDITION_WORDS: Final = ("all", "any", "not", "column", "is", "in")
LONGEST_SETTLING: Final = 1440


@dataclass(frozen=True, slots=True)
class DatabaseMapping:
    """How a database of inquiries is read."""

    name: str
    rules: ItemRules
    query: ExternalQuery
    settle_minutes: int


def read_database_mapping(path: Path) -> DatabaseMapping:
    """Read the mapping of a database.

    Raises:
        NotFound: there is no such mapping.
        BadInput: it holds an unknown word, item or code, no scope, or leaves an item open.

    """
    try:
        return _database_mapping(section(read_plain_yaml(path), "the mapping", _WORDS))
    except BadInput as fault:
        raise in_file(path, fault) from None


def _database_mapping(written: dict[str, Written]) -> DatabaseMapping:
    if written.get("source") != "database":
        raise BadInput("source: a mapping for a database says `source: database`.")
    if "scope" not in written:
        raise BadInput("scope: say which rows may be read; without it nothing is (O10).")
    rules = item_rules(written, has_key=True)
    query = query_of(written, tuple(rules.columns))
    return DatabaseMapping(text(written.get("name"), "name"), rules, query, settling(written))


def settling(written: Mapping[str, Written]) -> int:
    """Read for how many minutes a changed row waits before it is read."""
    minutes = text(written.get("settle_minutes", "5"), "settle_minutes")
    if not minutes.isascii() or not minutes.isdecimal() or int(minutes) > LONGEST_SETTLING:
        raise BadInput(f"settle_minutes: write a number from 0 to {LONGEST_SETTLING}.")
    return int(minutes)


def query_of(written: Mapping[str, Written], columns: tuple[str, ...]) -> ExternalQuery:
    """Read which table, joins, order and scope a mapping names, for these columns of it."""
    table = text(written.get("table"), "table")
    time_format = text(written["time_format"], "time_format") if "time_format" in written else None
    return ExternalQuery(
        table=table,
        joins=_joins(written.get("joins", []), table),
        key=_column(written.get("key"), table, "key"),
        updated_at=_column(written.get("updated_at"), table, "updated_at"),
        time_format=time_format,
        selected=tuple(_column(column, table, "columns") for column in columns),
        scope=_condition(written["scope"], table, "scope"),
    )


def _joins(written: Written, table: str) -> tuple[Join, ...]:
    if not isinstance(written, list):
        raise BadInput("joins: write a list of `{table: …, on: {left column: right column}}`.")
    return tuple(_join(each, table, f"joins[{number}]") for number, each in enumerate(written, 1))


def _join(written: Written, table: str, place: str) -> Join:
    told = section(written, place, ("table", "on"))
    joined, pairs = text(told.get("table"), f"{place}.table"), told.get("on")
    if not isinstance(pairs, dict) or not pairs:
        raise BadInput(f"{place}.on: write at least one pair `left column: right column`.")
    return Join(
        joined,
        tuple((_column(left, table, place), _column(right, joined, place)) for left, right in pairs.items()),
    )


def _column(written: Written | None, table: str, place: str) -> ColumnName:
    name = text(written, place)
    before, dot, after = name.partition(".")
    if dot and not (before and after):
        raise BadInput(f"{place}: a column is written COLUMN or TABLE.COLUMN.")
    return ColumnName(before, after) if dot else ColumnName(table, name)


def _condition(written: Written, table: str, place: str) -> Condition:
    told = section(written, place, _CONDITION_WORDS)
    words = set(told)
    if words == {"not"}:
        return Not(_condition(told["not"], table, f"{place}.not"))
    if words in ({"all"}, {"any"}):
        return _group(words.pop(), told, table, place)
    if words == {"column", "is"} and told["is"] == "null":
        return IsNull(_column(told["column"], table, place))
    if words == {"column", "is"}:
        return OneOf(_column(told["column"], table, place), (text(told["is"], place),))
    if words == {"column", "in"} and (codes := texts(told["in"], place)):
        return OneOf(_column(told["column"], table, place), codes)
    raise BadInput(f"{place}: write `all`, `any` or `not`, or `column` with one of `is`, `in`.")


def _group(word: str, told: Mapping[str, Written], table: str, place: str) -> Condition:
    listed = told[word]
    if not isinstance(listed, list) or not listed:
        raise BadInput(f"{place}.{word}: write at least one condition.")
    parts = tuple(_condition(each, table, f"{place}.{word}[{number}]") for number, each in enumerate(listed, 1))
    return All(parts) if word == "all" else AnyOf(parts)
