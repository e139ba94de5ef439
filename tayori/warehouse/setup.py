"""Set up the three stores, and tell whether they are as this version needs them."""

from sqlalchemy import Engine, MetaData, inspect

from tayori.errors import Unavailable
from tayori.warehouse.engines import is_sqlite, writing
from tayori.warehouse.schema import broadcasts, opinions, people, records, retention, stores
from tayori.warehouse.schema.columns import inbox, vault, warehouse

SCHEMAS = (broadcasts, opinions, people, records, retention, stores)
STORES: dict[str, MetaData] = {"warehouse": warehouse, "vault": vault, "inbox": inbox}

APPEND_ONLY_SQLITE = """
CREATE TRIGGER IF NOT EXISTS audit_entry_no_{verb} BEFORE {verb} ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
"""
APPEND_ONLY_POSTGRES = """
CREATE OR REPLACE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$;
CREATE OR REPLACE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse();
"""


def create(engine: Engine, store: str) -> None:
    """Create the tables of a store where they are missing."""
    STORES[store].create_all(engine)
    if store != "warehouse":
        return
    with writing(engine) as connection:
        if is_sqlite(engine):
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(APPEND_ONLY_SQLITE.format(verb=verb))
        else:
            connection.exec_driver_sql(APPEND_ONLY_POSTGRES)


def require(engine: Engine, store: str) -> None:
    """Refuse to work on a store that was never set up.

    Raises:
        Unavailable: tables are missing.

    """
    missing = set(STORES[store].tables) - set(inspect(engine).get_table_names())
    if missing:
        raise Unavailable(f"The {store} is not set up ({len(missing)} tables are missing); run `tayori init`.")
