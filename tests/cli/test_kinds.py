"""Plans, the emergency lane and the calendar from the command line: what operators script against."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import app as command
from tayori.broadcast import desk
from tayori.office import TOKYO, Office, open_office
from tests.broadcast.builders import residents
from tests.broadcast.kinds import SHELTER, URGENT, VALUES
from tests.support.builders import some_settings

PHRASES = {"hana": "correct-horse-battery", "ken": "another-long-phrase", "toban": "third-long-phrase"}
Run = Callable[..., Any]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office that the command's environment names, with three handlers and twenty residents."""
    agent = tmp_path / "agent"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in PHRASES.items()))
    agent.chmod(0o600)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))
    monkeypatch.chdir(tmp_path)
    roles = {"hana": ["responsible", "writer"], "ken": ["approver"], "toban": ["duty"]}
    assert command.run(["init"]) == 0
    for name, held in roles.items():
        by = [] if name == "hana" else ["--as", "hana"]
        asked = [word for role in held for word in ("--role", role)]
        assert command.run(["handler", "add", name, "--name", "模擬", *asked, *by]) == 0
    with open_office(some_settings(tmp_path / "var")) as opened:
        residents(opened, 20, genres=frozenset({4, URGENT}))
        yield opened


@pytest.fixture
def run(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command with a stored segment; it has to go well, and gives what it printed, read as JSON."""
    assert office
    (tmp_path / "all.yaml").write_text("everyone: true\n")
    assert command.run(["segment", "create", "all", "--where", "all.yaml", "--as", "hana"]) == 0

    def words(line: str) -> Any:  # noqa: ANN401 - any JSON
        capsys.readouterr()
        assert command.run([*line.split(), "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return words


def test_a_plan_goes_from_draft_to_its_days_and_its_end(office: Office, run: Run, tmp_path: Path) -> None:
    """Drafted, shown, signed by two, seen in the calendar, paused, resumed and ended; every step is JSON."""
    first = office.today() + timedelta(days=1)
    rule = {"at": "10:00", "from": str(first), "until": str(first + timedelta(days=6)), "repeat": "daily"}
    (tmp_path / "plan.yaml").write_text(json.dumps({"rule": rule, "drift_percent": 10}))
    (tmp_path / "m.json").write_text(json.dumps([{"type": "text", "text": "市が立ちます"}]), "utf-8")
    drafted = run("plan draft --genre イベント --segment all --message m.json --plan plan.yaml --as hana")
    plan = drafted["plan_id"]
    assert [one["outcome"] for one in run(f"plan days {plan}")] == [None] * 7
    assert run(f"plan submit {plan} --as hana") == {"count": 20}
    seen = run(f"plan show {plan}")
    assert (seen["count"], seen["state"], '"drift_percent":10' in seen["particulars"]) == (20, "submitted", True)
    assert run(f"plan approve {plan} --as ken --content {seen['content_sha256'][:8]}") == {"count": 20}
    shown = run("broadcast calendar")
    assert {one["of"] for one in shown["entries"]} == {plan}
    assert (len(shown["entries"]), shown["collisions"]) == (7, [])
    assert run(f"plan pause {plan} --reason 見直し --as hana") == {"state": "paused"}
    assert run(f"plan resume {plan} --as hana") == {"state": "approved"}
    assert run(f"plan end {plan} --reason 終了 --as ken") == {"state": "ended"}
    assert [one["state"] for one in run("plan list")] == ["ended"]


def test_the_duty_officer_sends_off_and_another_one_reviews(office: Office, run: Run, tmp_path: Path) -> None:
    """A template signed by two, filled in by the duty officer with --value, reviewed by the approver."""
    written = {"messages": SHELTER, "values": VALUES}
    (tmp_path / "t.yaml").write_text(json.dumps(written, ensure_ascii=False), "utf-8")
    until = office.today() + timedelta(days=30)
    run(f"template draft shelter-open --file t.yaml --segment all --until {until} --as hana")
    run("template submit shelter-open --as hana")
    content = run("template show shelter-open")["content_sha256"]
    run(f"template approve shelter-open --as ken --content {content}")
    opened = f"{office.now().astimezone(TOKYO):%H:%M}"
    values = f"--value shelter=四谷小学校 --value opened={opened}"
    broadcast_id = run(f"broadcast emergency shelter-open {values} --as toban")["broadcast_id"]
    assert f"四谷小学校を{opened}" in desk.review(office, broadcast_id).messages.decode("utf-8")
    assert run(f"broadcast status {broadcast_id}")["state"] == "scheduled"
    assert run(f"broadcast review {broadcast_id} --verdict proper --as ken") == {"verdict": "proper"}


def test_a_handler_is_shown_a_code_and_takes_the_link_back(run: Run) -> None:
    """Eight letters that nobody mistakes; taking back what is not there is no error."""
    assert len(run("handler link --as hana")["code"]) == 8
    assert run("handler link --remove --as hana") == {"linked": False}
