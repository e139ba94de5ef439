"""What `tayori up` refuses before it starts anything."""

import socket
from pathlib import Path

import pytest

from cli import app as command
from cli.up import ROLES, Plan
from tayori.settings import Mode, Settings
from tests.support.ports import free_port


def _free_ports() -> list[str]:
    ports = (str(free_port()) for _ in range(5))
    return [
        word for name in ("prefect", "door", "line", "resident", "opinion") for word in (f"--{name}-port", next(ports))
    ]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))


def test_a_port_that_is_taken_is_named_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another program's server is never taken for ours."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert command.run(["up", "--door-port", str(port)]) == 5
    assert f"Port {port} is taken by another program; name a free one with --door-port" in capsys.readouterr().err
    assert not (tmp_path / "var" / "logs").exists()


@pytest.mark.parametrize("option", ["--residents", "--friends"])
def test_live_makes_no_dummy_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    """Dummy people belong to rehearsals; in live the options are refused before anything is set up."""
    monkeypatch.setenv("TAYORI_MODE", "live")
    monkeypatch.setenv("TAYORI_DEPLOYMENT_ALLOWED_HOSTS", "api.line.me,api-data.line.me")
    assert command.run(["up", option, "3"]) == 2
    assert "dummy people" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["TAYORI_LINE_CHANNEL_SECRET", "TAYORI_LINE_ACCESS_TOKEN"])
def test_live_makes_no_secret_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    """In live the channel's secrets are given or nothing starts."""
    for name in {"TAYORI_LINE_CHANNEL_SECRET", "TAYORI_LINE_ACCESS_TOKEN"} - {missing}:
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv("TAYORI_MODE", "live")
    monkeypatch.setenv("TAYORI_DEPLOYMENT_ALLOWED_HOSTS", "api.line.me,api-data.line.me")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert command.run(["up", *_free_ports()]) == 2
    assert "TAYORI_LINE" in capsys.readouterr().err


def test_a_prefect_api_in_the_open_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """L8: nothing starts beside an API that anybody on the way can read."""
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example.jp/api")
    assert command.run(["up", *_free_ports()]) == 3
    assert "PREFECT_API_URL" in capsys.readouterr().err


@pytest.mark.parametrize("mode", list(Mode))
def test_a_door_in_live_has_a_database_role_of_its_own(tmp_path: Path, mode: Mode) -> None:
    """P7: nobody's rows but one person's: under the owner the live pages would open nothing, and `up` never stand.

    The owner's password goes to no door. A rehearsal needs no roles, and a file has none.
    """
    settings = Settings().model_copy(update={"mode": mode})
    plan = Plan(settings, 1, 2, 3, 4, 5, 0, 0)
    owner = "postgresql://tayori:secret@db.example.jp:5433/tayori?sslmode=verify-full"
    own = f"postgresql://{ROLES.resident}@db.example.jp:5433/tayori?sslmode=verify-full"
    assert plan.address(owner, ROLES.resident) == (own if mode is Mode.LIVE else owner)
    file = f"sqlite:///{tmp_path / 'inbox.db'}"
    assert plan.address(file, ROLES.door) == file
