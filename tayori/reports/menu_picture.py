"""The picture of a rich menu: drawn from the ward's words, the same words giving the same bytes.

Colours are those of the Digital Agency Design System (as in web/resident/static/tokens.css); every pair of text and
ground has a contrast of at least 7, and nothing is told by colour alone: the open tab is joined to its tiles and its
word stands in a bolder hand.
"""

import io
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from tayori.domain.menu import WIDTH, MenuSet, Place, Tab, Tile
from tayori.errors import BadInput
from tayori.reports.charts import FONT_FOLDER

LARGEST: Final = 1 << 20  # bytes (Messaging API, upload rich menu image)
COLOURS: Final = 64  # flat areas and smooth letters need no more, and the file stays small

GROUND, INK, FAINT = "#ffffff", "#1a1a1a", "#4d4d4d"
BLUE, PALE, LINE = "#0017c1", "#e8f1fe", "#949494"
REGULAR, BOLD = "NotoSansJP-Regular.ttf", "NotoSansJP-Bold.ttf"
MARK, TITLE, NOTE, WORD = 150, 100, 66, 88  # pixels of 2,500: on a phone of 375 points a note is 10 points high
RADIUS: Final = 130
GAP: Final = 40  # between mark and title
STEP: Final = 124  # from line to line
SHADE: Final = 40


def draw(menus: MenuSet, number: int) -> bytes:
    """Draw the n-th tab (from 1) as PNG, at most 1 MB.

    Raises:
        BadInput: the picture is larger than LINE takes.

    """
    image = Image.new("RGB", (WIDTH, menus.height), GROUND)
    pen = ImageDraw.Draw(image)
    tab = menus.tabs[number - 1]
    lines: dict[int, int] = {}
    for place, tile in menus.places(tab):
        lines[place.y] = max(lines.get(place.y, 1), tile.title.count("\n") + 1)
    for place, tile in menus.places(tab):
        _tile(image, place, tile, lines[place.y])
    for at, (place, one) in enumerate(menus.strip(), 1):
        _tab(pen, place, one, is_open=at == number)
    held = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    if len(held.getvalue()) > LARGEST:
        raise BadInput("The menu's picture is larger than LINE's 1 MB; write fewer and shorter words.")
    return held.getvalue()


def _tile(image: Image.Image, place: Place, tile: Tile, most_lines: int) -> None:
    """Draw a tile; `most_lines` of any title in the row keep its marks at one height."""
    pen = ImageDraw.Draw(image)
    right, bottom = place.x + place.width - 1, place.y + place.height - 1
    pen.rectangle((place.x, place.y, right, bottom), fill=GROUND, outline=LINE, width=4)
    middle = place.x + place.width // 2
    top = place.y + (place.height - 2 * RADIUS - GAP - most_lines * STEP - NOTE) // 2
    image.paste(BLUE, (middle - RADIUS, top), _disc())
    pen.text((middle, top + RADIUS), tile.mark, GROUND, _font(BOLD, MARK), anchor="mm")
    at = top + 2 * RADIUS + GAP + TITLE // 2
    for line in tile.title.split("\n"):
        pen.text((middle, at), line, INK, _fitting(line, BOLD, TITLE, place.width), anchor="mm")
        at += STEP
    note = _fitting(tile.note, REGULAR, NOTE, place.width)
    pen.text((middle, at - TITLE // 2 + NOTE // 2), tile.note, FAINT, note, anchor="mm")


@cache
def _disc() -> Image.Image:
    """Give a disc with smooth edges."""
    large = Image.new("L", (8 * RADIUS, 8 * RADIUS))
    ImageDraw.Draw(large).ellipse((0, 0, 8 * RADIUS - 1, 8 * RADIUS - 1), fill=255)
    return large.resize((2 * RADIUS, 2 * RADIUS), Image.Resampling.LANCZOS)


def _tab(pen: ImageDraw.ImageDraw, place: Place, tab: Tab, *, is_open: bool) -> None:
    right, bottom = place.x + place.width - 1, place.y + place.height - 1
    pen.rectangle((place.x, place.y, right, bottom), fill=GROUND if is_open else PALE, outline=LINE, width=4)
    if is_open:
        pen.rectangle((place.x, place.y, right, place.y + 24), fill=BLUE)
        pen.rectangle((place.x + 4, bottom - 6, right - 4, bottom + 6), fill=GROUND)
    middle = (place.x + place.width // 2, place.y + place.height // 2 + 8)
    hand = BOLD if is_open else REGULAR
    pen.text(middle, tab.word, INK if is_open else BLUE, _fitting(tab.word, hand, WORD, place.width), anchor="mm")


def _fitting(text: str, file: str, size: int, width: int) -> ImageFont.FreeTypeFont:
    """Give the font at its size, or smaller where the text would touch the edges."""
    wide = _font(file, size).getlength(text)
    room = width - 2 * SHADE
    return _font(file, size if wide <= room else max(24, int(size * room / wide)))


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT_FOLDER / file, size)
