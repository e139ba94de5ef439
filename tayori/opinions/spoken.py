"""Numbers written as they are spoken: ゼロキューゼロ, ぜろきゅうぜろ, zero to nine as words in a row."""

import re
from collections.abc import Iterator
from typing import Final

from tayori.opinions.spans import Span

_ZERO: Final = "ゼロ|ぜろ|レイ|れい|零|マル|まる|オー"
_DIGIT: Final = (
    rf"(?:{_ZERO}|イチ|いち|ワン|ニイ|ニー|にい|にー|ニ|に|フタ|サン|さん|ヨン|よん|シ|し|ゴー|ゴ|ごー|ご|ロク|ろく|ナナ|なな|シチ|しち|ハチ|はち"
    r"|キュウ|キュー|きゅう|きゅー|ク|く|[0-9])"
)
_BETWEEN: Final = r"[ 、,・の\n-]{0,2}"
# Nine words at least, the first one zero: no sentence of other matters says that.
_SPOKEN = re.compile(rf"(?:{_ZERO})(?:{_BETWEEN}{_DIGIT}){{8,12}}")
_HINT = re.compile("ゼロ|ぜろ|零|マル|まる|れい|レイ")


def spoken_spans(text: str) -> Iterator[Span]:
    """Find telephone numbers written as words."""
    if _HINT.search(text):
        yield from (Span(*match.span(), "phone") for match in _SPOKEN.finditer(text) if not match[0].isascii())
