"""Gists by command: a template, the writer's word, two hands, the report; each refusal a sentence without a person."""

from pathlib import Path

import pytest

from tests.support.command import Tayori, agent_file, runner

PHRASES = {name: f"a dummy passphrase of {name}" for name in ("chief", "mio")}
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HEADER = (
    "受付番号,受付日,媒体,宛先,回答希望,主管部,種別,氏名,郵便番号,住所,電話番号,メールアドレス,FAX番号,"
    "意見等の内容,入力端末\n"
)
ROW = (
    "T-{},2025/10/05,担当課への問合せ（ホームページ）,担当課への問合せ,希望する,みどり土木部,問合せ,模擬 花子,000-0000,"
    "模擬区模擬町1-2-3,090-0000-1234,hanako@example.jp,,公園の遊具が壊れています。,PC-1\n"
)
TEXTS = 'theme: "公園・みどり"\n  gist: "遊具を直してほしい。"\n  answer: "修繕します。"\n'
EMPTY = 'theme: ""\n  gist: ""\n  answer: ""\n'


@pytest.fixture
def tayori(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command, run in this process, in an office with twelve letters of last year that are done."""
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent_file(tmp_path, PHRASES)))
    run = runner(capsys)
    run("init")
    run("handler", "add", "chief", "--name", "統", "--role", "responsible", "--side", "甲")
    run("handler", "add", "mio", "--name", "澪", "--role", "desk", "--as", "chief")
    (tmp_path / "letters.csv").write_text(HEADER + "".join(ROW.format(at) for at in range(1, 13)), "utf-8")
    run("ingest", "opinions", "--file", tmp_path / "letters.csv", "--mapping", EXAMPLES / "desk_list.yaml")
    run("case", "take-up")
    numbers = [one["receipt_no"] for one in run("case", "list", "--json").json]
    assert run("case", "close", "--outcome", "circulated", "--as", "mio", *numbers).code == 0
    return run


def test_a_gist_goes_from_a_template_to_the_report(tayori: Tayori, tmp_path: Path) -> None:
    """Nobody was asked, so nobody stands in the template; who was told since does, and the report prints no number."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    assert tayori("opinions", "gist-template", first, "--of", "2025-10", "--json").json["letters"] == 0
    number = "R2025-0000003"
    asked = ("case", "summary", number, "yes", "--as", "mio")
    assert tayori(*asked).code == 2, "what the writer was told has to be said"
    assert tayori(*asked, "--words", "電話で説明し、よいとのこと。").code == 0
    assert tayori("opinions", "gist-template", second, "--of", "2025-10", "--json").json["letters"] == 1
    assert number in second.read_text("utf-8")
    assert second.stat().st_mode & 0o077 == 0, "receipt numbers are for their reader alone"
    assert tayori("opinions", "gist-template", second, "--of", "2025-10").code == 2, "what is there is not written over"
    assert tayori("opinions", "gist-submit", second, "--as", "mio").code == 2, "an empty entry is none"
    second.write_text(second.read_text("utf-8").replace(EMPTY, TEXTS).replace("[]", f"[{number}]"), "utf-8")
    report = ("opinions", "report", "--of", "2025-10", "--trial", "--out", tmp_path / "out", "--gists", second)
    assert tayori("opinions", "gist-submit", second, "--as", "mio", "--json").json == {"gists": 1, "new": 1}
    assert (tayori(*report).code, tayori("opinions", "gist-approve", second, "--as", "mio").code) == (3, 3)
    assert tayori("opinions", "gist-approve", second, "--as", "chief", "--json").json == {"gists": 1, "approved": 1}
    (kept,) = tayori("opinions", "gist-list", "--json").json
    assert (kept["written_by"], kept["approved_by"], kept["letters"], kept["held"]) == ("mio", "chief", 1, 1)
    said = tayori(*report, "--round", "10")
    assert said.code == 0, said.err
    page = (tmp_path / "out" / "opinion-report.html").read_text("utf-8")
    assert ("修繕します。" in page, "10の倍数に丸めました" in page, number in page) == (True, True, False)
    assert tayori("case", "summary", number, "no", "--as", "mio").code == 0
    said = tayori(*report)
    assert (said.code, "Entry 1, letter 1" in said.err, number in said.err) == (3, True, False)
