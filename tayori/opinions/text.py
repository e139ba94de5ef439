"""One spelling for every letter: compatibility forms, dashes that hide in width, invisible marks.

Rules are written for the normalised text. Masks and tokens carry offsets into it; `Normalised.original`
leads back to what the resident wrote, for the screen of the case desk.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

# Everything that takes no room, or fills it with nothing, splits numbers and names for the eye only: format characters,
# default ignorables, fillers of Hangul, blank Braille, marks that enclose (the keycaps of emoji).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20dd-\u20e4"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Digits of other scripts, and the circled ones that no compatibility form knows.
_OTHER_DIGIT = re.compile(r"[^\D0-9]|[\u24eb-\u24ff\u2776-\u2793]")
# The dictionary knows the common form of these family-name characters only; one for one, so offsets hold.
_VARIANTS = str.maketrans({"髙": "高", "﨑": "崎", "𠮷": "吉", "栁": "柳", "濵": "浜", "德": "徳", "曻": "昇"})
_HAS_VARIANT = re.compile("[髙﨑𠮷栁濵德曻]")
_LINE_END = re.compile(r"\r\n?")


def normalise(text: str) -> str:
    """Spell a letter in one way: NFKC, one line end, no invisible marks, common forms of name characters.

    Running it twice changes nothing.
    """
    if not text.isascii():
        text = _OTHER_DIGIT.sub(_in_ascii, unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)))
        if _HAS_VARIANT.search(text):
            text = text.translate(_VARIANTS)
    return _LINE_END.sub("\n", text) if "\r" in text else text


def _in_ascii(digit: re.Match[str]) -> str:
    return str(int(unicodedata.numeric(digit[0])))


@dataclass(frozen=True, slots=True)
class Normalised:
    """A letter in one spelling, with the way back to the letter as written."""

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]
    length: int

    def original(self, begin: int, end: int) -> tuple[int, int]:
        """The span of the letter as written that became `begin:end`; whole characters, never part of one."""
        first = bisect_right(self.starts, begin) - 1
        after = bisect_right(self.starts, max(begin, end - 1))
        return self.origins[first], self.origins[after] if after < len(self.origins) else self.length


def normalised(text: str) -> Normalised:
    """Normalise cluster by cluster and remember where each came from; `text` equals `normalise(text)`."""
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    at = 0
    for begin, end in _clusters(text):
        piece = normalise(text[begin:end])
        pieces.append(piece)
        starts.append(at)
        origins.append(begin)
        at += len(piece)
    whole = normalise(text)
    if "".join(pieces) != whole:  # a script whose letters join across clusters: one span, safe and coarse
        return Normalised(whole, (0,), (0,), len(text))
    return Normalised(whole, tuple(starts) or (0,), tuple(origins) or (0,), len(text))


def _clusters(text: str) -> list[tuple[int, int]]:
    """Split before every character that starts anew: not a combining mark, not the tail of CR LF."""
    if not text:
        return []
    cuts = [at for at, char in enumerate(text) if at == 0 or not _joins(text[at - 1], char)]
    return list(zip(cuts, [*cuts[1:], len(text)], strict=True))


def _joins(before: str, char: str) -> bool:
    if char == "\n":
        return before == "\r"
    if _INVISIBLE.match(char):
        return True
    return char > "\u02ff" and unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) > 0
