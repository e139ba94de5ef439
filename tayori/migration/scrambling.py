"""A masked copy of the same shape: every sign replaced by another of its kind, so that nobody is left and all else is.

Rows, gaps, lengths, line ends, widths, rare signs and codes stay, which is what a migration is tried on. The order of
replacement is drawn from a key that is thrown away, sign by sign and place by place, so that nothing leads back and no
two places of a sign agree.
"""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Final

from tayori.ingest.sources.files import LetterFile
from tayori.migration.cases import SEALED, OldCase
from tayori.migration.dump import Changed

_KINDS: Final[Sequence[str]] = (
    "0123456789",
    "０１２３４５６７８９",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "".join(map(chr, range(0x3041, 0x3094))),
    "".join(map(chr, range(0x30A1, 0x30F5))),
    "".join(map(chr, range(0xFF66, 0xFF9E))),
    "一二三四五六七八九十区町村山川田森林花鳥風月春夏秋冬東西南北道路公園駅前広場",
    "髙﨑德濵塚邊祐羽",  # signs that JIS X 0208 lacks, as CP932 knows them
    "𠮷𠀋𡈽𡌛",
    "😀🙂🌸🚲",
    "áéíóúñüç",
)
_ENDING: Final = re.compile(r"(?i)\.(?:jpe?g|png|tiff?|gif|bmp|heic|pdf|docx?|xlsx?|pptx?|txt|csv|eml|zip|lzh)$")
"""What is left of a file's name. What else stands behind a dot may be anybody: 2024.5.1 模擬花子."""
_HANGS_ON: Final = frozenset(["Mn", "Mc", "Me", "Cf", "Cc"])


class Scrambled(Changed):
    """Replaces what residents and the ward wrote."""

    def __init__(self, seed: int | None = None) -> None:
        """Draw a key of its own; a seed is for tests alone."""
        self._dice = Random(secrets.randbits(256) if seed is None else seed)  # noqa: S311 - seeded by 256 random bits

    def __call__(self, case: OldCase) -> OldCase:
        """Give a case of the same shape about nobody; codes and days stay, the old number stays."""
        items = {name: self._text(value) if name in SEALED else value for name, value in case.items.items()}
        return replace(case, items=items, files=tuple(map(self._file, case.files)))

    def _file(self, file: LetterFile) -> LetterFile:
        ending = _ENDING.search(file.title)
        stem = file.title[: ending.start()] if ending else file.title
        title = f"{self._text(stem)}{ending[0] if ending else ''}"
        return replace(file, title=title, content=self._dice.randbytes(len(file.content)))

    def _text(self, text: str | None) -> str | None:
        return None if text is None else "".join(map(self._sign, text))

    def _sign(self, sign: str) -> str:
        alike = _alike(sign)
        return self._dice.choice(alike) if alike else sign


@cache
def _alike(sign: str) -> str:
    """Give the signs that may stand for a sign; none for blanks, marks and punctuation, which stay."""
    for kind in _KINDS:
        if sign in kind:
            return kind
    if unicodedata.category(sign) in _HANGS_ON or not sign.isalnum():
        return ""
    return _of_width(sign)


def _of_width(sign: str) -> str:
    if ord(sign) > 0xFFFF:  # noqa: PLR2004 - beyond the basic plane: four bytes in UTF-8
        return _KINDS[9]
    try:
        sign.encode("iso-2022-jp")
    except UnicodeEncodeError:
        return _KINDS[8] if len(sign.encode()) == 3 else _KINDS[11]  # noqa: PLR2004 - bytes in UTF-8
    return _KINDS[7]
