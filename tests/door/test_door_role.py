"""The door's database role may add to the inbox, and may do nothing else (PostgreSQL)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tayori.errors import BadInput
from tayori.office import Office
from tayori.warehouse.door_role import give_rights, grants
from tests.door.builders import running_door, settings_of
from tests.ingest.builders import an_event, take_in
from tests.support.builders import TestClock
from tests.support.copied import copied_office
from tests.support.postgres import Cluster

FORBIDDEN = [
    "SELECT * FROM inbox",
    "SELECT count(*) FROM inbox",
    "UPDATE inbox SET kind = 'x'",
    "DELETE FROM inbox",
    "TRUNCATE inbox",
    "INSERT INTO inbox (kind, epoch, sealed, received_at) VALUES ('x', 1, '', now()) RETURNING inbox_no",
    "INSERT INTO inbox (inbox_no, kind, epoch, sealed, received_at) VALUES (1, 'x', 1, '', now())",
    "SELECT * FROM person",
    "INSERT INTO person (person_no, line_user_id, line_index, last_event_ms) VALUES (1, '', '', 1)",
    "SELECT * FROM quarantine",
    "SELECT * FROM audit_entry",
    "SELECT last_value FROM inbox_inbox_no_seq",
    "CREATE TABLE of_the_door (a int)",
]


@dataclass(frozen=True)
class Narrow:
    """An office on PostgreSQL and the address by which its door reaches the inbox."""

    office: Office
    door_url: str


@pytest.fixture
def narrow(cluster: Cluster, tmp_path: Path, clock: TestClock) -> Iterator[Narrow]:
    """Give an office whose inbox has a role for the door."""
    name = f"d{uuid.uuid4().hex[:10]}"
    with copied_office(tmp_path / "home", clock, cluster) as office:
        with psycopg.connect(office.settings.inbox_address) as connection:
            connection.execute(f'CREATE ROLE "{name}" LOGIN'.encode())
        give_rights(office.inbox, name)
        yield Narrow(office, cluster.as_user(office.settings.database_url, name))


@pytest.mark.postgres
def test_the_door_works_with_its_narrow_role(narrow: Narrow) -> None:
    """Deliveries come in through a role that may only INSERT, and the door can tell its health."""
    with running_door(settings_of(narrow.office, inbox_url=narrow.door_url)) as door:
        assert door.health() == 200
        assert door.deliver(an_event("follow", 1)).status_code == 200
    assert take_in(narrow.office).events.applied == 1


@pytest.mark.postgres
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_door_may_do_nothing_else(narrow: Narrow, statement: str) -> None:
    """Reading, changing or deleting the inbox, and every other table, is refused by the database itself."""
    with (
        psycopg.connect(narrow.door_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_a_role_name_is_no_place_for_statements() -> None:
    """Only a plain role name is put into the statements."""
    with pytest.raises(BadInput):
        grants('door"; DROP TABLE inbox; --')
