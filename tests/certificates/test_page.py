"""The printed certificate is a letter that an office accepts, and says what the signed record says."""

import html
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tayori.certificates.document import KeyEpoch
from tayori.certificates.merkle import leaf_hash
from tayori.certificates.moments import japan_date, japan_text
from tayori.certificates.page import LogPlace, Printing, Settled, certificate_html, plainer_forms
from tayori.certificates.pdf import certificate_pdf, pdf_available
from tayori.certificates.wording import forbidden_words, kinds
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, Refused
from tayori.vault.residue import probe
from tayori.vault.residue_forms import Needles
from tests.certificates.builders import (
    BACKUP,
    EPOCH,
    LETTERHEAD,
    SUBJECTS,
    a_certificate,
    a_verified_erasure,
    an_erasure,
)

PLACE = LogPlace.after([leaf_hash(b"a")])
PRINTING = Printing(place=PLACE)

# WeasyPrint 70 reads its colour profile without closing the file; nothing of ours.
WEASYPRINT_LEAVES_ITS_PROFILE_OPEN = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)


def text_of(page: str) -> str:
    """What a reader sees."""
    body = re.sub(r"(?s)<head>.*?</head>", "", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


SETTLED = Settled(
    stated_at="2026-12-06T00:00:00Z",
    evidence={BACKUP.id: "台帳にバックアップは残っていない", EPOCH.id: "鍵世代 12 は破棄済み"},
    probe={
        "examined_at": "2026-12-06T00:00:00Z",
        "sought": ["目印", "写し"],
        "hits": 0,
        "files": 12,
        "bytes_scanned": 3456,
        "not_examined": ["紙"],
    },
    commitment_key="破棄",
)


def test_the_letter_has_what_a_letter_has() -> None:
    """Number, date of the era, addressee, title with state, record, room for 甲's confirmation, end."""
    text = text_of(certificate_html(a_certificate(), PRINTING))
    for part in (
        "第 L-2026-0001 号",
        "令和8年11月22日",
        "新宿区長 様",
        "個人情報消去証明書",
        "記",
        "甲の確認欄",
        "以上",
    ):
        assert part in text
    assert text.index("新宿区長") < text.index("個人情報消去証明書") < text.index("甲の確認欄") < text.index("以上")


def test_the_page_says_what_the_record_says() -> None:
    """Figures, settings, places, what was not examined, what remains until when, hashes: all are printed."""
    issued = a_certificate()
    text = text_of(certificate_html(issued, PRINTING))
    certificate = issued.certificate
    printed = [
        issued.sha256,
        certificate.commitments.root,
        PLACE.root_before,
        "2 件目。直前までの 1 件",
        "確定予定日：令和8年12月5日",
    ]
    printed += [record.table for record in certificate.records] + [m.store for m in certificate.methods]
    printed += [place.place for place in certificate.verification.places] + list(certificate.verification.not_examined)
    printed += [item.what for item in certificate.remaining] + [clause.cited for clause in certificate.basis]
    printed += [japan_text(certificate.completed_at.jst), certificate.completed_at.utc, "secure_delete = 1"]
    assert [part for part in printed if part not in text] == []


@pytest.mark.parametrize("kind", kinds(Contract.OPINIONS))
def test_a_page_for_o_never_prints_a_number_of_l(kind: str) -> None:
    """Whatever is printed around the record, O's page cites T-O alone."""
    erasure = an_erasure(contract=Contract.OPINIONS, kind=kind)
    text = text_of(certificate_html(a_certificate(a_verified_erasure(erasure), "O-2026-0001")))
    assert set(re.findall(r"特記事項 第(\d+)項", text)) == {"10"}
    assert "LINEを活用" not in text


@pytest.mark.parametrize("kind", kinds(Contract.LINE))
def test_a_page_for_l_never_prints_a_number_of_o(kind: str) -> None:
    """The reverse: L's page cites T-L alone (10 is 再委託 there, the return of records in T-O)."""
    page = text_of(certificate_html(a_certificate(a_verified_erasure(an_erasure(kind=kind)))))
    assert set(re.findall(r"特記事項 第(\d+)項", page)) <= {"9", "11", "12"}
    assert "区民意見" not in page


def test_a_provisional_page_promises_no_more() -> None:
    """The words around the record keep to it, too; and a page whose fields do not is not printed."""
    assert not forbidden_words(text_of(certificate_html(a_certificate(), PRINTING)), provisional=True)
    issued = a_certificate()
    boasting = issued.certificate.model_copy(update={"contact": "完全消去の窓口"})
    with pytest.raises(Refused):
        certificate_html(replace(issued, certificate=boasting))


@pytest.mark.parametrize("state", ["取消", "訂正"])
def test_the_page_shows_the_state_of_today(state: str) -> None:
    """Printed after later statements, the page shows the state of today, not the state at issue."""
    text = text_of(certificate_html(a_certificate(), Printing(state=state)))
    assert f"個人情報消去証明書 {state}" in text
    assert "本証明書は暫定です" not in text
    assert f"その後{state}されており、現に効力を有しません" in text


def test_the_page_of_a_final_certificate_says_by_what_it_is_final() -> None:
    """確定: when, for each thing that remained the evidence that it is gone, the last probe, the commitments' key."""
    shown = Printing(state="確定", settled=SETTLED, confirmed="令和8年12月7日 W-001")
    text = text_of(certificate_html(a_certificate(), shown)).replace("　", " ")
    for part in (
        "個人情報消去証明書 確定",
        "令和8年12月6日（日）9時00分00秒（確定予定日 令和8年12月5日）",
        *SETTLED.evidence.values(),
        "12 ファイル、3,456 バイト：検出 0 件",
        "目印、写し",
        "紙",
        "対象の照合鍵 破棄",
        "電子的な確認：令和8年12月7日 W-001",
    ):
        assert part in text
    assert "本証明書は暫定です" not in text


def test_a_rehearsal_says_so() -> None:
    """A certificate about dummy people cannot be taken for a real one."""
    assert "稽古用 架空の利用者" in text_of(certificate_html(a_certificate())).replace("　", " ")
    live = a_certificate(letterhead=replace(LETTERHEAD, rehearsal=False))
    assert "架空の利用者" not in text_of(certificate_html(live))


def test_an_epoch_that_waits_is_shown_as_waiting() -> None:
    """A key epoch that still exists is not printed as gone."""
    waiting = KeyEpoch(space="LINE", epoch=13, algorithm="AES-256-GCM", destroyed_at=None)
    issued = a_certificate(a_verified_erasure(replace(an_erasure(), key_epochs=(waiting,))))
    assert "未了（７のとおり）" in text_of(certificate_html(issued))


def test_the_page_needs_no_other_file() -> None:
    """On a machine without Japanese fonts or network the page is whole: its letters are in it."""
    page = certificate_html(a_certificate(), PRINTING)
    assert len(re.findall(r'url\("data:font/woff;base64,[A-Za-z0-9+/=]{20000,}"\)', page)) == 2
    assert not re.findall(r"https?:|file:|<script|<link|<img", page)
    assert len(page) < 400_000


def test_what_is_filled_in_cannot_change_the_page() -> None:
    """A field is text, whatever letters it has."""
    page = certificate_html(a_certificate(letterhead=replace(LETTERHEAD, contact="<b>窓口</b> & 係")))
    assert "&lt;b&gt;窓口&lt;/b&gt; &amp; 係" in page


@pytest.mark.parametrize("letter", ["\ue000", "ﷺ"])
def test_a_letter_without_glyph_is_refused(letter: str) -> None:
    """An empty box or a silently plainer form of a name is no name; the refusal gives its code."""
    with pytest.raises(BadInput, match=f"U\\+{ord(letter):04X}"):
        certificate_html(a_certificate(letterhead=replace(LETTERHEAD, contact=f"葛{letter}城")))


def test_a_form_that_the_font_lacks_is_printed_plain_and_said() -> None:
    """葛 with a selector that the font does not know: the plain letter, and a line that says so with the codes."""
    page = text_of(certificate_html(a_certificate(letterhead=replace(LETTERHEAD, contact="葛\U000e0101城"))))
    assert "異体字の字形がないため" in page
    assert "葛（U+845B U+E0101）" in page
    assert "異体字の字形がない" not in text_of(certificate_html(a_certificate()))
    assert plainer_forms("葛\U000e0100城") == []


def test_names_in_old_letters_are_printed() -> None:
    """髙, 﨑 and 𠮷 have glyphs of their own."""
    page = certificate_html(a_certificate(letterhead=replace(LETTERHEAD, contact="髙橋・山﨑・𠮷野")))
    assert "髙橋・山﨑・𠮷野" in page


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2019, 11, 22), "令和元年11月22日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
    ],
)
def test_a_day_has_its_era(day: date, written: str) -> None:
    """A letter that came over from an old system, and ends here, may be of an earlier era; its day is printed right."""
    assert japan_date(day) == written


def test_no_day_before_the_eras_that_letters_can_be_of() -> None:
    """What cannot be is refused, not printed."""
    with pytest.raises(BadInput):
        japan_date(date(1926, 12, 24))


@pytest.mark.pdf
@WEASYPRINT_LEAVES_ITS_PROFILE_OPEN
def test_the_pdf_is_made_for_archives() -> None:
    """PDF/A-3u by its own declaration, fonts embedded, and the same bytes from the same certificate."""
    issued = a_certificate()
    paper = certificate_pdf(issued, PRINTING)
    assert paper.startswith(b"%PDF-1.7")
    assert paper == certificate_pdf(issued, PRINTING)


@pytest.mark.pdf
@WEASYPRINT_LEAVES_ITS_PROFILE_OPEN
def test_the_pdf_holds_its_text_and_the_record(tmp_path: Path) -> None:
    """The text can be read out of the PDF, the signed record is attached, and the residue probe sees both."""
    issued = a_certificate()
    (tmp_path / "certificate.pdf").write_bytes(certificate_pdf(issued, PRINTING))
    places = {"certificates": tmp_path}
    assert probe(places, Needles.of(["個人情報消去証明書"])).hits > 0
    assert probe(places, Needles.of([issued.token])).hits > 0
    assert probe(places, Needles.of(['pdfaid:part="3" pdfaid:conformance="U"'])).hits == 1
    assert probe(places, Needles.of(SUBJECTS)).hits == 0


@pytest.mark.pdf
def test_pdfs_can_be_made_here() -> None:
    """Where these tests run, Pango is."""
    assert pdf_available()


def test_without_pango_it_is_said(tmp_path: Path) -> None:
    """Where WeasyPrint cannot load Pango, the answer is no, in good time and without a crash."""
    (tmp_path / "weasyprint.py").write_text('raise OSError("cannot load library")')
    question = (
        "import sys; from tayori.certificates import pdf; print('weasyprint' in sys.modules, pdf.pdf_available())"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    line = [sys.executable, "-c", question]
    asked = subprocess.run(line, env={"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    assert asked.stdout.split() == ["False", "False"]
