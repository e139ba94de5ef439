"""Which version of its tables a store is at, and how it comes to the newest. One line of revisions for each store."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

FOLDER: Final = Path(__file__).parent / "migrations"


def head(store: str) -> str:
    """Give the newest revision of a store's tables."""
    return max(path.stem for path in (FOLDER / "versions" / store).glob("[0-9]*.py")).split("_", 1)[0]


def version_table(store: str) -> str:
    """Give the table that holds a store's revision; two stores may live in one database."""
    return f"alembic_version_{store}"


def version(connection: Connection, store: str) -> str | None:
    """Give the revision that a store is at; None for one that was never set up."""
    if version_table(store) not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {version_table(store)}")).scalar()  # noqa: S608
    return found


def stamp(connection: Connection, store: str) -> None:
    """Write down that a store's tables were just made as the newest revision has them."""
    name = version_table(store)
    connection.execute(
        text(f"CREATE TABLE {name} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {name}_pkc PRIMARY KEY (version_num))")
    )
    connection.execute(text(f"INSERT INTO {name} VALUES (:head)"), {"head": head(store)})  # noqa: S608


def upgrade(connection: Connection, store: str) -> None:
    """Bring a store's tables to the newest revision, in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - start-up time: half a second for a step that runs once a release
    from alembic.config import Config  # noqa: PLC0415 - start-up time, as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(FOLDER / "versions" / store))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["store"] = store
    command.upgrade(config, "head")
