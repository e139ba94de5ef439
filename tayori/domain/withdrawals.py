"""Why an edition may be withdrawn: a closed list, because free words could name somebody.

What follows from a reason stands beside it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: how readers read it, whether later editions may still print the words that the edition told.

    `copied_whole`: whether a copy that is made afterwards holds what stands in words, or tables alone; `gists_stand`:
    whether it holds the summaries.
    """

    said: str
    words_stand: bool = True
    copied_whole: bool = True
    gists_stand: bool = True


REASONS: Final = {
    "counting": Reason("集計の誤り"),
    "entry": Reason("入力の誤り"),
    "masking": Reason("マスキング漏れ", words_stand=False, copied_whole=False),
    "field": Reason("分野や話題の誤り", words_stand=False),
    "summary": Reason("要旨や回答の誤り", gists_stand=False),
    "person": Reason("個人が分かるおそれ", words_stand=False, copied_whole=False),
    "form": Reason("様式の誤り"),
}
