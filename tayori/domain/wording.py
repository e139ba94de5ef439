"""Wording: whether two messages say the same, however their letters are composed and their lines are broken."""

import json
import unicodedata
from collections.abc import Iterator

from tayori.domain.unseen import seen


def wording(stored: bytes) -> str:
    """What stored messages say, without what does not change it: spacing, and how letters are composed."""
    texts = seen("\n".join(_texts(json.loads(stored))))
    return "".join(unicodedata.normalize("NFKC", texts).split()).casefold()


def _texts(part: object) -> Iterator[str]:
    match part:
        case str():
            yield part
        case dict():
            for name in sorted(part):
                yield from _texts(part[name])
        case list():
            for one in part:
                yield from _texts(one)
