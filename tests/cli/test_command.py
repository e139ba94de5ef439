"""The command `tayori`: what operators script against."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli import app as command
from cli import pages
from tayori.office import Office, open_office
from tayori.warehouse import audit, people, segments
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import Chosen
from tests.support.builders import some_settings
from tests.support.command import Tayori, agent_file, runner

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
PHRASES = {"hana": "correct-horse-battery", "ken": "another-long-phrase", "mio": "third-long-phrase"}
READING = ["handler list", "register show", "register check", "audit show", "audit verify", "segment list"]
READING += ["certificate list", "quarantine list", "doctor", "broadcast list", "case list"]
READING += ["disposal list", "disposal register", "retention classes", "retention close-contract --contract L"]


EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HEADER = (
    "受付番号,受付日,媒体,宛先,回答希望,主管部,種別,氏名,郵便番号,住所,電話番号,メールアドレス,FAX番号,"
    "意見等の内容,入力端末"
)
ROW = "T-{},2026/10/05,メール,区長への意見,希望する,環境部,要望,模擬 花子,,,,,,公園のごみ箱を増やしてください。,PC-1\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder and an agent file in the environment."""
    agent = agent_file(tmp_path, PHRASES)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


@pytest.fixture
def tayori(home: Path, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command, run in this process."""
    assert home

    return runner(capsys)


@pytest.fixture
def staffed(tayori: Tayori) -> Tayori:
    """Give the command in an office with a responsible writer and an approver."""
    assert tayori("init").code == 0
    assert tayori("handler", "add", "hana", "--name", "花子", "--role", "responsible", "--role", "writer").code == 0
    assert tayori("handler", "add", "ken", "--name", "健", "--role", "approver", "--as", "hana").code == 0
    return tayori


@pytest.fixture
def office(home: Path, staffed: Tayori) -> Iterator[Office]:
    """Give the office behind the command."""
    del staffed  # it is set up by now
    with open_office(some_settings(home)) as opened:
        yield opened


def _commands() -> Iterator[tuple[str, str]]:
    root: Any = typer.main.get_command(command.app)
    yield from pages._helps(root, "tayori", None)  # noqa: SLF001 - the same walk as the page's


def test_every_command_explains_itself_in_japanese() -> None:
    """Help texts are Japanese with the English names beside."""
    helps = dict(_commands())
    assert len(helps) > 40
    assert [path for path, text in helps.items() if not JAPANESE.search(text)] == []


def test_the_pages_in_docs_are_what_the_code_says() -> None:
    """docs/settings.md, docs/cli.md and docs/deployments.md are printed, not written."""
    assert pages.main(["--check"]) == 0


@pytest.mark.parametrize("words", READING)
def test_every_reading_command_gives_json(staffed: Tayori, words: str) -> None:
    """Scripts read JSON; people read a table of the same."""
    said = staffed(*words.split(), "--json")
    assert said.code == 0, said.err
    assert said.json is not None
    assert staffed(*words.split()).code == 0


@pytest.mark.parametrize("words", ["handler list", "audit show", "retention run", "ingest events"])
def test_before_init_every_command_says_what_to_run(tayori: Tayori, words: str) -> None:
    """An absent store is one sentence on standard error and exit code 5; nothing is made by the way."""
    said = tayori(*words.split())
    assert (said.code, said.out) == (5, "")
    assert "tayori init" in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_setting_up_twice_is_harmless_and_a_lost_key_is_refused(tayori: Tayori, home: Path) -> None:
    """`init` keeps what is there; a key file that rows need is never made anew."""
    assert (tayori("init").code, tayori("init").code) == (0, 0)
    (home / "keys" / "kek.json").unlink()
    said = tayori("init")
    assert (said.code, "kek.json" in said.err) == (5, True)


def test_only_a_responsible_handler_adds_others(staffed: Tayori) -> None:
    """L17: the roster is the responsible handler's; the first one is, and the last one stays."""
    words = ("handler", "add", "mio", "--name", "美緒", "--role", "desk")
    assert staffed(*words).code == 3
    assert staffed(*words, "--as", "ken").code == 3
    assert staffed(*words, "--as", "hana").code == 0
    assert staffed("handler", "end", "hana", "--as", "hana").code == 3
    assert staffed("handler", "end", "mio", "--as", "hana").code == 0
    ended = {one["handler_id"]: one["ends_on"] for one in staffed("handler", "list", "--json").json}
    assert ended["mio"] is not None
    assert ended["hana"] is None


def test_the_first_handler_has_to_be_a_responsible_one(tayori: Tayori) -> None:
    """Nobody else may appoint."""
    assert tayori("init").code == 0
    assert tayori("handler", "add", "ken", "--name", "健", "--role", "approver").code == 3


@pytest.mark.parametrize(
    ("who", "phrase", "code"),
    [("hana", "wrong-passphrase-x", 3), ("nobody", "correct-horse-battery", 4), ("ken", PHRASES["ken"], 3)],
)
def test_acting_needs_the_right_passphrase_and_role(
    staffed: Tayori, tmp_path: Path, who: str, phrase: str, code: int
) -> None:
    """I10: a wrong passphrase, an unknown handler and one without the role are each refused; the phrase never shows."""
    (tmp_path / "agent").write_text(f"{who} {phrase}\n")
    (tmp_path / "where.yaml").write_text("sex: 女性\n")
    said = staffed("segment", "create", "x", "--where", tmp_path / "where.yaml", "--as", who)
    assert said.code == code
    assert phrase not in said.out + said.err


def test_an_agent_file_that_others_may_read_is_refused(staffed: Tayori, tmp_path: Path) -> None:
    """P8: a file with passphrases is 0600."""
    (tmp_path / "agent").chmod(0o644)
    (tmp_path / "where.yaml").write_text("sex: 女性\n")
    assert staffed("segment", "create", "x", "--where", tmp_path / "where.yaml", "--as", "hana").code == 3


def _people(office: Office, count: int) -> None:
    with office.writing_people() as (warehouse, _):
        numbers = people.reserve_numbers(warehouse, count)
        people.add_people(warehouse, [(number, b"x", number.to_bytes(32), 1) for number in numbers])
        chosen = [
            Chosen(number, "2026-11", office.now(), sex=1 + number % 2, genres=frozenset({1})) for number in numbers
        ]
        people.put_settings(warehouse, chosen)


def test_a_broadcast_goes_from_draft_to_approval_by_two_hands(office: Office, staffed: Tayori, tmp_path: Path) -> None:
    """L1, I10: a stored segment narrows a genre; the writer cannot approve, another handler can, by what they saw."""
    _people(office, 40)
    (tmp_path / "where.yaml").write_text("sex: 女性\n")
    (tmp_path / "message.json").write_text(json.dumps({"type": "text", "text": "子育てひろばのお知らせ"}))
    assert staffed("segment", "create", "women", "--where", tmp_path / "where.yaml", "--as", "hana").code == 0
    assert staffed("segment", "count", "women", "--genre", "子育て", "--json").json["count"] == 20
    drafting = ("--genre", "子育て", "--segment", "women", "--message", tmp_path / "message.json")
    number = staffed("broadcast", "draft", *drafting, "--as", "hana", "--json").json["broadcast_id"]
    assert staffed("broadcast", "approve", number, "--as", "ken").code == 3
    assert staffed("broadcast", "submit", number, "--as", "hana", "--json").json == {"count": 20}
    seen = staffed("broadcast", "show", number, "--json").json["content_sha256"]
    assert staffed("broadcast", "approve", number, "--as", "hana", "--content", seen).code == 3
    assert staffed("broadcast", "approve", number, "--as", "ken", "--content", "0" * 12).code == 3
    assert staffed("broadcast", "approve", number, "--as", "ken").code == 3, "unseen, by nobody at a terminal"
    assert staffed("broadcast", "approve", number, "--as", "ken", "--content", seen[:8]).code == 0
    assert staffed("broadcast", "status", number, "--json").json["state"] == "approved"
    assert staffed("broadcast", "cancel", number, "--as", "ken", "--reason", "日程変更").code == 0
    assert staffed("broadcast", "status", number, "--json").json["state"] == "cancelled"


def test_guards_are_listed_before_anybody_sends_and_overridden_by_a_second_hand(
    office: Office, staffed: Tayori, tmp_path: Path
) -> None:
    """Stale content is told by `check`; the writer cannot override it, the approver can, with a reason."""
    _people(office, 40)
    (tmp_path / "where.yaml").write_text("sex: 女性\n")
    (tmp_path / "message.json").write_text(json.dumps({"type": "text", "text": "子育てひろばのお知らせ"}))
    staffed("segment", "create", "women", "--where", tmp_path / "where.yaml", "--as", "hana")
    drafting = ("--genre", "子育て", "--segment", "women", "--message", tmp_path / "message.json", "--as", "hana")
    stale = ("--content-at", "2024-07-25T12:00")
    number = staffed("broadcast", "draft", *drafting, *stale, "--json").json["broadcast_id"]
    assert staffed("broadcast", "submit", number, "--as", "hana").code == 0
    seen = staffed("broadcast", "show", number, "--json").json
    assert seen["content_at"] == "2024-07-25T12:00:00+09:00"
    assert staffed("broadcast", "approve", number, "--as", "ken", "--content", seen["content_sha256"]).code == 0
    assert _verdict(staffed, number, "content_age") == "holds"
    opening = ("broadcast", "override", number, "--reason", "毎年同じ案内のため")
    assert staffed(*opening, "--guard", "content_age", "--as", "hana").code == 3
    assert staffed(*opening, "--guard", "signatures", "--as", "ken").code == 3
    assert staffed(*opening, "--guard", "weather", "--as", "ken").code == 2
    assert staffed(*opening, "--guard", "content_age", "--as", "ken", "--json").json == {"state": "approved"}
    assert _verdict(staffed, number, "content_age") == "overridden"
    shown = staffed("broadcast", "check", number).out
    assert "内容の古さ" in shown
    assert "解除済み" in shown
    assert staffed("broadcast", "draft", *drafting, "--content-at", "2999-01-01T00:00").code == 3


def _verdict(tayori: Tayori, number: str, guard: str) -> str:
    found = {one["guard"]: one for one in tayori("broadcast", "check", number, "--json").json}
    return str(found[guard]["verdict"])


def test_broadcasts_are_listed_the_open_ones_first(office: Office, staffed: Tayori, tmp_path: Path) -> None:
    """A broadcast that waits is found without its id: open ones oldest first, then ended ones; a state narrows it."""
    _people(office, 40)
    (tmp_path / "where.yaml").write_text("sex: 女性\n")
    (tmp_path / "message.json").write_text(json.dumps({"type": "text", "text": "子育てひろばのお知らせ"}))
    assert staffed("segment", "create", "women", "--where", tmp_path / "where.yaml", "--as", "hana").code == 0
    drafting = ("--genre", "子育て", "--segment", "women", "--message", tmp_path / "message.json", "--as", "hana")
    first, second, third = (staffed("broadcast", "draft", *drafting, "--json").json["broadcast_id"] for _ in range(3))
    assert staffed("broadcast", "cancel", first, "--as", "hana", "--reason", "日程変更").code == 0
    listed = staffed("broadcast", "list", "--json").json
    assert [one["broadcast_id"] for one in listed] == [second, third, first]
    assert {one["drafted_by"] for one in listed} == {"hana"}
    cancelled = staffed("broadcast", "list", "--state", "cancelled", "--json").json
    assert [one["broadcast_id"] for one in cancelled] == [first]


def test_a_letter_of_ones_own_reaches_the_report_by_command(staffed: Tayori, tmp_path: Path) -> None:
    """O3: taken in, done by the desk alone, all named or none, then reported; until then the report says why."""
    (tmp_path / "letters.csv").write_text(f"{HEADER}\n" + "".join(ROW.format(at) for at in range(1, 13)))
    assert (
        staffed("handler", "add", "mio", "--name", "美緒", "--role", "desk", "--side", "甲", "--as", "hana").code == 0
    )
    taken = ("ingest", "opinions", "--file", tmp_path / "letters.csv", "--mapping", EXAMPLES / "desk_list.yaml")
    assert staffed(*taken, "--json").json["recorded"] == 12
    report = ("opinions", "report", "--from", "2026-10-01", "--to", "2026-10-31", "--out", tmp_path / "report")
    assert "12 letters in the period, none of them done" in staffed(*report).err
    numbers = [one["receipt_no"] for one in staffed("case", "list", "--json").json]
    close = ("case", "close", "--outcome", "circulated", "--as")
    assert staffed(*close, "ken", numbers[0]).code == 3
    assert staffed(*close, "mio", numbers[0], "R2026-9999999").code == 4
    assert staffed(*close, "mio", "大久保の山田").code == 2
    assert len(staffed("case", "list", "--json").json) == 12, "a refused closing closes nothing"
    assert staffed(*close, "mio", *numbers, "--json").json == {"closed": 12, "outcome": "circulated"}
    assert staffed(*close, "mio", numbers[0]).code == 3
    assert staffed(*report, "--json").json["letters"] == 12
    decided = [one for one in staffed("audit", "show", "--json").json if one["object"] == "cases circulated"]
    assert [(one["actor"], one["count"]) for one in decided] == [("mio", 12)]
    withdraw = ("opinions", "withdraw", "1", "--reason", "form", "--json", "--as")
    assert not staffed(*withdraw, "hana").json["withdrawn"]
    assert staffed(*withdraw, "mio").json["withdrawn"]
    (edition,) = staffed("opinions", "editions", "--json").json
    assert (edition["state"], edition["reasons"]) == ("withdrawn", ["form"])
    assert "撤回" in staffed("opinions", "editions").out
    assert staffed("opinions", "render", "1", "--out", tmp_path / "report", "--json").code == 0
    assert (tmp_path / "report" / "withdrawn-mayor.html").exists()
    unmarked = staffed("opinions", "render", "1", "--out", tmp_path / "unmarked", "--as-it-was")
    assert "撤回した版です" in unmarked.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("broadcast status b-0000000000000000", 4),
        ("certificate show X-1", 4),
        ("quarantine show 7", 4),
        ("opinions withdraw 7 --reason form --as hana", 4),
        ("opinions withdraw 1 --reason 佐藤 --as hana", 2),
        ("opinions withdraw 0 --reason form --as hana", 3),
        ("certificate verify missing.json --key missing.pem", 4),
        ("ingest events --file missing.jsonl", 4),
        ("ingest opinions --file missing.csv", 2),
        ("ingest opinions", 2),
        ("ingest opinions --source elsewhere", 2),
        ("ingest opinions --source call_centre", 5),
        ("segment create x --where missing.yaml --as hana", 4),
        ("segment count x --genre 天気", 2),
        ("handler end ken --as hana --on 11/02", 2),
        ("opinions report --from yesterday", 2),
        ("retention hold allow h-none --people 5 --as hana", 4),
        ("nonsense", 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_its_exit_code(staffed: Tayori, words: str, code: int) -> None:
    """Each refusal says what to do, without a traceback, and is told apart by its exit code."""
    said = staffed(*words.split())
    assert said.code == code, said.err
    assert said.err.strip()
    assert "Traceback" not in said.err


def test_an_error_that_nobody_foresaw_shows_no_text_of_its_own(office: Office, staffed: Tayori) -> None:
    """I3: whatever breaks inside, the terminal sees kind and place, never a value."""
    with writing(office.warehouse) as connection:
        segments.add(connection, "broken", "大久保の山田さん", "hana", office.now())
    said = staffed("segment", "count", "broken", "--genre", "子育て")
    assert (said.code, "JSONDecodeError at tayori/" in said.err, "山田" in said.err) == (1, True, False)


def test_a_changed_log_is_told_by_exit_code_6(office: Office, staffed: Tayori) -> None:
    """L11: `audit verify` finds a line that was changed behind the triggers' back."""
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'ken' WHERE seq = 1")
    assert staffed("audit", "verify").code == 6


def test_a_column_that_nobody_declared_is_told_by_exit_code_6(office: Office, staffed: Tayori) -> None:
    """I1: what the register does not know is found in the stores."""
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("ALTER TABLE person ADD COLUMN nickname TEXT")
        connection.exec_driver_sql("CREATE TABLE friends_of_person (a TEXT)")
    said = staffed("register", "check")
    assert said.code == 6
    assert "warehouse.person.nickname" in said.err
    assert "warehouse.friends_of_person" in said.err


@pytest.mark.usefixtures("staffed")
def test_handlers_decisions_stand_in_the_log(office: Office) -> None:
    """P13: who appointed whom is a line of the access log."""
    with reading(office.warehouse) as connection:
        told = [(line.actor, line.object.split(",")[0]) for line in audit.lines(connection)]
    assert told == [("hana", "handler hana added"), ("hana", "handler ken added")]
