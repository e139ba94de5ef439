"""The tree's font, cut down to the characters of one document and put inside it: a bare machine shows Japanese."""

import base64
import io
from collections.abc import Iterable
from typing import Final

from tayori.reports.charts import FONT, FONT_FOLDER

_FACES: Final = ((400, "NotoSansJP-Regular.ttf"), (700, "NotoSansJP-Bold.ttf"))


def font_faces(characters: Iterable[str]) -> str:
    """CSS that carries both weights of the font for these characters. Same characters, same bytes."""
    # Plain ASCII and the bullet of lists come from the browser, not from the text.
    wanted = sorted({ord(char) for char in characters} | set(range(0x20, 0x7F)) | {0x2022})
    return "\n".join(
        f"@font-face{{font-family:'{FONT}';font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{_subset(file, wanted)}) format('woff2')}}"
        for weight, file in _FACES
    )


def _subset(file: str, wanted: list[int]) -> str:
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]  # noqa: PLC0415 start-up time
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # noqa: PLC0415 start-up time

    options = Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "palt", "locl", "ccmp", "mark"]
    with TTFont(FONT_FOLDER / file, recalcTimestamp=False, lazy=True) as font:
        cutter = Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        font.flavor = "woff2"
        packed = io.BytesIO()
        font.save(packed)
    return base64.b64encode(packed.getvalue()).decode("ascii")
