"""A broadcast as a phone shows it: one HTML page that stands alone, without a script, light or dark as the reader's.

Drawn from the very bytes that are signed and sent. Only what `tayori.domain.cards` can make is drawn; anything else is
refused, so that nobody approves what the page leaves out.
"""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import UndefinedError
from markupsafe import Markup, escape

from tayori.domain.links import links_in
from tayori.domain.pictures import image_hashes
from tayori.errors import Refused
from tayori.reports.charts import FONT, FONT_FOLDER
from tayori.reports.environment import environment
from tayori.reports.fonts import font_faces

Json = dict[str, Any]
_KINDS: Final = {"jpg": "image/jpeg", "png": "image/png"}
DRAWN: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset(
        {"type", "text", "size", "color", "wrap", "weight", "flex", "lineSpacing", "decoration", "action"}
    ),
    "image": frozenset(
        {"type", "originalContentUrl", "previewImageUrl", "url", "size", "aspectRatio", "aspectMode", "animated"}
    ),
    "flex": frozenset({"type", "altText", "contents"}),
    "bubble": frozenset({"type", "size", "hero", "body", "footer", "styles"}),
    "box": frozenset({"type", "layout", "contents", "spacing", "margin"}),
    "separator": frozenset({"type", "margin"}),
    "button": frozenset({"type", "style", "color", "height", "action"}),
    "uri": frozenset({"type", "label", "uri"}),
}
_NOT_A_PICTURE: Final = re.compile(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]+")


def hashes_in(messages: bytes) -> tuple[str, ...]:
    """Give the pictures that the page needs."""
    return image_hashes(messages)


def preview_page(messages: bytes, pictures: Mapping[str, bytes], *, title: str) -> str:
    """Draw message bytes as HTML; `pictures` are the stored files by name. Same input, same bytes.

    Raises:
        Refused: the messages hold what this page cannot show, or a picture is missing.

    """
    shown = {
        "picture": lambda address: _inside(str(address), pictures),
        "linked": linked,
        "title": title,
        "font": FONT,
    }
    template = environment().get_template("message_preview.html.j2")
    try:
        read = json.loads(messages)
        _require_drawn(read)
        plain = template.render(**shown, messages=read, font_faces="")
        return template.render(**shown, messages=read, font_faces=font_faces(_NOT_A_PICTURE.sub("", plain)))
    except (UndefinedError, TypeError, KeyError, ValueError):
        raise Refused("The preview cannot draw these messages whole; do not sign what you cannot see.") from None


def _require_drawn(node: Any) -> None:  # noqa: ANN401 - any JSON
    """Let only types and fields through that the page draws."""
    if isinstance(node, dict) and "type" in node:
        if set(node) - DRAWN[node["type"]]:
            raise KeyError(node["type"])
        for part in node.values():
            _require_drawn(part)
    elif isinstance(node, list):
        for part in node:
            _require_drawn(part)


def linked(text: str) -> Markup:
    """Underline the addresses in a text, as LINE does; nothing on the page can be followed."""
    made = escape(text)
    for link in dict.fromkeys(links_in(text)):
        shown = escape(link)
        made = Markup(str(made).replace(str(shown), f"<u>{shown}</u>"))  # noqa: S704 - both parts are escaped
    return made


def letters_without_glyph(messages: bytes) -> str:
    """Give the letters (emoji, hangul) that neither the tree's font nor this machine's fonts can draw in a picture."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # noqa: PLC0415 start-up time

    with TTFont(FONT_FOLDER / "NotoSansJP-Regular.ttf", lazy=True) as font:
        ours = font.getBestCmap()
    wanted = sorted({one for one in messages.decode("utf-8") if ord(one) not in ours and one.isprintable()})
    lister = shutil.which("fc-list")
    return "".join(one for one in wanted if lister is None or not _system_draws(lister, one))


def _system_draws(lister: str, letter: str) -> bool:
    asked = [lister, f":charset={ord(letter):x}", "file"]
    return bool(subprocess.run(asked, capture_output=True, check=False).stdout.strip())  # noqa: S603 - fontconfig's own


def write(stem: Path, page: str) -> Path:
    """Write the page; give its path."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    path = stem.with_name(f"{stem.name}.html")
    path.write_text(page, "utf-8")
    return path


def _inside(address: str, pictures: Mapping[str, bytes]) -> str:
    name = address.rpartition("/")[2]
    return f"data:{_KINDS[name.rpartition('.')[2]]};base64,{base64.b64encode(pictures[name]).decode('ascii')}"
