"""The desk by command: a letter from its file to the report, and every refusal a sentence without a person in it."""

import re
from pathlib import Path

import pytest

from tayori.analysis.settle import settle
from tayori.certificates.pdf import pdf_available
from tayori.office import open_office
from tests.support.command import Tayori, agent_file, runner

PHRASES = {name: f"a dummy passphrase of {name}" for name in ("chief", "mio", "momo", "kacho", "kakari", "clerk")}
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HEADER = (
    "受付番号,受付日,媒体,宛先,回答希望,主管部,種別,氏名,郵便番号,住所,電話番号,メールアドレス,FAX番号,"
    "意見等の内容,入力端末\n"
)
ROW = (
    "T-{},2026/10/05,担当課への問合せ（ホームページ）,担当課への問合せ,希望する,みどり土木部,問合せ,模擬 花子,000-0000,"
    "模擬区模擬町1-2-3,090-0000-1234,hanako@example.jp,,公園の遊具が壊れています。,PC-1\n"
)
SECTION = "みどり公園課"
pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
        "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture
def tayori(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command, run in this process, in an office with the desk, a section, and two letters in."""
    if not pdf_available():
        pytest.skip("Pango is not installed")
    agent = agent_file(tmp_path, PHRASES)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(agent))

    run = runner(capsys)

    run("init")
    run("handler", "add", "chief", "--name", "統", "--role", "responsible", "--side", "甲")
    for name, role in (
        ("mio", "desk"),
        ("momo", "desk"),
        ("kacho", "section"),
        ("kakari", "section"),
        ("clerk", "section"),
    ):
        run("handler", "add", name, "--name", name, "--role", role, "--as", "chief")
    for name, post in (("kacho", "section"), ("kakari", "subsection")):
        assert run("case", "appoint", name, "--post", post, "--department", SECTION, "--as", "chief").code == 0
    (tmp_path / "letters.csv").write_text(HEADER + ROW.format(1) + ROW.format(2), "utf-8")
    taken = run(
        "ingest", "opinions", "--file", tmp_path / "letters.csv", "--mapping", EXAMPLES / "desk_list.yaml", "--json"
    )
    assert taken.json["recorded"] == 2
    assert run("case", "take-up", "--json").json == {"taken_up": 2}
    return run


def test_a_letter_is_answered_from_the_list_to_the_dispatch(tayori: Tayori, tmp_path: Path) -> None:
    """Found, assigned, drafted, stamped by two hands, printed, checked by two, sent, and no file left behind."""
    number = tayori("case", "find", "--telephone", "09000001234", "--as", "mio", "--json").json[0]["receipt_no"]
    assert {one["receipt_no"] for one in tayori("case", "due", "--all", "--json").json} >= {number}
    assert "5日目" in tayori("case", "explain", number).out.replace(" ", "")
    steps: list[tuple[str | Path, ...]] = [
        ("assign", number, "--to", SECTION, "--in-charge", "clerk", "--as", "mio"),
        ("draft", number, "--file", tmp_path / "answer.txt", "--response", "planned", "--as", "clerk"),
        ("submit", number, "--as", "clerk"),
    ]
    (tmp_path / "answer.txt").write_text("来月中に修理します。\n", "utf-8")
    for words in steps:
        assert tayori("case", *words).code == 0, words
    for name in ("kakari", "kacho"):
        mark = tayori("case", "draft-show", number, "--as", name, "--json").json["mark"]
        assert tayori("case", "stamp", number, "--seen", mark, "--as", name).code == 0
    issued = tayori("case", "issue", number, "--as", "mio", "--json").json
    assert issued["document_no"].endswith("稽区広第1号")
    printed = Path(issued["path"])
    assert printed.read_bytes().startswith(b"%PDF-")
    assert printed.stat().st_mode & 0o777 == 0o600
    for name in ("mio", "momo"):
        assert tayori("case", "check", number, "--as", name).code == 0
    left = tayori("case", "dispatch", number, "--as", "mio", "--json").json
    assert (left["state"], left["late"]) == ("answered", True)
    assert not printed.exists()
    assert "来月中に修理します" in tayori("case", "show", number, "--as", "mio").out
    assert tayori("case", "find", "--words", "遊具", "--as", "mio", "--json").json == [{"receipt_no": number}]
    assert [one["receipt_no"] for one in tayori("case", "late", "--json").json] == [number]
    assert tayori("case", "late-reason", number, "--reason", "workload", "--as", "mio").code == 0
    assert tayori("case", "late", "--json").json == []
    assert "事務の集中" in tayori("case", "show", number, "--as", "mio").out
    assert tayori("case", "complete", number, "--as", "mio").code == 0
    assert tayori("case", "share", "--from", "2026-01-01", "--to", "2099-12-31", "--json").json["answered"] == 1


REFUSALS = [
    ("case show 大久保の山田 --as mio", 2),
    ("case show R2026-9999999 --as mio", 4),
    ("case explain 090-0000-1234", 2),
    ("case assign {0} --to 宇宙課 --as mio", 2),
    ("case assign {0} --to みどり土木部 --as mio", 2),
    ("case assign {0} --to みどり公園課 --as clerk", 3),
    ("case find --name 模擬花子 --email a@example.jp --as mio", 2),
    ("case find --telephone 1234 --as mio", 2),
    ("case draft {0} --file missing.txt --response planned --as mio", 4),
    ("case draft {0} --file missing.txt --response perhaps --as mio", 4),
    ("case submit {0} --as mio", 4),
    ("case issue {0} --as mio", 3),
    ("case issue {0} --fax 1 --as mio", 2),
    ("case check {0} --as mio", 4),
    ("case dispatch {0} --as mio", 3),
    ("case files ../../etc --clear --as mio", 4),
    ("case settle {0} --sent --as mio", 4),
    ("case complete {0} --as mio", 3),
    ("case resume {0} --as mio", 3),
    ("case follow-up {0} --response done --words 済 --as mio", 3),
    ("case follow-up {0} --response perhaps --words 済 --as mio", 2),
    ("case flag {0} --kind procedure --as mio", 2),
    ("case arrived {0} --on 2099-01-01 --reason 誤 --as mio", 2),
    ("case not-ours {0} --way forwarded --words 都 --as mio", 3),
    ("case appoint clerk --post section --department みどり公園課 --as mio", 3),
    ("case hand-over clerk --to nobody --as mio", 4),
    ("disclosure prepare {0} --document 8情9 --asked 2099-01-01 --as mio", 2),
    ("disclosure black-out x-0 {0} --words 佐藤 --as mio", 2),
    ("case review-after {0} --as mio", 4),
    ("case late-reason {0} --reason 佐藤 --as mio", 2),
    ("case late-reason R2026-9999999 --reason policy --as mio", 4),
    ("case theme {0} 佐藤の件 --as mio", 2),
    ("case theme {0} 公園・みどり --as mio", 4),
    ("case theme {0} 公園・みどり --as clerk", 3),
    ("case recount --as clerk", 3),
    ("disclosure approve x-000000000000 --as chief", 4),
    ("disclosure withdraw x-000000000000 --as mio", 4),
]


@pytest.mark.parametrize("at", [range(10), range(10, 20), range(20, len(REFUSALS))], ids=["first", "second", "third"])
def test_every_refusal_is_one_sentence_with_its_code_and_nobody_in_it(tayori: Tayori, at: range) -> None:
    """What was typed is not repeated: a name in the wrong place does not reach a log."""
    number = tayori("case", "list", "--json").json[0]["receipt_no"]
    for words, code in (REFUSALS[one] for one in at):
        said = tayori(*words.format(number).split())
        assert said.code == code, (words, said.err)
        assert said.err.count("\n") == 1, said.err
        assert not re.search("山田|模擬|花子|1234|佐藤|Traceback", said.err), said.err


def test_what_was_written_out_of_a_case_goes_with_its_end(tayori: Tayori, tmp_path: Path) -> None:
    """Ended without an answer, too: no file of it stays open in HOME/outgoing."""
    number = tayori("case", "find", "--telephone", "09000001234", "--as", "mio", "--json").json[0]["receipt_no"]
    left = tmp_path / "var" / "outgoing" / f"{number}-1.txt"
    left.parent.mkdir(exist_ok=True)
    left.write_text("模擬の添付", "utf-8")
    ended = tayori("case", "end", number, "--outcome", "circulated", "--reason", "供覧で足りる", "--as", "mio")
    assert ended.code == 0, ended.err
    assert not left.exists()


def test_many_cases_end_at_once_and_a_flag_and_a_matter_are_recorded(tayori: Tayori) -> None:
    """The verbs that need no answer."""
    first, second = (one["receipt_no"] for one in tayori("case", "list", "--json").json)
    for words in (
        f"case classify {first} --kind inquiry --kind request:道路課 --as mio",
        f"case assign {first} --to {SECTION} --related 道路課 --in-charge clerk --as mio",
        f"case comment {first} 現地を確認した --as clerk",
        f"case wait {first} --reason 場所を尋ねた --as clerk",
        f"case resume {first} --as clerk",
        f"case files {first} --as clerk",
        f"case files {first} --clear --as clerk",
        f"case flag {first} --kind danger --as clerk",
        f"case arrived {first} --on 2026-10-02 --reason 出張所に届いていた --as mio",
        "case recount --as mio",
        "case recount --apply --as mio --json",
        "case twins",
        "case revised",
        "case to-review",
        f"case give-back {first} --reason 所管でない --as kacho",
        f"case end {first} --outcome circulated --reason 供覧とする --as mio",
        f"case close {second} --outcome answered --as mio",
        "case posts",
        "case attention",
        "disclosure list",
    ):
        said = tayori(*words.split())
        assert said.code == 0, (words, said.err)
    assert tayori("case", "list", "--json").json == []
    assert tayori("audit", "verify").code == 0


def test_a_letter_without_a_field_gets_one_by_command(tayori: Tayori, tmp_path: Path) -> None:
    """Listed once the analysis has looked at it, decided once, and gone from the list."""
    said = ROW.format(3).replace("公園の遊具が壊れています。", "前に書いたことの続きです。")
    (tmp_path / "more.csv").write_text(HEADER + said, "utf-8")
    taken = ("ingest", "opinions", "--file", tmp_path / "more.csv", "--mapping", EXAMPLES / "desk_list.yaml")
    assert tayori(*taken).code == tayori("case", "take-up").code == 0
    numbers = [one["receipt_no"] for one in tayori("case", "list", "--json").json]
    assert tayori("case", "close", *numbers, "--outcome", "circulated", "--as", "mio").code == 0
    assert tayori("case", "themes", "--json").json == []
    with open_office() as office:
        settle(office)
    assert [one["receipt_no"] for one in tayori("case", "themes", "--json").json] == numbers[-1:]
    assert "公園・みどり" in tayori("case", "theme", numbers[-1], "公園・みどり", "--as", "mio").out
    assert tayori("case", "themes", "--json").json == []
    assert tayori("case", "theme", numbers[-1], "動物", "--as", "mio").code == 4
