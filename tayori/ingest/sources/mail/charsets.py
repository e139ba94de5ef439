"""What the bytes of a mail say: the declared charset where it holds, else the one of Japan's in which they make sense.

Clients label as they like: `Shift_JIS` means CP932 and `ISO-2022-JP` means CP50221 (NEC's and IBM's signs, half-width
kana), of which Python knows only the first; UTF-8 travels as `iso-8859-1`, CP932 as `utf-8`. What decodes in no way is
marked, sign by sign, with 〓, and counted: the original is kept beside it.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from tayori.domain.opinions import DOUBTFUL

ESCAPE: Final = b"\x1b"
CP50221: Final = "cp50221"
_MEANT: Final = {  # what a label means in mails from Japan
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "cp932"), "cp932"),
    **dict.fromkeys(("iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-ms", "cp50220", "cp50221"), CP50221),
    **dict.fromkeys(("euc-jp", "x-euc-jp", "eucjp", "cp51932", "eucjp-ms"), "euc_jis_2004"),
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8"), "utf-8"),
}
_SAYS_NOTHING: Final = frozenset({"", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252", "x-unknown"})
_TRIED: Final = ("utf-8", "cp932", "euc_jis_2004")
_SETS: Final = re.compile(rb"\x1b(\$@|\$B|\(B|\(J|\(I|\$\(D)")
_DOUBLE: Final = frozenset({b"$@", b"$B"})
_USUAL: Final = re.compile(r"[ぁ-んァ-ヶー一-鿿。、「」]")
_ODD: Final = re.compile(r"[｡-ﾟ\ue000-\uf8ff\x80-\x9f]")
_ODD_WEIGHT: Final = 3


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and how many of its signs could not be read."""

    text: str
    unreadable: int = 0


def decoded(content: bytes, declared: str | None) -> Decoded:
    """Give the text of bytes, never failing: a label that does not hold is no label."""
    label = (declared or "").strip().strip("\"'").lower().replace("_jp", "-jp")
    meant = _MEANT.get(label, "" if label in _SAYS_NOTHING else label)
    for charset in _candidates(content, meant):
        text = _strictly(content, charset)
        if text is not None:
            return Decoded(text)
    return _marked(content, meant)


def _candidates(content: bytes, meant: str) -> Iterator[str]:
    if ESCAPE in content and content.isascii():
        yield CP50221
    if meant:
        yield meant
    if content.isascii():
        yield "ascii"
    yield from sorted(_TRIED, key=lambda charset: -_sense(_strictly(content, charset)))
    guess = from_bytes(content).best()
    if guess is not None:
        yield guess.encoding


def _sense(text: str | None) -> float:
    """How much a text looks like Japanese: usual signs count for it, signs that wrong decoding makes count against."""
    if text is None:
        return float("-inf")
    return (len(_USUAL.findall(text)) - _ODD_WEIGHT * len(_ODD.findall(text))) / max(len(text), 1)


def _strictly(content: bytes, charset: str) -> str | None:
    try:
        return _cp50221(content) if charset == CP50221 else content.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None


def _cp50221(content: bytes) -> str:
    """Decode ISO-2022-JP as Windows writes it: each run of double bytes is CP932 moved to seven bits."""
    pieces = _SETS.split(content)
    written = [pieces[0].decode("ascii")]
    for selected, run in zip(pieces[1::2], pieces[2::2], strict=True):
        if selected in _DOUBLE:
            written.append(_double(run))
        elif selected == b"(I":
            written.append(bytes(byte | 0x80 for byte in run).decode("cp932"))
        elif selected == b"$(D":
            written.append((b"\x1b$(D" + run + b"\x1b(B").decode("iso2022_jp_ext"))
        else:
            written.append(run.decode("ascii"))
    return "".join(written)


def _double(run: bytes) -> str:
    line, end, below = run.partition(b"\n")  # a line's end ends the set, whatever the client forgot (RFC 1468)
    return _rows(line.rstrip(b"\r")) + (end + below).decode("ascii")


def _rows(run: bytes) -> str:
    if len(run) % 2:
        message = "half a character"
        raise ValueError(message)
    moved = bytearray()
    for high, low in zip(run[::2], run[1::2], strict=True):
        odd = high & 1
        lead = (high + 1) // 2 + (0x70 if high < 0x5F else 0xB0)  # noqa: PLR2004 - the table of JIS X 0208
        moved += bytes((lead, low + (0x1F + (low > 0x5F) if odd else 0x7E)))  # noqa: PLR2004 - as above
    return moved.decode("cp932")


def _marked(content: bytes, meant: str) -> Decoded:
    if ESCAPE in content:
        text = content.decode("iso2022_jp_ext", "replace")
    else:
        charset = meant if _known(meant) else "utf-8"
        text = max((content.decode(one, "replace") for one in (charset, *_TRIED)), key=_readable)
    return Decoded(text.replace("\ufffd", DOUBTFUL), text.count("\ufffd"))


def _readable(text: str) -> tuple[int, float]:
    return -text.count("\ufffd"), _sense(text)


def _known(charset: str) -> bool:
    try:
        return bool(charset) and charset != CP50221 and bool(codecs.lookup(charset)._is_text_encoding)  # noqa: SLF001 - the one way to tell
    except (LookupError, ValueError):
        return False
