"""`tayori roles` makes the doors' roles, gives them what they need, and refuses one that could do more (PostgreSQL)."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.warehouse.engines import open_store, writing
from tayori.warehouse.roles import DoorRoles, give
from tests.support.builders import TestClock
from tests.support.copied import copied_office
from tests.support.postgres import Cluster
from tests.support.roles import some_roles


@pytest.mark.postgres
def test_roles_are_made_once_and_can_do_little(cluster: Cluster, tmp_path: Path, clock: TestClock) -> None:
    """Made where they are missing, without a password and without attributes; run again it makes nothing."""
    roles = some_roles()
    with copied_office(tmp_path / "home", clock, cluster) as office:
        assert give(office.warehouse, office.inbox, roles) == list(roles.names())
        assert give(office.warehouse, office.inbox, roles) == []
        with psycopg.connect(office.settings.database_url) as connection:
            found = connection.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolpassword IS NULL, rolcanlogin"
                " FROM pg_authid WHERE rolname = ANY(%s) ORDER BY rolname",
                (list(roles.names()),),
            ).fetchall()
    assert found == [(name, False, False, False, True, True) for name in sorted(roles.names())]


@pytest.mark.postgres
@pytest.mark.parametrize("more", ["BYPASSRLS", "SUPERUSER", "CREATEROLE", 'IN ROLE "tayori_owner"'])
def test_a_role_that_could_do_more_is_refused(cluster: Cluster, tmp_path: Path, clock: TestClock, more: str) -> None:
    """One that passes the rules of rows by, or may become another role, is no door's; nobody gets a right or a role."""
    roles = some_roles()
    with copied_office(tmp_path / "home", clock, cluster) as office:
        with psycopg.connect(office.settings.database_url) as connection:
            connection.execute(f'CREATE ROLE "{roles.resident}" LOGIN {more}'.encode())
        with pytest.raises(Refused, match="beyond a door's"):
            give(office.warehouse, office.inbox, roles)
        assert standing(office, roles) == [roles.resident]


@pytest.mark.postgres
def test_the_owner_of_the_tables_is_no_door(cluster: Cluster, tmp_path: Path, clock: TestClock) -> None:
    """Named by mistake it is refused, and keeps its rights: every worker runs under it."""
    roles = some_roles()
    with copied_office(tmp_path / "home", clock, cluster) as office:
        with psycopg.connect(office.settings.database_url) as connection:
            connection.execute(f'CREATE ROLE "{roles.opinion}" LOGIN'.encode())
            connection.execute(f'ALTER TABLE opinion_case OWNER TO "{roles.opinion}"'.encode())
        with pytest.raises(Refused, match="it owns"):
            give(office.warehouse, office.inbox, roles)
        with psycopg.connect(cluster.as_user(office.settings.database_url, roles.opinion)) as connection:
            connection.execute("SELECT count(*) FROM opinion_case")


@pytest.mark.postgres
def test_a_warehouse_without_the_rules_gives_no_rights(cluster: Cluster, tmp_path: Path, clock: TestClock) -> None:
    """Tables of an older version show a role everybody: nobody may believe that they do not."""
    roles = some_roles()
    with copied_office(tmp_path / "home", clock, cluster) as office:
        with psycopg.connect(office.settings.database_url) as connection:
            connection.execute("ALTER TABLE genre_choice DISABLE ROW LEVEL SECURITY")
        with pytest.raises(Refused, match="lack the rules"):
            give(office.warehouse, office.inbox, roles)
        assert standing(office, roles) == []


def standing(office: Office, roles: DoorRoles) -> list[str]:
    """Give those of the roles that the server has."""
    with psycopg.connect(office.settings.database_url) as connection:
        asked = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
        return [str(name) for (name,) in connection.execute(asked, (list(roles.names()),))]


@pytest.mark.postgres
def test_who_may_not_do_it_is_told_what_to_ask_for(cluster: Cluster, tmp_path: Path, clock: TestClock) -> None:
    """The sentences hold the statements for whoever owns the database, and for the administrator."""
    roles, owner = some_roles(), some_roles().door
    with copied_office(tmp_path / "home", clock, cluster) as office:
        store = open_store(cluster.as_user(office.settings.database_url, owner))
        with psycopg.connect(office.settings.database_url, autocommit=True) as connection:
            connection.execute(f'CREATE ROLE "{owner}" LOGIN'.encode())
            with pytest.raises(Refused) as told:
                give(store, store, roles)
            advice = str(told.value).partition("run: ")[2].partition("; then")[0]
            assert advice.startswith("REVOKE TEMPORARY ON DATABASE")
            connection.execute(advice.encode())
        with writing(store) as own:
            own.execute(text("CREATE TEMPORARY TABLE of_a_night (a int)"))  # which a scan of followers does
        with pytest.raises(Refused, match=f'CREATE ROLE "{roles.door}" LOGIN NOSUPERUSER'):
            give(store, store, roles)
        store.dispose()


@pytest.mark.postgres
def test_each_process_has_a_role_of_its_own(cluster: Cluster, tmp_path: Path, clock: TestClock) -> None:
    """One role for two doors would give the wider one's rights to both."""
    with copied_office(tmp_path / "home", clock, cluster) as office, pytest.raises(BadInput, match="of its own"):
        give(office.warehouse, office.inbox, DoorRoles("one", "two", "one"))


def test_a_sqlite_store_has_no_roles(sqlite_office: Office) -> None:
    """Nobody may believe that rights were given where there are none."""
    with pytest.raises(BadInput, match="rights are those of its files"):
        give(sqlite_office.warehouse, sqlite_office.inbox, DoorRoles())
