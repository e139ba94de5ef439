"""The mapping of the old system's database, as data: see docs/examples/old_system.yaml.

`columns`, `joins`, `scope`, `key`, `updated_at` are written as for the call centre's database. `gathered` names items
whose text lies in rows of another table, `files` the table of attached files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tayori.domain.states import CaseState
from tayori.errors import BadInput
from tayori.ingest.sources.database_mapping import query_of, settling
from tayori.ingest.sources.mapping import column_rule, in_file, section, text
from tayori.ingest.sources.plain_yaml import Written, read_plain_yaml
from tayori.ingest.sources.rules import ColumnRule
from tayori.migration.cases import ITEMS
from tayori.warehouse.external import ExternalQuery
from tayori.warehouse.old_system import Gathered, GatheredFiles

_WORDS: Final = (
    "name", "source", "table", "joins", "key", "updated_at", "time_format", "settle_minutes", "scope", "columns",
    "gathered", "files",
)  # fmt: skip
_ALWAYS: Final = ("received_on", "channel", "addressee", "answer_wanted", "state", "opinion")


@dataclass(frozen=True, slots=True)
class OldMapping:
    """How the old system's database is read."""

    name: str
    query: ExternalQuery
    columns: Mapping[str, ColumnRule]
    settle_minutes: int
    gathered: Mapping[str, Gathered] = field(default_factory=dict)
    files: GatheredFiles | None = None


def read_old_mapping(path: Path) -> OldMapping:
    """Read the mapping.

    Raises:
        NotFound: there is no such mapping.
        BadInput: it holds an unknown word, item or code, gives an item twice or leaves one open, or has no scope.

    """
    try:
        return _mapping(section(read_plain_yaml(path), "the mapping", _WORDS))
    except BadInput as fault:
        raise in_file(path, fault) from None


def _mapping(written: dict[str, Written]) -> OldMapping:
    if written.get("source") != "old_system":
        raise BadInput("source: a mapping for the old system says `source: old_system`.")
    if "scope" not in written:
        raise BadInput("scope: say which rows are migrated; without it nothing is.")
    listed = written.get("columns")
    if not isinstance(listed, dict) or not listed:
        raise BadInput("columns: write at least one line `column: item`.")
    columns = {column: column_rule(rule, f"columns.{column}", ITEMS, _CODES) for column, rule in listed.items()}
    gathered = _gathered(written.get("gathered", {}))
    _refuse_gaps_and_doubles([rule.item for rule in columns.values()] + list(gathered))
    return OldMapping(
        name=text(written.get("name"), "name"),
        query=query_of(written, tuple(columns)),
        columns=columns,
        settle_minutes=settling(written),
        gathered=gathered,
        files=_files(written["files"]) if "files" in written else None,
    )


_CODES: Final[Mapping[str, tuple[str, ...]]] = {"state": tuple(CaseState)}


def _gathered(written: Written) -> dict[str, Gathered]:
    if not isinstance(written, dict):
        raise BadInput("gathered: write `item: {table: …, of: …, column: …, order: …}` lines.")
    found = {}
    for item, told in written.items():
        if item not in ITEMS:
            raise BadInput(f"gathered: there is no item {item}; the items are {', '.join(ITEMS)}.")
        given = section(told, f"gathered.{item}", ("table", "of", "column", "order", "where"))
        where = given.get("where", {})
        if not isinstance(where, dict):
            raise BadInput(f"gathered.{item}.where: write `column: code` lines.")
        names = [text(given.get(word), f"gathered.{item}.{word}") for word in ("table", "of", "column", "order")]
        codes = {column: text(code, f"gathered.{item}.where") for column, code in where.items()}
        found[item] = Gathered(names[0], names[1], names[2], names[3], codes)
    return found


def _files(written: Written) -> GatheredFiles:
    words = ("table", "of", "title", "content", "order")
    given = section(written, "files", words)
    return GatheredFiles(*(text(given.get(word), f"files.{word}") for word in words))


def _refuse_gaps_and_doubles(given: list[str]) -> None:
    double = [item for item in ITEMS if given.count(item) > 1]
    if double:
        raise BadInput(f"{double[0]} is given twice; keep one column or gathering.")
    gaps = [item for item in _ALWAYS if item not in given]
    if gaps:
        raise BadInput(f"{gaps[0]} is given by no column and gathered from no table; every case has to carry it.")
