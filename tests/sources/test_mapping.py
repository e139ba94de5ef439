"""A mapping is a closed world: what it does not know is refused with a sentence that names the place."""

from pathlib import Path

import pytest

from tayori.errors import BadInput, NotFound
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.ingest.sources.rules import iso_date
from tests.sources.builders import EXAMPLES, a_csv, a_mapping, a_mapping_file, opinions

COLUMNS = {"番号": "source_key", "本文": "opinion"}
CONSTANTS = {"received_on": "2026-06-01", "channel": "letter", "addressee": "mayor", "answer_wanted": "unknown"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colums": {}}, "colums"),
        ({"source": "database"}, "source"),
        ({"name": None}, "name"),
        ({"columns": None}, "columns"),
        ({"columns": COLUMNS | {"生年": "birth_year"}}, "birth_year"),
        ({"columns": COLUMNS | {"媒体": {"item": "channel", "values": {"手紙": "pigeon"}}}}, "pigeon"),
        ({"columns": COLUMNS | {"媒体": {"item": "channel", "map": {}}}}, "map"),
        ({"columns": COLUMNS | {"本文2": {"item": "telephone", "formats": ["%Y"]}}}, "formats"),
        ({"columns": COLUMNS | {"メモ": "fax"}}, "メモ"),
        ({"columns": {"本文": "opinion"}}, "source_key"),
        ({"columns": COLUMNS, "key": "row"}, "source_key is given twice"),
        ({"columns": COLUMNS | {"電話": "telephone", "電話2": "telephone"}}, "telephone is given twice"),
        ({"constants": CONSTANTS | {"channel": "pigeon"}}, "pigeon"),
        ({"constants": CONSTANTS | {"received_on": "2026-02-30"}}, "received_on"),
        ({"constants": CONSTANTS | {"source_key": "1"}}, "source_key"),
        ({"constants": {"channel": "letter"}}, "received_on"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"key": "column"}, "key"),
        ({"ignore": "メモ"}, "ignore"),
    ],
)
def test_a_faulty_mapping_is_refused_by_name(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    """Unknown words, items and codes, doubles and gaps are named in the refusal."""
    with pytest.raises(BadInput, match=named):
        a_mapping(tmp_path, **changes)


def test_a_date_format_without_a_day_is_refused(tmp_path: Path) -> None:
    """A format that cannot give a day is a fault of the mapping, not of the rows."""
    columns = COLUMNS | {"受付": {"item": "received_on", "formats": ["%Y/%m"]}}
    constants = {item: code for item, code in CONSTANTS.items() if item != "received_on"}
    with pytest.raises(BadInput, match="%Y/%m"):
        a_mapping(tmp_path, columns=columns, constants=constants)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", r"mapping\.yaml is not YAML or JSON at line 1"),
        ("name: x\ncolumns:\n  a: opinion\n  a: fax\n", r"mapping\.yaml gives one name twice at line 4"),
        ("", r"mapping\.yaml is empty"),
        ("- a\n", r"mapping\.yaml: the mapping has to be written"),
    ],
)
def test_what_is_no_mapping_at_all_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Broken YAML, a word written twice, an empty file and a list are refused."""
    path = tmp_path / "mapping.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput, match=told):
        read_file_mapping(path)


def test_a_missing_mapping_is_not_found(tmp_path: Path) -> None:
    """The refusal names the file, with the code for things that do not exist."""
    with pytest.raises(NotFound, match=r"nowhere\.yaml"):
        read_file_mapping(tmp_path / "nowhere.yaml")


def test_yes_and_no_are_words(tmp_path: Path) -> None:
    """`answer_wanted: no` is the code, not a truth value; a key `0312` keeps its zero."""
    path = a_mapping_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace("answer_wanted: unknown", "answer_wanted: no"), "utf-8")
    assert read_file_mapping(path).rules.constants["answer_wanted"] == "no"


def test_unknown_values_pass_to_the_gate_unchanged(tmp_path: Path) -> None:
    """A value or date that the tables do not know is not guessed: the gate sees it as it stands."""
    mapping = a_mapping(
        tmp_path,
        columns={
            "番号": "source_key",
            "本文": {"item": "kind", "values": {"苦情": "complaint"}},
            "電話": {"item": "received_on", "formats": ["%Y/%m/%d", "wareki"]},
        },
        constants={item: code for item, code in CONSTANTS.items() if item != "received_on"} | {"opinion": "定型"},
    )
    rows = [("1", "苦情", "2026/2/3"), ("2", "鳩", "令和8年2月30日"), ("3", "", "R8.2.3"), ("4", "苦情", "")]
    frame = opinions(a_csv(tmp_path, rows), mapping)
    assert frame["kind"].fillna("-").tolist() == ["complaint", "鳩", "-", "complaint"]
    assert frame["received_on"].fillna("-").tolist() == ["2026-02-03", "令和8年2月30日", "2026-02-03", "-"]


def test_an_item_in_two_columns_is_joined(tmp_path: Path) -> None:
    """Subject and body make one opinion; nothing is put between where one is empty."""
    mapping = a_mapping(tmp_path, columns={"番号": "source_key", "本文": "opinion", "電話": "opinion"})
    frame = opinions(a_csv(tmp_path, [("1", "件名", "本文"), ("2", "", "本文"), ("3", "", "")]), mapping)
    assert frame["opinion"].fillna("-").tolist() == ["件名\n本文", "本文", "-"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和8年7月1日", "2026-07-01"),
        ("令和元年5月1日", "2019-05-01"),
        ("R８．７．１", "2026-07-01"),
        ("平成31年4月30日", "2019-04-30"),
        ("平成31年5月1日", None),
        ("昭和64年1月8日", None),
        ("S63.2.29", "1988-02-29"),
        ("令和8年13月1日", None),
        ("2026/7/1", None),
    ],
)
def test_eras_are_read_within_their_days(text: str, day: str | None) -> None:
    """A day of an era is a day only while the era lasts."""
    assert iso_date(text, ["wareki"]) == day


def a_database_mapping(folder: Path, old: str, new: str) -> Path:
    written = (EXAMPLES / "call_centre.yaml").read_text("utf-8")
    assert old in written
    path = folder / "call_centre.yaml"
    path.write_text(written.replace(old, new), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("scope:\n", "scopes:\n", "scopes"),
        ("key: TOIAWASE_NO\n", "", "key"),
        ("table: T_TOIAWASE\n", "", "table"),
        ("source: database", "source: file", "source"),
        ("T_RENRAKUSAKI.FAX_NO: fax", "TOIAWASE_NO: source_key", "source_key"),
        ("is: null", "is_null: yes", "is_null"),
        ("is: null", "in: []", "not"),
        ("on: {RENRAKUSAKI_NO: RENRAKUSAKI_NO}", "on: {}", "pair"),
        ('settle_minutes: "5"', 'settle_minutes: "-5"', "settle_minutes"),
        ("  - {table: M_BUSHO, on", "  - {tables: M_BUSHO, on", "tables"),
    ],
)
def test_a_faulty_database_mapping_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    """Scope, key and joins are checked as strictly as the columns."""
    with pytest.raises(BadInput, match=named):
        read_database_mapping(a_database_mapping(tmp_path, old, new))


def test_without_a_scope_nothing_is_read(tmp_path: Path) -> None:
    """A database mapping without scope is refused: it would read everybody (O10)."""
    written = (EXAMPLES / "call_centre.yaml").read_text("utf-8")
    start, end = written.index("scope:"), written.index("columns:")
    path = tmp_path / "open.yaml"
    path.write_text(written[:start] + written[end:], "utf-8")
    with pytest.raises(BadInput, match="without it nothing"):
        read_database_mapping(path)
