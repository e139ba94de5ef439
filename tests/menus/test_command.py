"""`tayori richmenu`: plan and diff change nothing at LINE, apply does with a handler's passphrase, each in words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cli import app as command
from sandbox.line.serve import RunningPlatform
from tayori.office import open_office
from tayori.warehouse import audit
from tayori.warehouse.engines import reading
from tests.support.builders import some_settings
from tests.support.menus import a_file, a_tile

PHRASE = "correct-horse-battery"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(
    platform: RunningPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Give the command in an office with one handler, which speaks to the platform."""
    agent = tmp_path / "agent"
    agent.write_text(f"hana {PHRASE}\nren {PHRASE}\n")
    agent.chmod(0o600)
    own = {
        "HOME": str(tmp_path / "var"),
        "PASSPHRASE_FILE": str(agent),
        "LINE_API_BASE": platform.base_url,
        "LINE_ACCESS_TOKEN": platform.account.access_token,
        "LINK_HOSTS": "www.city.example.lg.jp",
    }
    for name, value in own.items():
        monkeypatch.setenv(f"TAYORI_{name}", value)
    monkeypatch.chdir(tmp_path)
    assert command.run(["init"]) == 0
    assert command.run(["handler", "add", "hana", "--name", "模擬", "--role", "responsible"]) == 0
    write(tmp_path, a_file(tabs=2))

    def words(line: str) -> tuple[int, str]:
        capsys.readouterr()
        code = command.run(line.split())
        told = capsys.readouterr()
        return code, told.out + told.err

    return words


def write(folder: Path, file: object) -> None:
    (folder / "menu.yaml").write_text(yaml.safe_dump(file, allow_unicode=True), "utf-8")


def changes(platform: RunningPlatform) -> list[tuple[str, str]]:
    """Give what the platform was asked to change."""
    return [one for one in platform.control.asked() if one[0] != "GET" and not one[1].endswith("/validate")]


def test_a_menu_is_planned_applied_and_compared(run: Run, platform: RunningPlatform, tmp_path: Path) -> None:
    """L2: plan draws and lists, diff tells, apply does it; then both find nothing, and the log a line."""
    code, told = run("richmenu plan --file menu.yaml --out pictures --json")
    assert (code, [step["verb"] for step in json.loads(told)]) == (0, ["make", "dress"] * 2 + ["name"] * 2 + ["show"])
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["tab-1.png", "tab-2.png"]
    code, told = run("richmenu diff --file menu.yaml")
    assert (code, '+ "chatBarText": "メニュー"' in told) == (1, True)
    assert changes(platform) == []
    code, told = run("richmenu apply --file menu.yaml --as hana")
    assert (code, "7 手順" in told) == (0, True)
    assert run("richmenu diff --file menu.yaml") == (0, "違いはありません。\n")
    assert "することはありません" in run("richmenu plan --file menu.yaml")[1]
    with open_office(some_settings(tmp_path / "var")) as office, reading(office.warehouse) as connection:
        assert [one for one in audit.lines(connection) if one.object.startswith("rich menu tayori-")]


def test_a_changed_file_shows_its_difference(run: Run, tmp_path: Path) -> None:
    """The difference names what will change, as lines taken away and lines put."""
    assert run("richmenu apply --file menu.yaml --as hana")[0] == 0
    write(tmp_path, a_file(tabs=2) | {"bar": "区のメニュー"})
    code, told = run("richmenu diff --file menu.yaml")
    assert code == 1
    assert '- "chatBarText": "メニュー"' in told
    assert '+ "chatBarText": "区のメニュー"' in told


def test_what_cannot_be_is_one_sentence(run: Run, platform: RunningPlatform, tmp_path: Path) -> None:
    """A broken rule, no file, an unknown handler: a sentence, its exit code, and nothing changed at LINE."""
    write(
        tmp_path,
        {"bar": "メニュー", "tabs": [{"tab": "案内", "columns": 1, "tiles": [a_tile(link="https://x.example/")]}]},
    )
    code, told = run("richmenu apply --file menu.yaml --as hana")
    assert code == 2
    assert told.startswith("tab 1, tile 1, link:")
    assert run("richmenu plan --file none.yaml")[0] == 4
    write(tmp_path, a_file())
    assert run("richmenu apply --file menu.yaml --as nobody")[0] == 4
    assert changes(platform) == []


def test_only_who_answers_for_the_news_changes_what_everybody_sees(run: Run, platform: RunningPlatform) -> None:
    """I10: a clerk who audits or writes answers to letters has a passphrase, and no menu to change."""
    assert run("handler add ren --name 模擬 --role auditor --role section --as hana")[0] == 0
    code, told = run("richmenu apply --file menu.yaml --as ren")
    assert (code, "ren is not in the roster as" in told) == (3, True)
    assert changes(platform) == []
