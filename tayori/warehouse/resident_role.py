"""The database rights of the residents' page: read what one person set, add a line to the access log (PostgreSQL).

These are its columns; its rows are those of the person whom a transaction names (`own_rows`). It may change nothing
that is there: settings and wishes go the way of every submission, sealed, through the inbox.
"""

from typing import Final

from sqlalchemy import Engine, Table, text

from tayori.warehouse import door_role
from tayori.warehouse.engines import is_sqlite, writing
from tayori.warehouse.own import PERSON, SETTINGS
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.kinds import staff_link
from tayori.warehouse.schema.letters import letter_receipt
from tayori.warehouse.schema.people import genre_choice, person, reception_settings
from tayori.warehouse.schema.records import audit_entry, quarantine
from tayori.warehouse.schema.surveys import survey, survey_answer
from tayori.warehouse.surveys import SHOWN

READS: Final[tuple[tuple[Table, tuple[str, ...]], ...]] = (
    (person, (*(column.name for column in PERSON), "line_index")),
    (reception_settings, SETTINGS),
    (genre_choice, ("genre", "person_no")),
    (staff_link, ("person_no", "linked_at")),
    (quarantine, ("line_index", "state")),
    (broadcast, ("genre", "state", "ended_at")),
    (audit_entry, ("seq", "hash")),
    (letter_receipt, ("receipt_index", "state")),
    (survey, SHOWN),
    (survey_answer, ("survey", "person_no")),
)
"""What the page reads, column by column; the LINE id among it is sealed, and the page holds no key."""


def grants(role: str) -> tuple[str, ...]:
    """Give the statements by which the warehouse's owner gives an existing role the rights of the page.

    Raises:
        BadInput: the name is not that of a role.

    """
    door_role.require_name(role)
    reads = tuple(f'GRANT SELECT ({", ".join(columns)}) ON {table.name} TO "{role}"' for table, columns in READS)
    return (*door_role.nothing(role), *reads, f'GRANT INSERT ON {audit_entry.name} TO "{role}"')


def give_rights(warehouse: Engine, inbox: Engine, role: str) -> None:
    """Give a role the rights of the page in both stores. On SQLite rights are those of the files."""
    statements = grants(role)
    if is_sqlite(warehouse):
        return
    shared = warehouse.url == inbox.url
    with writing(warehouse) as connection:
        for statement in (*statements, *(door_role.inbox_grants(role) if shared else ())):
            connection.execute(text(statement))
    if not shared:
        door_role.give_rights(inbox, role)
