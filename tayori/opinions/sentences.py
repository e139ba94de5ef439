"""The one sentence of a masked letter that speaks for a topic: for staff to read, stored and published nowhere."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_END: Final = re.compile(r"(?<=[。！？!?])|\n+")
_SHORTEST: Final = 10
_LONGEST: Final = 90


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, without the spaces around them."""
    return (part for raw in _END.split(text) if (part := raw.strip()))


def speaking(text: str, words: Mapping[str, float]) -> str:
    """The sentence with the most weight of a topic's words, a long one cut; empty where none holds any.

    `words` are the topic's words with their weights. The first of equals wins.
    """
    best, most = "", 0.0
    for sentence in sentences(text):
        weight = sum(weight for word, weight in words.items() if word in sentence)
        if weight > most and len(sentence) >= _SHORTEST:
            best, most = sentence, weight
    return best if len(best) <= _LONGEST else f"{best[:_LONGEST]}…"
