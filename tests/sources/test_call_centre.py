"""Of the call centre's database only rows in scope, mapped columns and fresh changes are read (O5, O10)."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import sqlalchemy as sa

from sandbox.call_centre import database
from sandbox.call_centre.tables import METADATA, RENRAKUSAKI, TOIAWASE
from tayori.errors import BadInput, Unavailable
from tayori.ingest.sources.call_centre import CallCentreChunk, opinions_from_call_centre
from tayori.ingest.sources.database_mapping import DatabaseMapping, read_database_mapping
from tayori.ingest.sources.frame import FRAME_COLUMNS
from tayori.warehouse.external import Watermark
from tests.sources.builders import EXAMPLES

if TYPE_CHECKING:
    from tests.support.postgres import Cluster

LATER = datetime(2027, 1, 1, tzinfo=UTC)
MARKER = "canaryひとりだけの印"


class CallCentre:
    """A call centre's database and the reader that knows it by the example mapping alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
        self.mapping = read_database_mapping(EXAMPLES / "call_centre.yaml")

    def read(self, after: Watermark | None = None, now: datetime = LATER, rows: int = 5000) -> list[CallCentreChunk]:
        """Read everything from the watermark on."""
        return list(opinions_from_call_centre(self.url, self.mapping, after=after, now=now, chunk_rows=rows))

    def frame(self, after: Watermark | None = None, now: datetime = LATER) -> pd.DataFrame:
        """Read everything into one frame."""
        chunks = self.read(after, now)
        return pd.concat([chunk.frame for chunk in chunks], ignore_index=True)


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CallCentre]:
    """Give an empty call centre on each kind of database."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'cc.db'}"
        if request.param == "postgres":
            cluster: Cluster = request.getfixturevalue("cluster")
            url = stack.enter_context(cluster.lent())
        made = CallCentre(url)
        stack.callback(made.engine.dispose)
        yield made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> CallCentre:
    """Give a call centre on SQLite, for rules that do not depend on the database."""
    return CallCentre(f"sqlite:///{tmp_path / 'cc.db'}")


def test_only_rows_in_scope_come_out_and_all_of_them(centre: CallCentre) -> None:
    """Most rows are out of scope; the known list of keys in scope is read exactly, each once."""
    keys = database.create(centre.engine, 1500, seed=3, marker=MARKER)
    assert 0.08 < len(keys) / 1500 < 0.2
    frame = centre.frame()
    assert sorted(frame["source_key"]) == sorted(keys)
    assert tuple(frame.columns) == FRAME_COLUMNS
    assert not frame.map(lambda cell: f"out-{MARKER}" in str(cell)).any(axis=None)
    assert frame["opinion"].str.endswith(MARKER).all()
    assert frame["name"].str.startswith(MARKER).all()


def test_codes_become_the_wards(centre: CallCentre) -> None:
    """Channel, wish for an answer, kind, department and day come out in the ward's terms."""
    database.create(centre.engine, 1500, seed=3)
    frame = centre.frame()
    assert set(frame["channel"]) == {"call_centre", "department_inquiry"}
    assert set(frame["answer_wanted"]) == {"yes"}
    assert set(frame["addressee"]) == {"department"}
    assert set(frame["kind"]) <= {"opinion", "request", "complaint", "inquiry", "thanks"}
    assert frame["department"].str.endswith(("部", "会")).all()
    assert frame["received_on"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()


def test_statements_name_mapped_columns_only_and_write_nothing(on_sqlite: CallCentre) -> None:
    """What the driver is asked for holds no column outside the mapping, and no writing."""
    database.create(on_sqlite.engine, 300, seed=3)
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        on_sqlite.read()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    asked = [statement for statement in statements if statement.startswith("SELECT") and "NAIYOU" in statement]
    assert asked
    for column in ("OPERATOR_ID", "TSUUWA_BYOU", "FAQ_NO"):
        assert not any(f'."{column}"' in statement for statement in asked)
    assert all(statement.lstrip().startswith(("SELECT", "PRAGMA")) for statement in statements)


@pytest.mark.parametrize("rows", [1, 7, 5000])
def test_pages_of_any_size_give_the_same_rows(centre: CallCentre, rows: int) -> None:
    """Where a page ends makes no difference, also among rows changed in the same second."""
    keys = database.create(centre.engine, 150, seed=4)
    database.touch(centre.engine, keys[::2], datetime(2026, 6, 1, 3, 0, tzinfo=UTC))
    chunks = centre.read(rows=rows)
    assert sorted(key for chunk in chunks for key in chunk.frame["source_key"]) == sorted(keys)
    assert max(len(chunk.frame) for chunk in chunks) <= rows


def test_a_later_run_reads_only_what_is_new_or_changed(centre: CallCentre) -> None:
    """From the watermark on: new inquiries in scope and changed ones, nothing twice."""
    keys = database.create(centre.engine, 400, seed=5)
    mark = centre.read()[-1].upto
    assert centre.read(mark) == []
    fresh = database.append(centre.engine, 300, seed=6)
    database.touch(centre.engine, keys[:3], datetime(2026, 9, 1, 0, 0, tzinfo=UTC))
    again = centre.frame(mark)
    assert sorted(again["source_key"]) == sorted([*fresh, *keys[:3]])
    assert again.set_index("source_key").loc[list(keys[:3]), "opinion"].str.endswith("（追記あり）").all()


def test_a_run_broken_off_goes_on_from_its_last_page(centre: CallCentre) -> None:
    """The watermark of any page continues without gap or repetition."""
    keys = database.create(centre.engine, 400, seed=5)
    first = centre.read(rows=10)[1]
    read = [key for chunk in centre.read(rows=10)[:2] for key in chunk.frame["source_key"]]
    assert sorted(read + centre.frame(first.upto)["source_key"].tolist()) == sorted(keys)


def test_rows_that_have_not_settled_wait(centre: CallCentre) -> None:
    """A row changed within the last five minutes is left to the next run, by the ward's wall clock."""
    keys = database.create(centre.engine, 200, seed=5)
    database.touch(centre.engine, keys[:1], datetime(2026, 9, 1, 0, 0, tzinfo=UTC))
    just_after = datetime(2026, 9, 1, 0, 4, 59, tzinfo=UTC)
    assert keys[0] not in set(centre.frame(now=just_after)["source_key"])
    assert keys[0] in set(centre.frame(now=just_after + timedelta(seconds=1))["source_key"])


def test_rows_without_a_time_of_change_are_refused(tmp_path: Path) -> None:
    """A row that no order reaches is not passed over in silence."""
    centre = CallCentre(f"sqlite:///{tmp_path / 'cc.db'}")
    keys = database.create(centre.engine, 200, seed=5)
    loosened = sa.text('CREATE TABLE T2 AS SELECT * FROM "T_TOIAWASE"')
    with centre.engine.begin() as connection:
        connection.execute(loosened)
        connection.execute(sa.text('DROP TABLE "T_TOIAWASE"'))
        connection.execute(sa.text('ALTER TABLE T2 RENAME TO "T_TOIAWASE"'))
        connection.execute(TOIAWASE.update().where(TOIAWASE.c.TOIAWASE_NO.in_(keys[:1])).values(KOUSHIN_NICHIJI=None))
    with pytest.raises(BadInput, match="1 rows in scope hold nothing in"):
        centre.read()


@pytest.mark.parametrize("rows", [1, 5000])
def test_a_join_that_doubles_rows_is_refused(on_sqlite: CallCentre, rows: int) -> None:
    """Two contacts for one inquiry would give two opinions; the mapping has to be mended."""
    database.create(on_sqlite.engine, 100, seed=5)
    with on_sqlite.engine.begin() as connection:
        connection.execute(sa.text('CREATE TABLE T3 AS SELECT * FROM "T_RENRAKUSAKI"'))
        connection.execute(sa.text('INSERT INTO T3 SELECT * FROM "T_RENRAKUSAKI"'))
        connection.execute(sa.text('DROP TABLE "T_RENRAKUSAKI"'))
        connection.execute(sa.text('ALTER TABLE T3 RENAME TO "T_RENRAKUSAKI"'))
    with pytest.raises(BadInput, match="comes twice"):
        on_sqlite.read(rows=rows)


def changed_mapping(folder: Path, old: str, new: str) -> DatabaseMapping:
    written = (EXAMPLES / "call_centre.yaml").read_text("utf-8")
    assert old in written
    path = folder / "changed.yaml"
    path.write_text(written.replace(old, new), "utf-8")
    return read_database_mapping(path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("NAIYOU: opinion", "NAIYOO: opinion", "T_TOIAWASE.NAIYOO"),
        ("T_RENRAKUSAKI.SHIMEI", "T_RENRAKU.SHIMEI", "T_RENRAKU.SHIMEI"),
        ("column: STATUS_CD", "column: STATUS", "T_TOIAWASE.STATUS"),
        ("{HIKITSUGI_BUSHO_CD: BUSHO_CD}", "{HIKITSUGI_BUSHO_CD: BUSHO}", "M_BUSHO.BUSHO"),
        ("table: M_BUSHO", "table: M_BU", "table M_BU"),
        ("updated_at: KOUSHIN_NICHIJI", "updated_at: NAIYOU", "time_format"),
        ('TAISHOU_GAI_FLG, is: "1"', 'TAISHOU_GAI_FLG, is: "はい"', "does not fit the type"),
    ],
)
def test_a_mapping_that_does_not_fit_the_database_is_refused(
    centre: CallCentre, tmp_path: Path, old: str, new: str, named: str
) -> None:
    """A misspelt name is a refusal, never an empty column, whatever the database makes of it."""
    database.create(centre.engine, 50, seed=5)
    centre.mapping = changed_mapping(tmp_path, old, new)
    with pytest.raises(BadInput, match=named):
        centre.read()


def test_times_kept_as_text_are_read_in_order(on_sqlite: CallCentre, tmp_path: Path) -> None:
    """A vendor who writes 20260601120000 into a text column is followed by the same watermark."""
    keys = database.create(on_sqlite.engine, 300, seed=5)
    stamped = "strftime('%Y%m%d%H%M%S', \"KOUSHIN_NICHIJI\")"
    with on_sqlite.engine.begin() as connection:
        connection.execute(sa.text('ALTER TABLE "T_TOIAWASE" ADD COLUMN "KOUSHIN" CHAR(14)'))
        connection.execute(sa.text(f'UPDATE "T_TOIAWASE" SET "KOUSHIN" = {stamped}'))  # noqa: S608 - no value in it
    on_sqlite.mapping = changed_mapping(
        tmp_path, "updated_at: KOUSHIN_NICHIJI", 'updated_at: KOUSHIN\ntime_format: "%Y%m%d%H%M%S"'
    )
    first = on_sqlite.read(rows=5)[0]
    assert first.upto.updated_at.isdecimal()
    rest = on_sqlite.frame(first.upto)["source_key"].tolist()
    assert sorted(first.frame["source_key"].tolist() + rest) == sorted(keys)


def test_an_absent_database_is_unavailable_and_not_made(tmp_path: Path) -> None:
    """A wrong path creates no empty database."""
    centre = CallCentre(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(Unavailable, match="not there"):
        centre.read()
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_server_is_unavailable() -> None:
    """A server that does not answer is for later; the sentence holds no password."""
    centre = CallCentre("postgresql://reader:himitsu@/cc?host=/nonexistent&connect_timeout=2")
    with pytest.raises(Unavailable) as refusal:
        centre.read()
    assert "himitsu" not in str(refusal.value)


def test_a_locked_database_is_unavailable(on_sqlite: CallCentre, tmp_path: Path) -> None:
    """A database that its owner holds locked is for later, and its owner is not disturbed."""
    database.create(on_sqlite.engine, 50, seed=5)
    holder = sqlite3.connect(tmp_path / "cc.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    on_sqlite.url += "?timeout=0"
    with pytest.raises(Unavailable, match="locked or out of reach"):
        on_sqlite.read()
    holder.execute("ROLLBACK")
    holder.close()


@pytest.mark.parametrize("url", ["", "no url", "oracle://u@h/x", "sqlite+nothing:///x.db"])
def test_a_url_that_cannot_be_read_is_refused(on_sqlite: CallCentre, url: str) -> None:
    """Only SQLite and PostgreSQL can be read; anything else is a fault of the setting."""
    on_sqlite.url = url
    with pytest.raises((BadInput, Unavailable)):
        on_sqlite.read()


def test_a_value_that_fits_no_type_is_refused_without_the_value(on_sqlite: CallCentre) -> None:
    """A broken time of change is told by its column's rule, not by its content."""
    keys = database.create(on_sqlite.engine, 50, seed=5)
    with on_sqlite.engine.begin() as connection:
        broken = sa.text('UPDATE "T_TOIAWASE" SET "UKETSUKE_NICHIJI" = :text WHERE "TOIAWASE_NO" = :key')
        connection.execute(broken, {"text": "秘密", "key": keys[0]})
    with pytest.raises(BadInput) as refusal:
        on_sqlite.read()
    assert "秘密" not in str(refusal.value)


def test_the_sandbox_is_shaped_by_another_vendor() -> None:
    """No table or column of the call centre carries a name of ours."""
    names = {column.name for table in METADATA.tables.values() for column in table.columns}
    assert not names & set(FRAME_COLUMNS)
    assert RENRAKUSAKI.name in METADATA.tables
