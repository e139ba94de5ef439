"""Mappings: what each column of a source means, written by the ward in YAML and read as a closed world.

    name: 投書一覧                    # the source's name
    source: file                      # file or database
    key: row                          # only where no column is the source_key: the row number is
    encoding: cp932                   # utf-8 or cp932; left out, it is told from the bytes
    sheet: 意見                       # of an Excel workbook with several sheets
    columns:
      受付番号: source_key            # column: item
      媒体: {item: channel, values: {はがき: postcard}, otherwise: letter}
      受付日: {item: received_on, formats: ["%Y/%m/%d", wareki]}
    constants: {addressee: mayor, answer_wanted: unknown}
    ignore: [入力端末]                # read by nobody, but named
    doubtful: [■, （？）]             # what the transcript writes for a sign that nobody could read: it becomes 〓
    scans: {column: 画像, folder: 画像}   # which column names a letter's pages, in a folder beside the file

Scalars are text: `yes` is the word, not a truth value. A mapping for a database: see `database_mapping`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.ingest.sources.frame import ALWAYS_GIVEN, ITEMS
from tayori.ingest.sources.plain_yaml import Written, read_plain_yaml
from tayori.ingest.sources.rules import JOINED, WAREKI, ColumnRule, ItemRules, iso_date
from tayori.ingest.sources.scans import ScanRule

DAYS: Final = frozenset({"received_on", "done_on"})
ENCODINGS: Final = ("utf-8", "cp932")
_FILE_WORDS: Final = (
    "name",
    "source",
    "key",
    "encoding",
    "sheet",
    "columns",
    "constants",
    "ignore",
    "doubtful",
    "scans",
)
_COLUMN_WORDS: Final = ("item", "values", "otherwise", "formats")
_SAMPLE_DAY: Final = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How a file of opinions is read."""

    name: str
    rules: ItemRules
    ignored: frozenset[str]
    keyed_by_row: bool
    encoding: str | None
    sheet: str | None
    doubtful: tuple[str, ...] = ()
    scans: ScanRule | None = None

    @property
    def known(self) -> frozenset[str]:
        """Every column that the mapping names."""
        return self.ignored | self.rules.columns.keys() | ({self.scans.column} if self.scans else frozenset())


def read_file_mapping(path: Path) -> FileMapping:
    """Read the mapping of a file.

    Raises:
        NotFound: there is no such mapping.
        BadInput: it holds an unknown word, item or code, or leaves an item open; the sentence names the place.

    """
    try:
        return _file_mapping(section(read_plain_yaml(path), "the mapping", _FILE_WORDS))
    except BadInput as fault:
        raise in_file(path, fault) from None


def in_file(path: Path, fault: BadInput) -> BadInput:
    """Put the file's name before a fault that does not carry it yet."""
    sentence = fault.sentence
    return BadInput(sentence if sentence.startswith(path.name) else f"{path.name}: {sentence}")


def section(written: Written | None, place: str, words: tuple[str, ...]) -> dict[str, Written]:
    """Give a YAML mapping whose keys all stand in `words`; anything else is refused."""
    if not isinstance(written, dict):
        raise BadInput(f"{place} has to be written as `word: value` lines.")
    unknown = [key for key in written if key not in words]
    if unknown:
        raise BadInput(f"{place}: there is no word {unknown[0]}; the words are {', '.join(words)}.")
    return written


def text(written: Written | None, place: str) -> str:
    """Give a scalar, never empty."""
    if not isinstance(written, str) or not written:
        raise BadInput(f"{place}: write one text here.")
    return written


def texts(written: Written | None, place: str) -> tuple[str, ...]:
    """Give a list of texts, none twice; nothing written is an empty list."""
    if written is None:
        return ()
    if not isinstance(written, list):
        raise BadInput(f"{place}: write a list, `[one, another]`.")
    listed = tuple(text(each, place) for each in written)
    if len(set(listed)) < len(listed):
        raise BadInput(f"{place}: a name stands twice in the list.")
    return listed


def item_rules(written: Mapping[str, Written], *, has_key: bool) -> ItemRules:
    """Read `columns` and `constants`: each item given once, the indispensable ones given at all."""
    columns = written.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise BadInput("columns: write at least one line `column: item`.")
    rules = ItemRules(
        {column: column_rule(rule, f"columns.{column}") for column, rule in columns.items()},
        _constants(section(written.get("constants", {}), "constants", ITEMS)),
    )
    _refuse_gaps_and_doubles(rules, has_key=has_key)
    return rules


def _file_mapping(written: dict[str, Written]) -> FileMapping:
    if written.get("source") != "file":
        raise BadInput("source: a mapping for a file says `source: file`.")
    if written.get("key") not in {None, "row"}:
        raise BadInput("key: only `row` has a meaning; a key column is written under columns as source_key.")
    if written.get("encoding") not in {None, *ENCODINGS}:
        raise BadInput(f"encoding: choose from {', '.join(ENCODINGS)}, or leave it out.")
    keyed_by_row = "key" in written
    rules = item_rules(written, has_key=keyed_by_row)
    ignored = frozenset(texts(written.get("ignore"), "ignore"))
    if both := ignored & rules.columns.keys():
        raise BadInput(f"ignore: {min(both)} stands under columns too; keep one.")
    sheet = text(written["sheet"], "sheet") if "sheet" in written else None
    encoding = text(written["encoding"], "encoding") if "encoding" in written else None
    doubtful, scans = texts(written.get("doubtful"), "doubtful"), _scans(written)
    if scans and scans.column in ignored | rules.columns.keys():
        raise BadInput(f"scans: {scans.column} stands under columns or ignore too; keep one.")
    name = text(written.get("name"), "name")
    return FileMapping(name, rules, ignored, keyed_by_row, encoding, sheet, doubtful, scans)


def _scans(written: dict[str, Written]) -> ScanRule | None:
    if "scans" not in written:
        return None
    told = section(written["scans"], "scans", ("column", "folder"))
    folder = text(told.get("folder"), "scans.folder")
    if Path(folder).name != folder:
        raise BadInput("scans.folder: name a folder beside the file, without a path.")
    return ScanRule(text(told.get("column"), "scans.column"), folder)


def column_rule(
    written: Written, place: str, items: tuple[str, ...] = ITEMS, codes_of: Mapping[str, tuple[str, ...]] | None = None
) -> ColumnRule:
    """Read what a column becomes: one of `items`, its codes among the ward's or those of `codes_of`."""
    if isinstance(written, str):
        return ColumnRule(_item(written, place, items))
    told = section(written, place, _COLUMN_WORDS)
    item = _item(text(told.get("item"), f"{place}.item"), place, items)
    values = told.get("values", {})
    if not isinstance(values, dict):
        raise BadInput(f"{place}.values: write `value at the source: code` lines.")
    more = codes_of or {}
    codes = {source: _code(item, text(code, place), f"{place}.values", more) for source, code in values.items()}
    otherwise = _code(item, text(told["otherwise"], place), f"{place}.otherwise", more) if "otherwise" in told else None
    formats = texts(told.get("formats"), f"{place}.formats")
    _refuse_formats(item, formats, place)
    if formats and (codes or otherwise):
        raise BadInput(f"{place}: `formats` and `values` exclude each other.")
    return ColumnRule(item, codes, otherwise, formats)


def _item(name: str, place: str, items: tuple[str, ...]) -> str:
    if name not in items:
        raise BadInput(f"{place}: there is no item {name}; the items are {', '.join(items)}.")
    return name


def _code(item: str, code: str, place: str, more: Mapping[str, tuple[str, ...]] | None = None) -> str:
    lists = ward()
    codes = {
        "channel": lists.channels,
        "addressee": lists.addressees,
        "answer_wanted": lists.answer_wanted,
        "kind": lists.kinds,
        **(more or {}),
    }.get(item)
    if codes is not None and code not in codes:
        raise BadInput(f"{place}: {item} has no code {code}; the codes are {', '.join(codes)}.")
    return code


def _refuse_formats(item: str, formats: tuple[str, ...], place: str) -> None:
    if formats and item not in DAYS:
        raise BadInput(f"{place}: `formats` belongs to days ({', '.join(sorted(DAYS))}) only.")
    for form in formats:
        midnight = datetime.combine(_SAMPLE_DAY, datetime.min.time())
        if form != WAREKI and iso_date(midnight.strftime(form), [form]) != _SAMPLE_DAY.isoformat():
            raise BadInput(f"{place}: the format {form} does not give year, month and day.")


def _constants(written: dict[str, Written]) -> dict[str, str]:
    constants = {item: _code(item, text(each, item), f"constants.{item}") for item, each in written.items()}
    if "source_key" in constants:
        raise BadInput("constants: source_key tells rows apart and cannot be the same for all.")
    day = constants.get("received_on")
    if day is not None and iso_date(day, ["%Y-%m-%d"]) != day:
        raise BadInput("constants.received_on: write a day as 2026-11-23.")
    return constants


def _refuse_gaps_and_doubles(rules: ItemRules, *, has_key: bool) -> None:
    given = [rule.item for rule in rules.columns.values()] + list(rules.constants) + ["source_key"] * has_key
    double = [item for item in ITEMS if given.count(item) > 1 and not (item in JOINED and item not in rules.constants)]
    if double:
        raise BadInput(f"{double[0]} is given twice; keep one column, constant or key.")
    gaps = [item for item in (*ALWAYS_GIVEN, "source_key") if item not in given]
    if gaps:
        raise BadInput(f"{gaps[0]} is given by no column and no constant; every opinion has to carry it.")
