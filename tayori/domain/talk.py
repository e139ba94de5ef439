"""What the account says in the talk: two fixed texts, the same for everybody, with the ward's own addresses filled in.

A `Said` is made here and nowhere else, so that nothing about a resident can be put into an answer (I4).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from tayori.domain.measures import utf16_units
from tayori.errors import BadInput

LONGEST_TEXT: Final = 5_000  # UTF-16 units, a text message (Messaging API)
_MADE_HERE: Final = object()


class Occasion(StrEnum):
    """What the account answers."""

    GREETING = "greeting"  # somebody added it, or unblocked it
    TALK = "talk"  # somebody wrote into the talk


@dataclass(frozen=True, slots=True)
class Said:
    """One of the fixed texts, ready to send."""

    occasion: Occasion
    text: str
    _made_here: object

    def __post_init__(self) -> None:
        if self._made_here is not _MADE_HERE:
            message = "only the fixed texts of talk.yaml are said in the talk"
            raise TypeError(message)


def fixed_texts(base_url: str, opinion_base_url: str = "") -> dict[Occasion, Said]:
    """Give both texts for an installation whose pages are at `base_url`, the opinion screen there or elsewhere.

    Raises:
        BadInput: a text is longer than LINE takes, or holds a mark that nothing fills in.

    """
    written = _written()
    bases = {"settings": base_url, "opinions": opinion_base_url or base_url}
    filled = {name: bases[name].rstrip("/") + path for name, path in written["pages"].items()}
    filled |= {name: written[name] for name in ("ward", "call_centre")}
    return {occasion: _said(occasion, written[occasion], filled) for occasion in Occasion}


def _said(occasion: Occasion, template: str, filled: dict[str, str]) -> Said:
    try:
        text = template.format_map(filled)
    except (KeyError, ValueError, IndexError):
        raise BadInput(f"talk.yaml, {occasion}: a mark in braces is none of {', '.join(sorted(filled))}.") from None
    if utf16_units(text) > LONGEST_TEXT:
        raise BadInput(f"talk.yaml, {occasion}: longer than LINE's {LONGEST_TEXT} characters. Shorten it.")
    return Said(occasion, text, _MADE_HERE)


@cache
def _written() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(files("tayori.domain").joinpath("talk.yaml").read_text("utf-8"))
    return read
