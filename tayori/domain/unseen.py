"""Letters that cannot be seen, or that turn the direction of reading: a text with them says what it does not show.

They split a word or an address so that no rule finds it, hide what stands behind them, or let one text pass for
another. What writing systems and emoji need stays: joiners, the marks for left and right, variation selectors.
"""

import re
from typing import Final

UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2028\u2029\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_MARKS: Final = re.compile("[\u200c-\u200f\ufe00-\ufe0f\U000e0000-\U000e0fff]")


def unseen_in(text: str) -> str | None:
    """Give the first letter that cannot be seen by its number, as U+200B; None where there is none."""
    found = UNSEEN.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def seen(text: str) -> str:
    """Give a text without what cannot be seen in it, marks that only shape their neighbours included."""
    return _MARKS.sub("", UNSEEN.sub("", text))
