"""The revisions, one after the other, make exactly the tables that the code declares, on both kinds of store."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from tayori.errors import TayoriError, Unavailable
from tayori.office import Office
from tayori.warehouse import setup, versions
from tayori.warehouse.engines import is_sqlite, open_store, reading, writing
from tayori.warehouse.setup import STORES

KINDS = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]
SHAPE_ON_POSTGRES = """
SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, ''),
       coalesce(character_maximum_length, 0) FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', 0
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef, '', '', 0 FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '', 0
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, '', prosrc, '', '', 0 FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


class Stores:
    """Empty stores of one kind, made as asked for."""

    def __init__(self, kind: str, folder: Path, request: pytest.FixtureRequest) -> None:
        self._cluster = request.getfixturevalue("cluster") if kind == "postgres" else None
        self._folder = folder
        self._lent = ExitStack()
        self.opened: list[Engine] = []

    def empty(self, name: str) -> Engine:
        """Give an empty store."""
        own = f"sqlite:///{self._folder / name}.db"
        url = self._lent.enter_context(self._cluster.lent()) if self._cluster else own
        self.opened.append(open_store(url, create=True))
        return self.opened[-1]

    def close(self) -> None:
        """Let every store go."""
        for engine in self.opened:
            engine.dispose()
        self._lent.close()


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Give a maker of empty stores."""
    made = Stores(request.param, tmp_path, request)
    yield made
    made.close()


def _shape(connection: Connection) -> set[tuple[Any, ...]]:
    if is_sqlite(connection):
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
        return {(row.type, row.name, _plain(row.sql or "")) for row in rows}
    return {tuple(row) for row in connection.execute(text(SHAPE_ON_POSTGRES))}


def _plain(sql: str) -> tuple[str, ...]:
    """Give a statement as its parts in no order: constraints may be written in another order."""
    head, _, rest = " ".join(sql.split()).partition("(")
    return (head, *sorted(part.strip(" )") for part in rest.split(",")))


@pytest.mark.parametrize("store", STORES)
def test_upgrading_from_nothing_gives_the_tables_that_the_code_declares(stores: Stores, store: str) -> None:
    """Alembic's head equals the metadata: no table, column, constraint, index or trigger more or less."""
    upgraded, at_once = stores.empty(f"{store}_a"), stores.empty(f"{store}_b")
    with writing(upgraded) as connection:
        versions.upgrade(connection, store)
    setup.create(at_once, store)
    with reading(upgraded) as one, reading(at_once) as other:
        assert _shape(one) == _shape(other)
        options = {"compare_type": True, "version_table": versions.version_table(store)}
        assert compare_metadata(MigrationContext.configure(one, opts=options), STORES[store]) == []
        assert versions.version(one, store) == versions.version(other, store) == versions.head(store)


def test_setting_up_again_changes_nothing(stores: Stores) -> None:
    """`tayori init` may run on a store that is up to date."""
    engine = stores.empty("warehouse")
    setup.create(engine, "warehouse")
    with reading(engine) as connection:
        before = _shape(connection)
    setup.create(engine, "warehouse")
    with reading(engine) as connection:
        assert _shape(connection) == before


def test_two_stores_may_live_in_one_database(stores: Stores) -> None:
    """On PostgreSQL the inbox stands beside the warehouse: each keeps its own revision."""
    engine = stores.empty("both")
    for store in ("warehouse", "inbox"):
        setup.create(engine, store)
        setup.create(engine, store)
    for store in ("warehouse", "inbox"):
        setup.require(engine, store)
        assert set(setup.STORES[store].tables) <= set(inspect(engine).get_table_names())


def test_tables_of_another_revision_are_refused_until_they_are_upgraded(office: Office) -> None:
    """A program does not work on tables that another version left; the sentence says what to run."""
    with writing(office.warehouse) as connection:
        connection.execute(text(f"UPDATE {versions.version_table('warehouse')} SET version_num = '0000'"))  # noqa: S608
    with pytest.raises(Unavailable, match=r"revision 0000; run `tayori init`"):
        setup.require(office.warehouse, "warehouse")


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
def test_the_access_log_refuses_change_after_an_upgrade_too(stores: Stores, change: str) -> None:
    """L11: the database itself refuses to change or drop a line, however its tables came to be."""
    engine = stores.empty("warehouse")
    line = "1, '2026-11-02', 'a', 'open', 'p', 'o', 1, NULL"
    zeros = "x'00', x'00'" if is_sqlite(engine) else r"'\x00', '\x00'"
    with writing(engine) as connection:
        versions.upgrade(connection, "warehouse")
        connection.exec_driver_sql(f"INSERT INTO audit_entry VALUES ({line}, {zeros})")  # noqa: S608
    with pytest.raises(TayoriError), writing(engine) as connection:
        connection.exec_driver_sql(change)
