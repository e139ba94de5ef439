"""The database roles of the doors: made where they are missing, given what they need, refused where they could do more.

PostgreSQL only. A role is made without a password, so that nobody can use it before the database's administrator says
how it logs in.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text

from tayori.errors import BadInput, Refused, TayoriError
from tayori.warehouse import door_role, own_rows, resident_role
from tayori.warehouse.engines import is_sqlite, reading, writing

_NARROW: Final = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
_WIDE: Final = text(
    "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    " OR EXISTS (SELECT FROM pg_auth_members WHERE member = asked.oid)"
    " OR EXISTS (SELECT FROM pg_shdepend WHERE refobjid = asked.oid AND deptype = 'o')"
    " FROM pg_roles asked WHERE rolname = :role"
)
"""Attributes, membership in another role, anything that it owns in any database of the server."""
_RULED: Final = text("SELECT count(*) FROM pg_class WHERE relname = ANY(:tables) AND relrowsecurity")
_OPEN: Final = text("""
SELECT concat_ws('; ',
  CASE WHEN has_database_privilege('public', current_database(), 'TEMPORARY')
       THEN format('REVOKE TEMPORARY ON DATABASE %1$I FROM PUBLIC; GRANT TEMPORARY ON DATABASE %1$I TO %2$I',
                   current_database(), current_user) END,
  CASE WHEN has_schema_privilege('public', 'public', 'CREATE') THEN 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' END)
""")
"""What would take from everybody else the right to make tables: statements for whoever owns the database."""


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
        Refused: a role could do more than a door may, the warehouse lacks the rules for rows, or this program may not
            make the role that is missing, or close the database to tables of others.

    """
    for role in roles.names():
        door_role.require_name(role)
    if is_sqlite(warehouse) or is_sqlite(inbox):
        raise BadInput("A SQLite store has no roles: there the rights are those of its files. Nothing was changed.")
    if len(set(roles.names())) < len(roles.names()):
        raise BadInput("Each of the three processes has a role of its own; nothing was changed.")
    _require_rules(warehouse)
    missing = [(store, role) for role in roles.names() for store in (warehouse, inbox) if _is_missing(store, role)]
    for store in (warehouse, inbox):
        _close(store)
    made = [role for store, role in missing if _make(store, role)]
    door_role.give_rights(inbox, roles.door)
    door_role.give_rights(inbox, roles.opinion)
    resident_role.give_rights(warehouse, inbox, roles.resident)
    return made


def _require_rules(warehouse: Engine) -> None:
    """Refuse a warehouse without the rules for rows, where a role would see everybody's."""
    with reading(warehouse) as connection:
        ruled = connection.execute(_RULED, {"tables": list(own_rows.SEEN)}).scalar_one()
    if ruled < len(own_rows.SEEN):
        raise Refused(
            "The warehouse's tables lack the rules that show a role one person's rows: an older version of Tayori made "
            "them. Set up an empty database by `tayori init`. Nothing was changed."
        )


def _is_missing(store: Engine, role: str) -> bool:
    """Whether the store's server has no such role.

    Raises:
        Refused: it has one that could do more than its grants say.

    """
    with reading(store) as connection:
        wide = connection.execute(_WIDE, {"role": role}).scalar()
    if wide:
        raise Refused(
            f"The role {role} has rights of its own beyond a door's (attributes, membership in another role, or "
            "something that it owns); take them from it, or name a fresh one. Nothing was changed."
        )
    return wide is None


def _close(store: Engine) -> None:
    """Let nobody but the owner make tables in a store, not even for the length of a connection.

    A view that an injected statement leaves in a pooled connection would stand before the real table, and be asked in
    the name of whoever logs in next.

    Raises:
        Refused: this program's role may not take these rights away.

    """
    with writing(store) as connection:
        for statement in door_role.NOTHING_MADE:
            connection.execute(text(statement))
        open_still = connection.execute(_OPEN).scalar_one()
        if open_still:
            raise Refused(
                f"Every role may make tables in this database. Have its owner run: {open_still}; then run this again. "
                "Nothing was changed."
            )


def _make(store: Engine, role: str) -> bool:
    """Make a role, unless the server got it meanwhile, as one server of two stores does; whether it did."""
    if not _is_missing(store, role):
        return False
    try:
        with writing(store) as connection:
            connection.execute(text(f'CREATE ROLE "{role}" {_NARROW}'))
    except TayoriError:
        raise Refused(
            f"The role {role} is missing and this program may not make it. Have the administrator run: "
            f'CREATE ROLE "{role}" {_NARROW}; then run this again.'
        ) from None
    return True
