"""How a text is put down: half-width or full-width digits, and what a scanner misreads."""

from collections.abc import Callable
from random import Random
from typing import Final

_FULL: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_FULL_ALL: Final = str.maketrans("0123456789-()@.", "０１２３４５６７８９－（）＠．")
_MISREAD: Final = dict(
    zip(
        "ロカニー工へ末日、01り夕がでばぱ公木待士己千つぺ",
        "口力二一エヘ未曰，Olリタかてはばム本侍土已干っべ",
        strict=True,
    )
)
_MISREAD_SHARE: Final = 0.06  # of the characters that can be misread

Hand = Callable[[str], str]


def half_width(text: str) -> str:
    """Put a text down as it is."""
    return text


def full_width(text: str) -> str:
    """Put digits down full-width."""
    return text.translate(_FULL)


def full_width_signs(text: str) -> str:
    """Put digits and the signs between them down full-width."""
    return text.translate(_FULL_ALL)


def misread(dice: Random) -> Hand:
    """Give the hand of a scanner: some letters look like others, some spaces creep in."""

    def put_down(text: str) -> str:
        read = [
            _MISREAD[letter] if letter in _MISREAD and dice.random() < _MISREAD_SHARE else letter for letter in text
        ]
        if len(read) > 12 and dice.random() < _MISREAD_SHARE * 2:  # noqa: PLR2004 - shorter pieces are items
            read.insert(dice.randrange(4, len(read)), " ")
        return "".join(read)

    return put_down


def a_hand(dice: Random, *, scanned: bool) -> Hand:
    """Give somebody's hand."""
    if scanned:
        return misread(dice)
    return dice.choices([half_width, full_width, full_width_signs], [6, 3, 1])[0]
