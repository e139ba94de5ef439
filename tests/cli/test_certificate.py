"""Certificates from the command line: listed, handed over, confirmed by 甲, corrected, revoked, verified by anyone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import app as command
from tayori.office import Office, open_office
from tayori.retention.run import retain
from tests.support.builders import a_line_id, some_settings
from tests.support.people import follow, leave

PHRASES = {"kou": "correct-horse-battery", "otsu": "another-long-phrase"}
FIRST, SECOND = "L-2026-0001", "L-2026-0002"
Run = Callable[..., Any]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office of a handler of 甲 and one of 乙, after a night on which somebody left."""
    agent = tmp_path / "agent"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in PHRASES.items()))
    agent.chmod(0o600)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))
    monkeypatch.chdir(tmp_path)
    assert command.run(["init"]) == 0
    added = ["handler", "add", "--name", "模擬", "--role", "responsible"]
    assert command.run([*added, "kou", "--side", "甲"]) == 0
    assert command.run([*added, "otsu", "--side", "乙", "--as", "kou"]) == 0
    with open_office(some_settings(tmp_path / "var")) as opened:
        leave(opened, follow(opened, [a_line_id(1), a_line_id(2)])[:1])
        retain(opened)
        yield opened


@pytest.fixture
def run(office: Office, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command; it has to end with the code asked for, and gives its JSON, or what it complained of."""
    assert office

    def words(line: str, code: int = 0) -> Any:  # noqa: ANN401 - any JSON
        capsys.readouterr()
        ended = command.run([*line.split(), "--json"])
        said = capsys.readouterr()
        assert ended == code, said.err
        return json.loads(said.out) if code == 0 else said.err

    return words


def number_of(run: Run) -> str:
    return str(run("certificate list")[0]["certificate_no"])


@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_a_certificate_from_issue_to_correction(run: Run, tmp_path: Path) -> None:
    """Listed, shown, handed over, confirmed, verified against 甲's head, corrected, revoked: every step is JSON."""
    number = number_of(run)
    assert run("certificate list")[0]["overdue"] is False
    assert run("certificate list --overdue") == []
    assert set(run("certificate settle")["waiting"]) == {number}
    assert "journal" in run(f"certificate show {number}")["waits_for"]
    head = run("certificate log head --out paper")
    held = f"paper/log-head-{head['size']}.jws"
    assert run(f"certificate countersign {number} --as kou")["countersigned"] == {number: "暫定"}
    assert number in json.dumps(run(f"certificate bundle {number} --out out --head {held}"))
    keys = "--key out/issuer.pub.pem --ward-key out/ward-kou.pub.pem"
    verdict = run(f"certificate verify out/{number}.json {keys} --head {held}")["verdict"]
    assert (verdict["state"], verdict["confirmed"]) == ("暫定", "確認済")
    run(f"certificate log prove --head {held} --out proof.json")
    assert run(f"certificate log check proof.json --key out/issuer.pub.pem --head {held}")["valid"]
    new = run(f"certificate correct {number} --reason 宛名の誤り --as otsu")["by"]
    run("certificate log renew-key --as otsu")
    run(f"certificate revoke {new} --reason 誤発行 --as otsu")
    states = {row["certificate_no"]: row["state"] for row in run("certificate list")}
    assert states == {number: "訂正", new: "取消"}
    assert command.run(["certificate", "list"]) == 0
    assert (tmp_path / "out" / "verifier.py").exists()


def test_what_is_refused_has_its_exit_code(run: Run, tmp_path: Path) -> None:
    """Not one's side: 3; not there: 4; changed: 6. Nothing is said about the certificate."""
    number = number_of(run)
    assert "甲" in run(f"certificate countersign {number} --as otsu", 3)
    run(f"certificate revoke {number} --reason 誤り --as kou", 3)
    run("certificate countersign L-2020-0001 --as kou", 4)
    run("certificate bundle L-2020-0001 --out out", 4)
    run(f"certificate bundle {number} --out out --head missing.jws", 4)
    run("certificate log prove --head missing.jws --out proof.json", 4)
    (tmp_path / "head.jws").write_text("x.y.z")
    run("certificate log prove --head head.jws --out proof.json", 6)
    run(f"certificate bundle {number} --out out")
    run(f"certificate verify out/{number}.json --key out/issuer.pub.pem --head head.jws", 6)
    assert run(f"certificate show {number}")["confirmed"] == []
