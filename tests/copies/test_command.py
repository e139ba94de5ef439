"""The whole way by the command alone: backup, escrow, drill, loss, restore, and the ledger (L12)."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from cli import app as command
from tayori.office import open_office
from tests.support.builders import a_line_id, some_settings
from tests.support.people import follow

PHRASES = {"hana": "correct-horse-battery", "ku": "another-long-phrase"}
Tayori = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder, an agent file, a medium and two custodians in the environment."""
    agent, medium, custodians = tmp_path / "agent", tmp_path / "medium", tmp_path / "custodians.txt"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in PHRASES.items()))
    agent.chmod(0o600)
    medium.mkdir()
    made = [Identity.generate() for _ in range(2)]
    (tmp_path / "identity.txt").write_text(f"{made[0]}\n")
    custodians.write_text("".join(f"{one.to_public()} 模擬の課長{place}\n" for place, one in enumerate(made)), "utf-8")
    settings = {"HOME": tmp_path / "var", "PASSPHRASE_FILE": agent}
    settings |= {"ESCROW_FOLDER": medium, "ESCROW_RECIPIENTS_FILE": custodians, "BACKUP_FOLDER": tmp_path / "backups"}
    for name, value in settings.items():
        monkeypatch.setenv(f"TAYORI_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


@pytest.fixture
def tayori(home: Path, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command with a ward and a contractor's handler; what it says comes back as JSON."""

    def call(*words: str | Path, code: int = 0) -> Any:  # noqa: ANN401 - any JSON
        given = [str(word) for word in words]
        assert command.run([*given, *([] if code else ["--json"])]) == code
        said = capsys.readouterr()
        return said.err if code else json.loads(said.out)

    call("init")
    call("handler", "add", "hana", "--name", "模擬 花子", "--role", "responsible", "--side", "乙")
    call("handler", "add", "ku", "--name", "模擬 区", "--role", "writer", "--side", "甲", "--as", "hana")
    with open_office(some_settings(home)) as office:
        follow(office, [a_line_id(one) for one in range(1, 8)])
    return call


def test_lost_and_back_by_the_command_alone(tayori: Tayori, home: Path, tmp_path: Path) -> None:
    """A drill while all is well; then the home is gone, and three files bring it back: nobody had to write code."""
    made = tayori("backup", "make", "--as", "hana")
    assert made["escrow"].startswith("escrow-")
    assert tayori("backup", "check") == {"troubles": []}
    assert tayori("escrow", "check")["copy_id"] == made["escrow"]
    escrow = ["--escrow", tmp_path / "medium" / made["escrow"], "--identity", tmp_path / "identity.txt"]
    drill = tayori("restore", made["copy_id"], *escrow, "--rehearsal", tmp_path / "drill", "--as", "ku")
    assert (drill["person_keys"], (tmp_path / "drill").exists()) == (7, False)
    pem = (home / "keys" / "signing.pub.pem").read_bytes()
    (tmp_path / "issuer.pem").write_bytes(pem)
    shutil.copytree(home / "handlers", tmp_path / "handlers")
    shutil.rmtree(home)
    (home).mkdir()
    shutil.copytree(tmp_path / "handlers", home / "handlers")
    [listed] = tayori("escrow", "list", "--folder", tmp_path / "medium")
    assert listed["copy_id"] == made["escrow"]
    found = tayori("restore", made["copy_id"], *escrow, "--key", tmp_path / "issuer.pem", "--as", "ku")
    assert (found["person_keys"], found["signed"]) == (7, True)
    assert {row["kind"] for row in tayori("copies", "list")} == {"backup", "escrow"}
    assert "empty place" in tayori("restore", made["copy_id"], *escrow, "--as", "ku", code=3)
    assert tayori("retention", "run")["erased"] == 0


def test_a_contractors_copy_from_approval_to_receipt(tayori: Tayori, tmp_path: Path) -> None:
    """P6, O8: no approval, no entry; a statement does not end it; what was handed back ends by the receipt."""
    file = tmp_path / "handed.age"
    file.write_bytes(b"sealed")
    until = "2099-01-01"
    key = str(Identity.generate().to_public())
    words = [
        "--file",
        file,
        "--purpose",
        "契約終了時の返還",
        "--recipient",
        key,
        "--approval",
        "8新総第1号",
        "--as",
        "hana",
    ]
    soon = tayori("copies", "kinds")
    assert {one["kind"] for one in soon} == {"backup", "escrow", "contractor", "handover", "disclosure", "aggregate"}
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    assert "on file" in tayori("copies", "add", "--kind", "handover", "--until", day, *words, code=3)
    tayori("copies", "approve", "8新総第1号", "--kind", "handover", "--until", until, "--as", "ku")
    made = tayori("copies", "add", "--kind", "handover", "--until", day, *words)
    assert tayori("copies", "show", made["copy_id"])["approval"] == "8新総第1号"
    tayori("copies", "end", made["copy_id"], "--proof", "受領書 8新総第9号", "--as", "hana")
    assert [row["state"] for row in tayori("copies", "list")] == ["終了"]
    assert "closed" in tayori("copies", "add", "--kind", "usb", "--until", day, *words, code=3)


def test_what_lies_beside_the_ledger_is_told(tayori: Tayori, home: Path) -> None:
    """`copies check` ends with exit code 3 and names the file."""
    assert tayori("copies", "check") == {"found": []}
    shutil.copy(home / "keys" / "kek.json", home / "kek.json.bak")
    assert "1 copies" in tayori("copies", "check", code=3)
