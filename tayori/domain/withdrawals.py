"""Why an edition may be withdrawn: a closed list, because free words could name somebody.

What follows from a reason stands beside it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: how readers read it, and whether later editions may still print the words that the edition told."""

    said: str
    words_stand: bool


REASONS: Final = {
    "counting": Reason("集計の誤り", words_stand=True),
    "entry": Reason("入力の誤り", words_stand=True),
    "masking": Reason("マスキング漏れ", words_stand=False),
    "field": Reason("分野や話題の誤り", words_stand=False),
    "summary": Reason("要旨や回答の誤り", words_stand=True),
    "form": Reason("様式の誤り", words_stand=True),
}
