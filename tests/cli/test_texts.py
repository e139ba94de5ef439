"""Texts at the command: pictures beside the file, versions, last year's text, previews, advice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import app as command
from tayori.office import open_office
from tayori.warehouse import segments
from tayori.warehouse.engines import writing
from tests.support.builders import some_settings
from tests.support.wording import DOORS, FLYER, HOST, IMAGE, NOTICE, TEXT, a_photo

PHRASE = "correct-horse-battery"
Run = Callable[..., tuple[int, str, str]]
EASY_TEXT = {"type": "text", "text": "避難所に いきます。"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command in an office with a writer, a stored condition, and a folder with a picture in it."""
    agent = tmp_path / "agent"
    agent.write_text(f"hana {PHRASE}\n")
    agent.chmod(0o600)
    given = {"HOME": tmp_path / "var", "PASSPHRASE_FILE": agent, "LINK_HOSTS": HOST, "WEB_BASE_URL": DOORS}
    for name, value in given.items():
        monkeypatch.setenv(f"TAYORI_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    (tmp_path / FLYER).write_bytes(a_photo())

    def told(*words: str | Path) -> tuple[int, str, str]:
        code = command.run([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    assert told("init")[0] == 0
    assert told("handler", "add", "hana", "--name", "花子", "--role", "responsible", "--role", "writer")[0] == 0
    with open_office(some_settings(tmp_path / "var")) as office, writing(office.warehouse) as connection:
        segments.add(connection, "all", '{"everyone":true}', "hana", office.now())
    return told


def written(*messages: object) -> Path:
    path = Path("message.yaml")
    path.write_text(yaml.safe_dump(list(messages), allow_unicode=True), "utf-8")
    return path


def drafted(run: Run, *more: str | Path, genre: str = "防災・防犯") -> Any:  # noqa: ANN401 - JSON
    code, out, err = run("broadcast", "draft", "--genre", genre, "--segment", "all", *more, "--as", "hana", "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_text_is_drafted_altered_and_read_in_every_version(run: Run) -> None:
    """Two versions, the first one still readable; a change of the window alone is a version too."""
    number = drafted(run, "--message", written(TEXT))["broadcast_id"]
    assert run("broadcast", "alter", number, "--message", written(NOTICE, IMAGE), "--as", "hana")[0] == 0
    code, out, _ = run("broadcast", "alter", number, "--not-after", "2099-01-01T10:00", "--as", "hana", "--json")
    assert (code, json.loads(out)["version"]) == (0, 3)
    code, out, _ = run("broadcast", "versions", number, "--json")
    kept = json.loads(out)
    assert [one["version"] for one in kept] == [1, 2, 3]
    assert TEXT["text"] in kept[0]["text"]
    assert kept[1]["content_sha256"] == kept[2]["content_sha256"] != kept[0]["content_sha256"]
    assert "総合防災訓練" in run("broadcast", "versions", number)[1]


def test_last_years_text_is_drafted_from_its_number(run: Run) -> None:
    """The same words and pictures in a draft of its own; both sources at once, or none, are refused."""
    old = drafted(run, "--message", written(NOTICE, IMAGE))["broadcast_id"]
    new = drafted(run, "--from", old)["broadcast_id"]
    assert new != old
    texts = [json.loads(run("broadcast", "versions", one, "--json")[1])[0]["text"] for one in (old, new)]
    assert texts[0] == texts[1]
    for more in ([], ["--from", old, "--message", "message.yaml"]):
        code, _, err = run("broadcast", "draft", "--genre", "1", "--segment", "all", *more, "--as", "hana")
        assert (code, "either --message FILE or --from ID" in err) == (2, True)
    code, _, err = run("broadcast", "draft", "--genre", "1", "--segment", "all", "--from", "b-0", "--as", "hana")
    assert code == 4, err


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/hostname", "nowhere.jpg", "sub/flyer.jpg"])
def test_a_picture_lies_beside_the_message_file(run: Run, name: str) -> None:
    """A path out of the folder, or a file that is not there: a sentence, and no draft."""
    message = written({"type": "image", "image": name})
    code, _, err = run("broadcast", "draft", "--genre", "1", "--segment", "all", "--message", message, "--as", "hana")
    assert code in {2, 4}
    assert "beside the message file" in err
    assert name not in err


def test_a_writer_is_warned_in_easy_japanese_and_nowhere_else(run: Run) -> None:
    """The warning names the word; the draft is kept; in another genre nobody is warned."""
    message = written(EASY_TEXT)
    told = drafted(run, "--message", message, genre="やさしい日本語")
    assert "避難所" in told["warnings"][0]
    assert drafted(run, "--message", message)["warnings"] == []
    more = ("--segment", "all", "--message", message, "--as", "hana")
    assert "注意: 「避難所」" in run("broadcast", "draft", "--genre", "12", *more)[2]


def test_a_preview_is_written_as_a_page_where_no_browser_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Chromium the HTML alone is written, and that is said; an older version can be looked at."""
    number = drafted(run, "--message", written(NOTICE, IMAGE, TEXT))["broadcast_id"]
    run("broadcast", "alter", number, "--message", written(TEXT), "--as", "hana")
    monkeypatch.setenv("PATH", "/nowhere")
    code, out, err = run("broadcast", "preview", number, "--out", "見本", "--version", "1", "--json")
    assert (code, "HTML だけ" in err) == (0, True)
    (page,) = json.loads(out)["files"]
    assert "総合防災訓練" in Path(page).read_text("utf-8")
    assert run("broadcast", "preview", number, "--out", "見本", "--version", "3")[0] == 4


@pytest.mark.chromium
def test_a_preview_is_drawn_where_a_browser_is(run: Run) -> None:
    """One page and two pictures, named by the broadcast and the version."""
    number = drafted(run, "--message", written(NOTICE))["broadcast_id"]
    code, out, err = run("broadcast", "preview", number, "--out", "out", "--json")
    if "HTML だけ" in err:
        pytest.skip("Chromium is not installed")
    assert code == 0, err
    names = [Path(path).name for path in json.loads(out)["files"]]
    assert names == [f"{number}-v1{end}" for end in (".html", ".png", "-dark.png")]
