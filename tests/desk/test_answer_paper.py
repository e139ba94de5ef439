"""An answer on paper: what the window and a fax's cover show, how days are read, and that it prints the same again."""

import hashlib
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tayori.certificates.pdf import pdf_available
from tayori.domain.answering import Form, Way
from tayori.reports.answer_letter import Answer, Recipient, Sender, letter_page, letter_pdf
from tests.desk.builders import WORDS

WINDOW = (107 * 72 / 25.4, 57 * 72 / 25.4)  # points: its right and its lower edge on the sheet
pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
        "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
    ),
]
SENDER = Sender(
    "模擬区長　模擬 一郎",
    "模擬区みどり公園課",
    "000-0000",
    "模擬区模擬町一丁目１番１号",
    "03-0000-0000",
    "03-0000-0099",
    "k@example.jp",
)
TO = Recipient("模擬 花子", "000-0000", "模擬区模擬町二丁目３番４号", "hanako@example.jp", "03-0000-0055")


@pytest.fixture(autouse=True)
def _pango() -> None:
    if not pdf_available():
        pytest.skip("Pango is not installed")


def an_answer(**changes: object) -> Answer:
    given: dict[str, object] = {
        "document_no": "8稽区広第1号", "dated_on": date(2026, 11, 2), "received_on": date(2026, 10, 1), "words": WORDS,
        "form": Form.USUAL, "way": Way.LETTER, "template": "reply-1",
    }  # fmt: skip
    return Answer(**given | changes)  # type: ignore[arg-type]


def test_a_fax_cover_says_nothing_of_the_matter() -> None:
    """The first sheet may lie in the open: to whom, from whom, how many sheets, and what to do if it went astray."""
    page = letter_page(an_answer(way=Way.FAX), SENDER, TO)
    cover = page[page.index('<section class="cover">') : page.index("</section>")]
    assert "03-0000-0055" in cover
    assert "枚" in cover
    assert "遊具" not in cover
    assert "ご意見" not in cover


def test_the_window_shows_the_address_and_nothing_else() -> None:
    """What shows through the envelope is postal code, address and name."""
    page = letter_page(an_answer(), SENDER, TO)
    window = page[page.index('<div class="window">') : page.index('<div class="numbering">')]
    assert "模擬町二丁目" in window
    assert "模擬 花子" in window
    for hidden in ("第1号", "遊具", "hanako", "03-0000", "公園"):
        assert hidden not in window


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler-utils")
@pytest.mark.parametrize(
    "to",
    [
        Recipient("株式会社模擬不動産管理サービス東日本統括本部", "000-0000", TO.address),
        Recipient("模擬 花子", "000-0000", "MOGIRESIDENCE" * 6),
    ],
    ids=["a long name", "one long word"],
)
def test_nothing_in_the_window_goes_beyond_its_edge(tmp_path: Path, to: Recipient) -> None:
    """A name or a word that is wider than the window goes on in the next row; half a name is somebody else's."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(letter_pdf(an_answer(), SENDER, to))
    told = subprocess.run(["pdftotext", "-bbox", path, "-"], check=True, capture_output=True).stdout.decode()
    boxes = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)"', told)
    shown = [float(right) for left, top, right in boxes if float(left) < WINDOW[0] and float(top) < WINDOW[1]]
    assert len(shown) > 4
    assert max(shown) <= WINDOW[0]


def test_a_day_in_plain_japanese_is_read_as_it_is_said() -> None:
    """The first is ついたち, the twentieth はつか, the fifteenth a number."""
    for day, read in ((1, "1日（ついたち）"), (15, "15日（にち）"), (20, "20日（はつか）")):
        page = letter_page(an_answer(form=Form.PLAIN, received_on=date(2026, 10, day)), SENDER, TO)
        assert f"10月（がつ）{read}に" in page


@pytest.mark.parametrize(("seal", "shown"), [("omitted", "（公印省略）"), ("space", '<div class="seal"></div>')])
def test_a_seal_is_omitted_or_has_room_and_is_never_drawn(seal: str, shown: str) -> None:
    """公印省略, or an empty place; no picture, no character 印 in it."""
    page = letter_page(
        an_answer(), Sender(**{name: getattr(SENDER, name) for name in Sender.__slots__} | {"seal": seal}), TO
    )
    assert shown in page
    assert "<img" not in page
    assert "<svg" not in page


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("way", [Way.LETTER, Way.FAX])
def test_every_form_prints_and_the_same_answer_gives_the_same_bytes(form: Form, way: Way) -> None:
    """Usual, large and plain, on paper and by fax; markup in a text is text."""
    answer = an_answer(form=form, way=way, words="<b>太字</b> & 「引用」\n二行目")
    first, second = (letter_pdf(answer, SENDER, TO) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert "&lt;b&gt;" in letter_page(answer, SENDER, TO)
