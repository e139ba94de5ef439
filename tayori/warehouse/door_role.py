"""The database rights of the doors: INSERT into the inbox, and nothing else (PostgreSQL)."""

import re
from typing import Final

from sqlalchemy import Engine, text

from tayori.errors import BadInput
from tayori.warehouse.engines import is_sqlite, writing
from tayori.warehouse.schema.stores import inbox_row

_ROLE: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
NOTHING_MADE: Final = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$",
)
"""What takes from everybody the right to make tables, temporary ones too; its owner keeps it."""


def grants(role: str) -> tuple[str, ...]:
    """Give the statements by which the inbox's owner gives an existing role the rights of a door.

    The sequence gives out row numbers; USAGE on it reads no row.

    Raises:
        BadInput: the name is not that of a role.

    """
    require_name(role)
    return (*nothing(role), *inbox_grants(role))


def inbox_grants(role: str) -> tuple[str, ...]:
    """Give what a role needs to add to the inbox."""
    table = inbox_row.name
    return (
        f'GRANT INSERT (kind, epoch, sealed, received_at) ON {table} TO "{role}"',
        f'GRANT USAGE ON SEQUENCE {table}_inbox_no_seq TO "{role}"',
    )


def nothing(role: str) -> tuple[str, ...]:
    """Give the statements that leave a role no right but to look for what it is granted next."""
    return (
        *NOTHING_MADE,
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"',
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
    )


def require_name(role: str) -> None:
    """Refuse what is no plain name of a role, before it stands in a statement.

    Raises:
        BadInput: it is none.

    """
    if not _ROLE.fullmatch(role):
        raise BadInput("The name of a database role has lower-case letters, digits and underscores only.")


def give_rights(inbox: Engine, role: str) -> None:
    """Give a role the rights of a door. On SQLite rights are those of the file, and there is nothing to do."""
    statements = grants(role)
    if is_sqlite(inbox):
        return
    with writing(inbox) as connection:
        for statement in statements:
            connection.execute(text(statement))
