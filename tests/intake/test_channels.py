"""Paper, telephone, counters, departments: each channel by its mapping, whom it is for, and whether it is answered."""

import base64
from pathlib import Path

import pytest

from expectations.gate import gate
from tayori.errors import BadInput
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.opinions import ingest_opinion_file
from tayori.ingest.sources.mapping import read_file_mapping
from tayori.office import Office
from tayori.warehouse import arrivals, opinions
from tayori.warehouse.engines import reading
from tests.ingest.builders import rows
from tests.support.opened import opened

EXAMPLES = Path("docs/examples")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
HEADER = "番号,受付日,本文,画像"


def take_in(office: Office, path: Path, mapping: str) -> OpinionCounts:
    return ingest_opinion_file(office, path, read_file_mapping(EXAMPLES / f"{mapping}.yaml"), gate)


def a_batch(folder: Path, lines: list[str], pages: dict[str, bytes]) -> Path:
    """Write a transcript and its pages."""
    (folder / "画像").mkdir()
    for name, content in pages.items():
        (folder / "画像" / name).write_bytes(content)
    path = folder / "scans.csv"
    path.write_text("\n".join([HEADER, *lines]), "utf-8")
    return path


def test_a_scanned_letter_is_its_transcript_and_its_pages(office: Office, tmp_path: Path) -> None:
    """Pages are sealed with the letter, in their order; signs that nobody could read are marked and counted."""
    lines = ["1,令和8年10月1日,公園の■が（？）ています。,a.png;b.jpg", "2,2026-10-02,街灯が切れています。,c.png"]
    path = a_batch(tmp_path, lines, {"a.png": PNG, "b.jpg": JPEG, "c.png": PNG + b"2"})
    assert take_in(office, path, "scanned_letters").recorded == 2
    files = opened(office, "letter_file")
    assert [(file["case_no"], file["title"], file["media_type"]) for file in files] == [
        (1, "a.png", "image/png"),
        (1, "b.jpg", "image/jpeg"),
        (2, "c.png", "image/png"),
    ]
    assert base64.b64decode(str(files[1]["content"])) == JPEG
    assert opened(office)[0]["opinion"] == "公園の〓が〓ています。"
    with reading(office.warehouse) as people:
        assert [arrivals.doubtful_signs(people, number) for number in (1, 2)] == [2, 0]
    assert take_in(office, path, "scanned_letters").duplicate == 2


@pytest.mark.parametrize(
    ("cell", "pages", "named"),
    [
        ("a.png;z.png", {"a.png": PNG}, "page 2"),
        ("a.png", {"a.png": PNG, "left.png": PNG}, "belong to no row"),
        ("a.png;a.png", {"a.png": PNG}, "same file"),
        ("../scans.csv", {}, "without a folder"),
        ("a.png", {"a.png": b"<html>"}, "damaged"),
        ("a.png", {"a.png": b""}, "damaged"),
    ],
)
def test_a_batch_that_is_not_whole_is_refused_whole(
    sqlite_office: Office, tmp_path: Path, cell: str, pages: dict[str, bytes], named: str
) -> None:
    """A page missing, left over, named twice, elsewhere or no image: nothing of the batch is taken in."""
    path = a_batch(tmp_path, [f"1,2026-10-01,街灯が切れています。,{cell}"], pages)
    with pytest.raises(BadInput, match=named) as refused:
        take_in(sqlite_office, path, "scanned_letters")
    assert "a.png" not in refused.value.sentence
    assert rows(sqlite_office, "SELECT count(*) FROM opinion_case") == [(0,)]


def test_what_was_said_is_counted_and_nobody_is_recorded(office: Office, tmp_path: Path) -> None:
    """O10: telephone and counter are none of the three groups, whether an answer is wanted or not."""
    path = tmp_path / "notes.csv"
    head = "記録番号,受けた日,受けた方法,宛先,回答希望,担当課,要旨,応対者,折返し先"
    lines = ["1,2026/10/1,電話,区長,有,道路課,歩道の段差,係,03-0000-0000", "2,R8.10.2,窓口,,,,ごみの日,係,"]
    path.write_text("\n".join([head, *lines]), "utf-8")
    counts = take_in(office, path, "spoken_notes")
    assert (counts.recorded, counts.counted) == (0, 2)
    with reading(office.warehouse) as people:
        tallied = {(row.month, row.channel, row.letters) for row in opinions.tallies(people)}
    assert tallied == {("2026-10", "telephone", 1), ("2026-10", "counter", 1)}


def test_an_inquiry_to_a_department_is_recorded_where_it_wants_an_answer(office: Office, tmp_path: Path) -> None:
    """O10 ②; addressee and answer-wanted stand with the case, and an inquiry that does not say is a count."""
    path = tmp_path / "inquiries.csv"
    head = "受付ID,送信日時,回答の要否,問合せ先,お名前,ご住所,電話番号,メールアドレス,お問合せ内容,IPアドレス,ブラウザ"
    lines = [
        "q1,2026/10/01 12:00:00,必要,道路課,模擬 太郎,,,taro@example.jp,いつ直りますか,192.0.2.1,x",
        "q2,2026/10/01 12:00:01,不要,道路課,,,,,①の件,192.0.2.1,x",
        "q3,2026/10/01 12:00:02,,道路課,,,,,不明の件,192.0.2.1,x",
    ]
    path.write_text("\r\n".join([head, *lines]), "cp932")
    counts = take_in(office, path, "department_inquiries")
    assert (counts.recorded, counts.counted) == (1, 2)
    case = opened(office)[0]
    assert (case["channel"], case["addressee"], case["answer_wanted"]) == ("department_inquiry", "department", "yes")
    assert (case["department"], case["kind"], case["email"]) == ("道路課", "inquiry", "taro@example.jp")


def test_the_same_text_by_two_channels_is_linked_and_its_writers_are_not(office: Office, tmp_path: Path) -> None:
    """A letter and a web inquiry of one wording: two 通, linked as texts; no column joins their writers."""
    text = "駅前の駐輪場を、朝の七時から使えるようにしてください。"
    take_in(office, a_batch(tmp_path, [f"1,2026-10-01,{text},a.png"], {"a.png": PNG}), "scanned_letters")
    path = tmp_path / "inquiries.csv"
    head = "受付ID,送信日時,回答の要否,問合せ先,お名前,ご住所,電話番号,メールアドレス,お問合せ内容,IPアドレス,ブラウザ"
    lines = [
        f"q{at},2026/10/01,必要,道路課,模擬,,,a@example.jp,{said},x,x" for at, said in enumerate((text, text[::-1]))
    ]
    path.write_text("\r\n".join([head, *lines]), "cp932")
    take_in(office, path, "department_inquiries")
    with reading(office.warehouse) as people:
        assert arrivals.same_text(people, 1) == [2]
        assert [(row["first"], row["channel"]) for row in arrivals.linked(people)] == [
            (1, "letter"),
            (1, "department_inquiry"),
        ]
    assert rows(office, "SELECT count(DISTINCT case_no) FROM opinion_case") == [(3,)]
