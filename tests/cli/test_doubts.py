"""`tayori opinions second-reading`, `doubts`, `doubt`: JSON out, exit codes, words of a letter to the desk alone."""

from pathlib import Path

import pytest

from tayori.analysis.mart import mask_done_cases
from tayori.office import open_office
from tests.support.builders import some_settings
from tests.support.command import Tayori, agent_file, runner
from tests.support.letters import ALetter, receipt, receive
from tests.support.stand_in import stand_in_interpreter

SAID, SHOWN = "公園に甲乙丙が来た。遊具も見た。", "公園に【甲乙丙】が来た。"


@pytest.fixture
def tayori(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command in an office with a masked letter and two handlers: hanako of the desk, jiro, who is not."""
    phrases = dict.fromkeys(("taro", "hanako", "jiro"), "correct-horse-battery")
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent_file(tmp_path, phrases)))
    run = runner(capsys)
    assert run("init").code == 0
    for name, role in (("taro", "responsible"), ("hanako", "desk"), ("jiro", "writer")):
        by = () if name == "taro" else ("--as", "taro")
        added = run("handler", "add", name, "--name", f"模擬 {name}", "--role", role, "--side", "甲", *by)
        assert added.code == 0, added.err
    with open_office(some_settings(tmp_path / "var")) as office:
        receive(office, ALetter(said=SAID, masked=False))
        mask_done_cases(office)
    return run


def test_from_the_reading_to_the_decision(tayori: Tayori, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read, list without a word of it, show marked to the desk alone, decide once."""
    unset = tayori("opinions", "second-reading")
    assert (unset.code, "TAYORI_GINZA_PYTHON" in unset.err) == (2, True)
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path)))
    assert tayori("opinions", "second-reading", "--json").json == {"read_again": 1, "doubts": 1}
    listed = tayori("opinions", "doubts", "--json")
    assert [(one["doubt_no"], one["receipt_no"], one["decision"]) for one in listed.json] == [(1, receipt(1), None)]
    assert "甲乙丙" not in listed.out + tayori("opinions", "doubts").out
    refused = tayori("opinions", "doubt", 1, "--as", "jiro")
    assert (refused.code, "甲乙丙" in refused.out + refused.err) == (3, False)
    assert SHOWN in tayori("opinions", "doubt", 1, "--as", "hanako").out
    assert tayori("opinions", "doubt", 1, "--as", "hanako", "--json").json["sentence"] == SHOWN
    assert "マスキングしました" not in tayori("opinions", "doubt", 2, "--name", "--as", "hanako").out
    assert tayori("opinions", "doubt", 1, "--name", "--as", "hanako", "--json").json["decision"] == "name"
    assert tayori("opinions", "doubt", 1, "--no-name", "--as", "hanako").code == 3
    assert tayori("opinions", "doubts", "--json").json == []
    assert "氏名（マスキング済み）" in tayori("opinions", "doubts", "--all").out


def test_a_reader_that_breaks_off_is_told_in_a_sentence(
    tayori: Tayori, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5, no word of a letter."""
    monkeypatch.setenv("TAYORI_GINZA_PYTHON", str(stand_in_interpreter(tmp_path, "dies")))
    said = tayori("opinions", "second-reading")
    assert (said.code, "wait for its next run" in said.err, "甲乙丙" in said.err) == (5, True, False)
