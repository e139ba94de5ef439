"""Set up the three stores, and tell whether they are as this version needs them."""

from sqlalchemy import Connection, Engine, MetaData, inspect, select
from sqlalchemy.sql.expression import literal

from tayori.errors import Unavailable
from tayori.warehouse import append_only, own_rows, server_hygiene, versions
from tayori.warehouse.engines import Absent, is_sqlite, reading, writing
from tayori.warehouse.schema import (
    analysis,
    approvals,
    arrivals,
    attention,
    broadcasts,
    certificates,
    copies,
    desk,
    doubts,
    editions,
    endings,
    guards,
    kinds,
    leaving,
    letters,
    messages,
    migrating,
    opinions,
    people,
    records,
    results,
    retention,
    stores,
    surveys,
)
from tayori.warehouse.schema.columns import inbox, vault, warehouse

SCHEMAS = (
    analysis,
    approvals,
    arrivals,
    attention,
    broadcasts,
    certificates,
    copies,
    desk,
    doubts,
    editions,
    endings,
    guards,
    kinds,
    leaving,
    letters,
    messages,
    migrating,
    opinions,
    people,
    records,
    results,
    retention,
    stores,
    surveys,
)
STORES: dict[str, MetaData] = {"warehouse": warehouse, "vault": vault, "inbox": inbox}
BESIDE_TABLES = {kind: append_only.STATEMENTS[kind] + own_rows.STATEMENTS[kind] for kind in append_only.STATEMENTS}
"""What the warehouse's database itself sees to, by its kind: who may change the access log, who sees whose rows."""


def create(engine: Engine, store: str) -> None:
    """Bring a store to the newest tables, whole or not at all; what it holds stays.

    An empty store gets them in one go; tests show that they are what the revisions would have made.
    """
    with writing(engine) as connection:
        found = versions.version(connection, store)
        if found is None and not _has_tables(connection, store):
            _create_at_once(connection, store)
        elif found != versions.head(store):
            versions.upgrade(connection, store)
        if not is_sqlite(connection):
            server_hygiene.silence(connection, STORES[store].sorted_tables)


def _has_tables(connection: Connection, store: str) -> bool:
    return bool(set(STORES[store].tables) & set(inspect(connection).get_table_names()))


def _create_at_once(connection: Connection, store: str) -> None:
    STORES[store].create_all(connection)
    if store == "warehouse":
        for statement in BESIDE_TABLES[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    versions.stamp(connection, store)


def require(engine: Engine, store: str) -> None:
    """Refuse to work on a store that was never set up, or that another version of Tayori left.

    Raises:
        Unavailable: tables are missing, or at another revision.

    """
    with reading(engine) as connection:
        found = versions.version(connection, store)
    if found is None:
        raise Unavailable(f"The {store} is not set up; run `tayori init`.")
    if found != versions.head(store):
        raise Unavailable(
            f"The {store} has the tables of revision {found}; run `tayori init` to bring them up to date."
        )


def stands(engine: Engine, store: str) -> bool:
    """Whether a store is where its address says, and was ever set up."""
    try:
        with reading(engine) as connection:
            return versions.version(connection, store) is not None or _has_tables(connection, store)
    except Absent:
        return False


def holds_rows(engine: Engine, *tables: str) -> bool:
    """Whether any of these tables exists and holds a row."""
    with reading(engine) as connection:
        there = set(inspect(connection).get_table_names())
        known = {name: table for metadata in STORES.values() for name, table in metadata.tables.items()}
        return any(
            connection.execute(select(literal(1)).select_from(known[name]).limit(1)).first() is not None
            for name in tables
            if name in there
        )
