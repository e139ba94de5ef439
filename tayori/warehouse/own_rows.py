"""Whose rows a role sees that does not own the tables: those of the one person whom its transaction names (PostgreSQL).

The residents' page names, at the beginning of each transaction, the look-up value of the person whom the verified token
names, or that of the receipt number that was typed in. The name ends with the transaction; without it there is no row
to be read and no line can be written. The owner, under whom the workers run, is bound by none of this; SQLite has no
roles, and there the WHERE of each query is the rule.
"""

from typing import Final

from sqlalchemy import Connection, text

from tayori.errors import Unavailable
from tayori.warehouse.engines import is_sqlite

PERSON: Final = "tayori.person"
RECEIPT: Final = "tayori.receipt"
ACTOR: Final = "door:resident"
"""Under what name the page stands in the access log; it can write under no other."""


def _named(setting: str) -> str:
    return f"decode(nullif(current_setting('{setting}', true), ''), 'hex')"


_MINE: Final = f"line_index = {_named(PERSON)}"
_OF_MINE: Final = f"person_no = (SELECT mine.person_no FROM person mine WHERE mine.{_MINE})"  # noqa: S608 - ours
_WRITTEN: Final = f"actor = '{ACTOR}' AND EXISTS (SELECT FROM person mine WHERE mine.{_MINE})"
SEEN: Final = {
    "person": _MINE,
    "reception_settings": _OF_MINE,
    "genre_choice": _OF_MINE,
    "staff_link": _OF_MINE,
    "survey_answer": _OF_MINE,
    "quarantine": _MINE,
    "letter_receipt": f"receipt_index = {_named(RECEIPT)}",
    "audit_entry": f"{_named(PERSON)} IS NOT NULL",
}
"""Which rows of a table are there, for who does not own it."""
LAID: Final = (
    *(f"CREATE POLICY own_rows ON {table} FOR SELECT USING ({rule})" for table, rule in SEEN.items()),
    f"CREATE POLICY own_line ON audit_entry FOR INSERT WITH CHECK ({_WRITTEN})",
)
LIFTED: Final = (*(f"DROP POLICY own_rows ON {table}" for table in SEEN), "DROP POLICY own_line ON audit_entry")
"""Take the rules away: a role that is bound by them then sees no row at all, until they are laid again."""
_ENABLED: Final = tuple(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in SEEN)
STATEMENTS: Final[dict[str, tuple[str, ...]]] = {"sqlite": (), "postgresql": (*_ENABLED, *LAID)}


def name_person(connection: Connection, index: bytes, *, bound: bool = False) -> None:
    """Say for whom this transaction is; see `_name`."""
    _name(connection, PERSON, index, bound=bound)


def name_receipt(connection: Connection, index: bytes, *, bound: bool = False) -> None:
    """Say for which receipt number this transaction is; see `_name`."""
    _name(connection, RECEIPT, index, bound=bound)


def _name(connection: Connection, setting: str, index: bytes, *, bound: bool) -> None:
    """Name one person or receipt until the transaction ends.

    Raises:
        Unavailable: the role has to be `bound` by these rules, and owns the tables or passes them by.

    """
    if is_sqlite(connection):
        return
    told = text("SELECT set_config(:setting, :value, true), row_security_active('person')")
    _, is_bound = connection.execute(told, {"setting": setting, "value": index.hex()}).one()
    if bound and not is_bound:
        raise Unavailable(
            "The database role of the residents' pages sees everybody's rows, so nothing was opened; "
            "make it one by `tayori roles` and name it in TAYORI_DATABASE_URL."
        )
