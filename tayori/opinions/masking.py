"""Masks what identifies a person in a letter: the copy that analysis sees. It is called マスキング済み, never 匿名化.

Masks look like ［電話番号］. Masking what is masked changes nothing, and nothing but counts per kind leaves here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from tayori.opinions.addresses import address_spans
from tayori.opinions.births import birth_spans
from tayori.opinions.contacts import contact_spans
from tayori.opinions.names import name_spans
from tayori.opinions.spans import Span, merged, overlaps, rules
from tayori.opinions.spoken import spoken_spans
from tayori.opinions.text import normalise
from tayori.opinions.tokens import Tokeniser, Tokens


@dataclass(frozen=True, slots=True, repr=False)
class Masked:
    """A masked copy and how many spans of each kind were masked. It does not print: it is still personal."""

    text: str
    counts: Mapping[str, int]


def personal_spans(tokens: Tokens) -> list[Span]:
    """Every span of a read, normalised text that identifies a person, in order, none overlapping."""
    text = tokens.text
    found = chain(contact_spans(text), spoken_spans(text), birth_spans(text), address_spans(text), name_spans(tokens))
    masks = mask_spans(text)
    return [span for span in merged(found) if not overlaps(span.begin, span.end, masks)] if masks else merged(found)


def mask(text: str, tokeniser: Tokeniser) -> Masked:
    """Mask one letter; the counts never hold a value."""
    written = normalise(text)
    return masked_copy(written, personal_spans(tokeniser.read(written)))


def masked_copy(text: str, spans: Iterable[Span]) -> Masked:
    """Put the word of its kind in the place of each span of a normalised text."""
    kept = list(spans)
    words = mask_words()
    pieces: list[str] = []
    at = 0
    for span in kept:
        pieces += [text[at : span.begin], words[span.kind]]
        at = span.end
    pieces.append(text[at:])
    whole = "".join(pieces)
    if "[" in whole:  # masks of an earlier run, whose brackets the normal form narrowed
        whole = _masks().sub(r"［\1］", whole)
    return Masked(whole, Counter(span.kind for span in kept))


def mask_spans(text: str) -> list[Span]:
    """Where a normalised text already holds masks of an earlier run."""
    return [Span(*match.span(), "mask") for match in _masks().finditer(text)] if "[" in text else []


@cache
def mask_words() -> dict[str, str]:
    """The mask of every kind, as it stands in a masked copy."""
    return {kind: f"［{word}］" for kind, word in rules("masks").items()}


@cache
def _masks() -> re.Pattern[str]:
    words = "|".join(re.escape(str(word)) for word in rules("masks").values())
    return re.compile(rf"\[({words})\]")
