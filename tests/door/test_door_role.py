"""The roles of webhook and opinion screen may add to the inbox, and may do nothing else (PostgreSQL)."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tayori.errors import BadInput
from tayori.warehouse.door_role import grants
from tests.door.builders import running_door, settings_of
from tests.ingest.builders import an_event, take_in
from tests.support.builders import TestClock
from tests.support.postgres import Cluster
from tests.support.roles import Narrow, narrow_office

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
    "CREATE TEMP TABLE of_the_door (a int)",
]


@pytest.fixture
def narrow(cluster: Cluster, tmp_path: Path, clock: TestClock) -> Iterator[Narrow]:
    """Give an office whose doors have roles of their own."""
    with narrow_office(cluster, tmp_path / "home", clock) as given:
        yield given


@pytest.mark.postgres
def test_the_door_works_with_its_narrow_role(narrow: Narrow) -> None:
    """Deliveries come in through a role that may only INSERT, and the door can tell its health."""
    with running_door(settings_of(narrow.office, inbox_url=narrow.door)) as door:
        assert door.health() == 200
        assert door.deliver(an_event("follow", 1)).status_code == 200
    assert take_in(narrow.office).events.applied == 1


@pytest.mark.postgres
def test_webhook_and_opinion_screen_may_do_nothing_else(narrow: Narrow) -> None:
    """Reading, changing or deleting the inbox, and every other table, is refused by the database itself."""
    for url in (narrow.door, narrow.opinion):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in FORBIDDEN:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


def test_a_role_name_is_no_place_for_statements() -> None:
    """Only a plain role name is put into the statements."""
    with pytest.raises(BadInput):
        grants('door"; DROP TABLE inbox; --')
