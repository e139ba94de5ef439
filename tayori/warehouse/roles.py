"""The database roles of the doors: made where they are missing, given what they need, refused where they could do more.

PostgreSQL only. A role is made without a password, so that nobody can use it before the database's administrator says
how it logs in.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from tayori.errors import BadInput, Refused, TayoriError
from tayori.warehouse import door_role, resident_role
from tayori.warehouse.engines import is_sqlite, reading, writing

_NARROW: Final = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
_WIDE: Final = text(
    "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    " OR EXISTS (SELECT FROM pg_auth_members WHERE member = asked.oid) FROM pg_roles asked WHERE rolname = :role"
)


@dataclass(frozen=True, slots=True)
class DoorRoles:
    """The roles of the three processes that the internet reaches."""

    door: str = "tayori_door"
    opinion: str = "tayori_opinion"
    resident: str = "tayori_resident"

    def names(self) -> tuple[str, str, str]:
        """Give all three."""
        return self.door, self.opinion, self.resident


def give(warehouse: Engine, inbox: Engine, roles: DoorRoles) -> list[str]:
    """Give the doors' roles their rights in both stores, and no others; run again it changes nothing.

    Gives the roles that it made.

    Raises:
        BadInput: a store is a SQLite file; or two doors would share a role.
        Refused: a role could do more than a door may, or this program may not make the one that is missing.

    """
    for role in roles.names():
        door_role.require_name(role)
    if is_sqlite(warehouse) or is_sqlite(inbox):
        raise BadInput("A SQLite store has no roles: there the rights are those of its files. Nothing was changed.")
    if len(set(roles.names())) < len(roles.names()):
        raise BadInput("Each of the three processes has a role of its own; nothing was changed.")
    made = [role for role in roles.names() for store in (warehouse, inbox) if _make(store, role)]
    door_role.give_rights(inbox, roles.door)
    door_role.give_rights(inbox, roles.opinion)
    resident_role.give_rights(warehouse, inbox, roles.resident)
    return made


def _make(store: Engine, role: str) -> bool:
    """Make a role where the store's server has none; whether it did."""
    with reading(store) as connection:
        wide = _is_wide(connection, role)
    if wide:
        raise Refused(
            f"The role {role} has rights of its own beyond a door's (attributes, or membership in another role); "
            "take them from it, or name a fresh one. Nothing was changed."
        )
    if wide is None:
        try:
            with writing(store) as connection:
                connection.execute(text(f'CREATE ROLE "{role}" {_NARROW}'))
        except TayoriError:
            raise Refused(
                f"The role {role} is missing and this program may not make it. Have the administrator run: "
                f'CREATE ROLE "{role}" {_NARROW}; then run this again.'
            ) from None
    return wide is None


def _is_wide(connection: Connection, role: str) -> bool | None:
    """Whether a role could do more than its grants say; None where there is no such role."""
    found = connection.execute(_WIDE, {"role": role}).first()
    return bool(found[0]) if found is not None else None
