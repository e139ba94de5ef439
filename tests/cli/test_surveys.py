"""`tayori survey` and `tayori case receipt`, as operators script against them (L6, P5, O1)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli import app as command
from tayori.office import Office, open_office
from tests.ingest.builders import an_event, deliver, take_in
from tests.opinion.builders import ANSWERED, receipt_of, running_screen
from tests.support.builders import START, TestClock, some_settings
from tests.surveys.builders import a_survey, answer
from tests.surveys.builders import survey_of as stored

PHRASES = {"hana": "correct-horse-battery", "ken": "another-long-phrase"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office that the command's environment names, with a responsible handler and an approver."""
    agent = tmp_path / "agent"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in PHRASES.items()))
    agent.chmod(0o600)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))
    monkeypatch.chdir(tmp_path)
    assert command.run(["init"]) == 0
    assert command.run(["handler", "add", "hana", "--name", "模擬", "--role", "responsible"]) == 0
    assert command.run(["handler", "add", "ken", "--name", "模擬", "--role", "approver", "--as", "hana"]) == 0
    with open_office(some_settings(tmp_path / "var")) as opened:
        yield opened


def written(path: Path, **changes: object) -> str:
    path.write_text(yaml.safe_dump(a_survey(closes_on="2099-12-31", **changes), allow_unicode=True), "utf-8")
    return str(path)


def test_a_survey_from_its_file_to_its_results(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Checked, published, answered, closed, and its tables written as a page and as CSV."""
    file = written(tmp_path / "survey.yaml", anonymous=True)
    assert command.run(["survey", "check", file]) == 0
    assert command.run(["survey", "publish", file, "--as", "hana"]) != 0
    assert command.run(["survey", "publish", file, "--as", "ken"]) == 0
    today = int((office.now() - START).total_seconds() * 1000)
    deliver(office, *(an_event("follow", person, at=today) for person in range(1, 31)))
    take_in(office)
    for person in range(1, 31):
        answer(office, stored(office, "library"), person, often="a" if person < 16 else "b")
    assert command.run(["survey", "close", "library", "--as", "ken"]) == 0
    capsys.readouterr()
    assert command.run(["survey", "results", "library", "--out", "out", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tables"] == 4
    assert "週に1回,15" in Path(told["csv"]).read_text("utf-8-sig")
    assert "回答した人は30人です" in Path(told["page"]).read_text("utf-8")


def test_what_may_not_be_asked_is_refused_with_its_clause(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """P5: place, matter and clause are told; the exit code is that of a refusal; nothing is published."""
    assert office
    file = written(tmp_path / "survey.yaml", questions=[{"id": "q", "ask": "支持政党はどこですか", "kind": "text"}])
    refused = command.run(["survey", "check", file])
    out = capsys.readouterr()
    assert refused == command.run(["survey", "publish", file, "--as", "ken"]) != 0
    assert "特記事項5(1)" in out.out
    capsys.readouterr()
    assert command.run(["survey", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_case_is_found_by_the_part_of_its_number_that_may_be_told(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """The desk asks for the first two groups, and sees how to answer and whether a summary may be published."""
    with running_screen(office, TestClock(office.now())) as desk:
        number = receipt_of(desk.write(**ANSWERED, summary="no"))
    take_in(office)
    capsys.readouterr()
    assert command.run(["case", "receipt", number[:9].lower(), "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)
    assert (case["state"], case["answer_by"], case["summary"]) == ("received", "email", "no")
