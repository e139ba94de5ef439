"""`tayori roles`, as whoever sets a server up runs it."""

import json
from pathlib import Path

import psycopg
import pytest

from cli import app as command
from tests.support.postgres import Cluster
from tests.support.roles import some_roles


@pytest.mark.postgres
def test_a_fresh_server_gets_its_roles(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `tayori init` each door's role logs in, and sees no more than it may."""
    roles = some_roles()
    named = ["--door", roles.door, "--opinion", roles.opinion, "--resident", roles.resident]
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    with cluster.lent() as warehouse, cluster.lent() as vault:
        monkeypatch.setenv("TAYORI_DATABASE_URL", warehouse)
        monkeypatch.setenv("TAYORI_VAULT_URL", vault)
        assert command.run(["roles", *named]) == 5  # nothing is set up yet
        assert "tayori init" in capsys.readouterr().err
        assert command.run(["init"]) == 0
        capsys.readouterr()
        for made in (list(roles.names()), []):
            assert command.run(["roles", *named, "--json"]) == 0
            assert json.loads(capsys.readouterr().out)["made"] == made
        for name, sees in ((roles.resident, "SELECT person_no FROM person"), (roles.door, "SELECT 1")):
            with psycopg.connect(cluster.as_user(warehouse, name)) as connection:
                connection.execute(sees.encode())


def test_sqlite_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and the exit code of bad input: nobody may believe that rights were given."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    assert command.run(["init"]) == 0
    capsys.readouterr()
    assert command.run(["roles"]) == 2
    assert "rights are those of its files" in capsys.readouterr().err
