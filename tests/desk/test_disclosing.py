"""A disclosure is prepared by one hand, approved by another, and holds nothing of what is blacked out (法第76条)."""

import io
from datetime import date
from pathlib import Path

import pytest
from pyrage import x25519  # type: ignore[import-untyped]  # pyrage has no types
from sqlalchemy import update

from tayori.certificates.pdf import pdf_available
from tayori.desk import disclosing, flagging
from tayori.desk.disclosing import BlackOut
from tayori.desk.flagging import NewFlag
from tayori.domain.answering import Flag
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.office import Office
from tayori.reports.disclosure import DisclosedLetter, disclosure_page
from tayori.retention.copies import ledger
from tayori.vault.age import open_stream
from tayori.warehouse import desk, disclosures, disposal
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import disclosure_case
from tests.desk.builders import Staff, a_letter, logged

pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
        "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
    ),
]
DOCUMENT = "8情第9号"
TEXT = "隣の佐藤さんの庭木が道に出ています。佐藤さんの電話は 03-0000-7777 です。"
NEIGHBOUR = [BlackOut("佐藤", "78-1-2"), BlackOut("03-0000-7777", "78-1-2")]


@pytest.fixture(autouse=True)
def _pango() -> None:
    if not pdf_available():
        pytest.skip("Pango is not installed")


def prepared(office: Office, staff: Staff) -> tuple[str, str]:
    receipt_no = a_letter(office, opinion=TEXT)
    disclosure_id = disclosing.prepare(office, staff["sakura"], DOCUMENT, date(2026, 11, 1), [receipt_no])
    assert disclosing.black_out(office, staff["sakura"], disclosure_id, receipt_no, NEIGHBOUR) == 3
    return disclosure_id, receipt_no


def test_what_is_disclosed_is_sealed_to_a_key_and_stands_in_the_ledger(
    office: Office, staff: Staff, tmp_path: Path
) -> None:
    """Prepared, approved by another hand, approved by 甲 to leave, sealed: and a copy in the ledger with its end."""
    disclosure_id, _ = prepared(office, staff)
    key = x25519.Identity.generate()
    with pytest.raises(Refused, match="prepared"):
        disclosing.hand_out(office, staff["sakura"], disclosure_id, str(key.to_public()), tmp_path)
    disclosing.approve(office, staff["chief"], disclosure_id)
    with pytest.raises(Refused, match="No approval"):
        disclosing.hand_out(office, staff["sakura"], disclosure_id, str(key.to_public()), tmp_path)
    assert list(tmp_path.glob("x-*")) == []
    ledger.approve(office, staff["momo"], DOCUMENT, "disclosure", date(2026, 12, 31))
    path = disclosing.hand_out(office, staff["sakura"], disclosure_id, str(key.to_public()), tmp_path)
    opened = io.BytesIO()
    with path.open("rb") as sealed:
        open_stream(sealed, opened, [key])
    assert opened.getvalue().startswith(b"%PDF-")
    assert [row.kind for row in ledger.listed(office)] == ["disclosure"]
    assert any("開示の請求への対応" in line and " open " in line for line in logged(office))


def test_a_request_that_was_taken_back_ends_and_keeps_no_letter(office: Office, staff: Staff) -> None:
    """取下げ: its black-outs go, no letter waits for it, nothing is handed out any more; what went out stays out."""
    disclosure_id, receipt_no = prepared(office, staff)
    with reading(office.warehouse) as people:
        number = desk.find(people, receipt_no).case_no
        assert disposal.asked_for(people, [number], office.today()) == {number}
    disclosing.withdraw(office, staff["sakura"], disclosure_id)
    with reading(office.warehouse) as people:
        assert disposal.asked_for(people, [number], office.today()) == set()
        assert [one["black_outs"] for one in disclosures.cases(people, disclosure_id)] == [None]
    for act in (disclosing.withdraw, disclosing.approve):
        with pytest.raises(Refused, match="withdrawn"):
            act(office, staff["sakura" if act is disclosing.withdraw else "chief"], disclosure_id)
    with pytest.raises(Refused, match="black-outs are gone"):  # the page would show what they hid
        disclosing.review(office, staff["sakura"], disclosure_id)


def test_what_is_blacked_out_is_nowhere_on_the_page() -> None:
    """The page holds black squares of one length, the ground, and the rest in plain."""
    text = disclosing._blacked(TEXT, [("佐藤さん", "78-1-2"), ("佐藤", "78-1-2"), ("03-0000-7777", "78-1-2")])  # noqa: SLF001
    page = disclosure_page(
        DOCUMENT, date(2026, 11, 1), [DisclosedLetter("R2026-0000001", {"opinion": text}, ["法第78条第1項第2号"])]
    )
    for hidden in ("佐藤", "7777"):
        assert hidden not in page
    assert "隣の■■■の庭木" in page
    assert "法第78条第1項第2号" in page


def test_black_outs_that_overlap_leave_no_piece() -> None:
    """Two words that share letters, and a word that stands in itself: all that either covers is gone."""
    said = [("佐藤一", "78-1-2"), ("一郎", "78-1-2"), ("ああ", "78-1-2")]
    assert disclosing._blacked("佐藤一郎とああああ、あああ、佐藤一", said) == "■■■と■■■、■■■、■■■"  # noqa: SLF001


@pytest.mark.parametrize(
    "black_outs", [[BlackOut("鈴木", "78-1-2")], [BlackOut("佐藤", "99")], [BlackOut(" ", "78-1-2")]]
)
def test_a_black_out_names_words_of_the_letter_and_a_ground(
    office: Office, staff: Staff, black_outs: list[BlackOut]
) -> None:
    """Words that are not there would leave a name standing; the sentence does not repeat them."""
    disclosure_id, receipt_no = prepared(office, staff)
    with pytest.raises(BadInput) as refusal:
        disclosing.black_out(office, staff["sakura"], disclosure_id, receipt_no, black_outs)
    assert "鈴木" not in str(refusal.value)


def test_two_hands_approve_and_nothing_changes_after(office: Office, staff: Staff, tmp_path: Path) -> None:
    """Only the responsible handler approves; after that no black-out changes, and a changed one is found."""
    disclosure_id, receipt_no = prepared(office, staff)
    with pytest.raises(Refused):
        disclosing.approve(office, staff["sakura"], disclosure_id)
    disclosing.approve(office, staff["chief"], disclosure_id)
    with pytest.raises(Refused, match="approved, not prepared"):
        disclosing.black_out(office, staff["sakura"], disclosure_id, receipt_no, [])
    with writing(office.warehouse) as people:
        people.execute(update(disclosure_case).values(black_outs=None))
    with pytest.raises(Tampered):
        disclosing.hand_out(
            office, staff["sakura"], disclosure_id, str(x25519.Identity.generate().to_public()), tmp_path
        )


def test_a_request_with_a_complaint_is_none_for_whom_it_is_about(office: Office, staff: Staff, tmp_path: Path) -> None:
    """Flagged after the request began too: neither the responsible handler nor the desk sees or approves it."""
    disclosure_id, receipt_no = prepared(office, staff)
    key = str(x25519.Identity.generate().to_public())
    for name in ("chief", "momo"):
        flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.OFFICIAL, official=name))
    for act in (
        lambda: disclosing.review(office, staff["chief"], disclosure_id),
        lambda: disclosing.approve(office, staff["chief"], disclosure_id),
        lambda: disclosing.black_out(office, staff["momo"], disclosure_id, receipt_no, []),
        lambda: disclosing.hand_out(office, staff["momo"], disclosure_id, key, tmp_path),
    ):
        with pytest.raises(NotFound, match="There is no disclosure"):
            act()
    assert disclosing.review(office, staff["sakura"], disclosure_id).startswith(b"%PDF-")


def test_a_request_covers_the_letters_that_it_names(office: Office, staff: Staff) -> None:
    """Another letter is not blacked out under it; an unknown number, no number, a day to come are refused."""
    disclosure_id, _ = prepared(office, staff)
    with pytest.raises(NotFound, match="does not cover"):
        disclosing.black_out(office, staff["sakura"], disclosure_id, a_letter(office), [])
    by = staff["sakura"]
    with pytest.raises(NotFound):
        disclosing.prepare(office, by, DOCUMENT, date(2026, 11, 1), ["R2026-9999999"])
    for asked_on, receipts in ((date(2026, 11, 3), ["R2026-0000001"]), (date(2026, 11, 1), [])):
        with pytest.raises(BadInput):
            disclosing.prepare(office, by, DOCUMENT, asked_on, receipts)
