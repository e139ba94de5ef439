"""The preview: every word of the signed bytes is on it, it stands alone, and it is drawn light and dark."""

import re
from pathlib import Path

import pytest
from PIL import Image

from tayori.domain.messages import message_bytes, read_messages, texts_in
from tayori.errors import Refused, Unavailable
from tayori.reports import message_preview, screenshot
from tayori.reports.message_preview import hashes_in, letters_without_glyph, preview_page
from tests.support.wording import EVERY_KIND, IMAGE, NOTICE, TEXT, a_picture, material

PICTURE = a_picture()
FILES = {PICTURE.name: PICTURE.content, PICTURE.preview_name: PICTURE.preview}


def sent(*messages: object) -> bytes:
    return message_bytes(read_messages(list(messages), material(PICTURE)))


def page(*messages: object) -> str:
    return preview_page(sent(*messages), FILES, title="b-1 第 1 版")


def test_every_text_of_every_kind_is_on_the_page() -> None:
    """Nobody signs what the page leaves out: texts, labels, addresses behind buttons, the text of the notification."""
    seen = page(*EVERY_KIND)
    for text in texts_in(sent(*EVERY_KIND)):
        for word in text.split():
            assert word in seen
    for address in ("https://www.city.example.jp/map#hiroba", "https://www.city.example.jp/mochi"):
        assert address in seen
    assert "通知: 総合防災訓練｜12月1日（火）午前9時｜区役所前広場" in seen


def test_the_page_stands_alone() -> None:
    """No script, nothing fetched from anywhere: fonts and pictures lie inside, and the page forbids the rest."""
    seen = page(*EVERY_KIND)
    assert "<script" not in seen
    assert "default-src 'none'" in seen
    assert re.findall(r"(?:src|href)=\"(?!data:)", seen) == []
    assert re.findall(r"url\((?!data:)", seen) == []
    assert seen.count("data:image/jpeg;base64,") == 2
    assert "prefers-color-scheme: dark" in seen


def test_the_same_bytes_give_the_same_page() -> None:
    """A page can be compared with one drawn later."""
    assert page(*EVERY_KIND) == page(*EVERY_KIND)


def test_what_a_writer_wrote_is_text_and_never_markup() -> None:
    """Tags and quotes are shown as they were written."""
    seen = page({"type": "text", "text": "<img src=x onerror=alert(1)>&\"'"}, NOTICE | {"title": "<b>太字</b>"})
    assert "<img src=x" not in seen
    assert "<b>太字" not in seen
    assert "&lt;b&gt;太字&lt;/b&gt;" in seen


def test_an_address_in_a_text_is_underlined_and_leads_nowhere() -> None:
    """As LINE draws it; the page has no link."""
    seen = page(TEXT)
    assert "<u>https://www.city.example.jp/bosai?page=2</u>" in seen
    assert "<a " not in seen


@pytest.mark.parametrize(
    "messages",
    [
        b'[{"type":"sticker","packageId":"1","stickerId":"1"}]',
        b'[{"type":"flex","altText":"x","contents":{"type":"carousel","contents":[]}}]',
        b'[{"type":"flex","altText":"x","contents":{"type":"bubble","body":{"type":"video"}}}]',
        b'[{"type":"text","text":"x","quickReply":{"items":[]}}]',
        b'[{"type":"flex","altText":"x","contents":{"type":"bubble","header":{"type":"box"}}}]',
        b"broken",
        b"[7]",
    ],
)
def test_what_cannot_be_drawn_whole_is_refused(messages: bytes) -> None:
    """An approver sees all of it or is told not to sign."""
    with pytest.raises(Refused, match="do not sign"):
        preview_page(messages, FILES, title="x")
    with pytest.raises(Refused, match="do not sign"):
        preview_page(sent(IMAGE), {}, title="x")


def test_the_page_names_the_pictures_that_it_needs() -> None:
    """What is to be read from the store."""
    assert set(hashes_in(sent(NOTICE))) == {PICTURE.preview_name.partition(".")[0]}


def test_letters_that_no_font_here_draws_are_named() -> None:
    """The tree's font draws Japanese; a letter of the private area is drawn by none."""
    assert letters_without_glyph("防災訓練のお知らせ①髙".encode()) == ""
    assert letters_without_glyph("\U00010fff".encode()) == ""  # unassigned: nothing to draw
    assert letters_without_glyph("𒀀".encode()) in {"𒀀", ""}  # cuneiform, unless a font for it is installed


def test_a_browser_that_is_not_there_is_told() -> None:
    """A wrong setting is a sentence; none at all means HTML alone."""
    with pytest.raises(Unavailable, match="TAYORI_CHROMIUM"):
        screenshot.browser("/nowhere/chromium")
    assert list(screenshot.draw_both(None, "", Path("nowhere"))) == []


def test_a_browser_that_fails_is_told(tmp_path: Path) -> None:
    """A program that draws nothing leaves a sentence, no half picture."""
    with pytest.raises(Unavailable, match="HTML"):
        list(screenshot.draw_both(screenshot.browser("true"), "x", tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.chromium
def test_the_page_is_drawn_light_and_dark_to_its_last_message(tmp_path: Path) -> None:
    """Two pictures of a phone's width at twice its resolution, cut below the last message, with different walls."""
    program = screenshot.browser("")
    if program is None:
        pytest.skip("Chromium is not installed")
    light, dark = screenshot.draw_both(program, page(*EVERY_KIND), tmp_path / "p")
    assert (light.name, dark.name) == ("p.png", "p-dark.png")
    pictures = [Image.open(path).convert("RGB") for path in (light, dark)]
    assert {picture.width for picture in pictures} == {750}
    assert pictures[0].height == pictures[1].height > 2_000
    assert [picture.getpixel((2, 2)) for picture in pictures] == [(169, 188, 212), (20, 24, 29)]


@pytest.mark.chromium
def test_a_page_that_is_too_long_for_a_picture_says_so(tmp_path: Path) -> None:
    """The HTML is whole in any case; a picture that would end in the middle is not written."""
    program = screenshot.browser("")
    if program is None:
        pytest.skip("Chromium is not installed")
    with pytest.raises(Unavailable, match="too long"):
        list(screenshot.draw_both(program, page(*[{"type": "text", "text": "長い文。\n" * 700}] * 5), tmp_path / "p"))


def test_the_page_is_written_beside_its_pictures(tmp_path: Path) -> None:
    """The folder is made where it is missing."""
    assert message_preview.write(tmp_path / "new" / "b-1-v1", "x").name == "b-1-v1.html"
