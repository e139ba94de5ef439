"""What a second reader takes for a person in a masked copy, and the rules do not know: a doubt for people to decide.

Where a mask stands already there is nothing to decide; places, facilities, firms, roles and holders of public office
that the tables know are none either.
"""

import re
from collections.abc import Iterable
from functools import cache

from tayori.opinions.masking import mask_words
from tayori.opinions.spans import Span, overlaps, rules, terms
from tayori.opinions.tokens import Tokeniser
from tayori.opinions.words import terms_of

Place = tuple[int, int]

_EDGE = re.compile(r"[^\w々ー]")
_LETTER = re.compile(r"[一-龥々ぁ-んァ-ヶA-Za-z]")
_SENTENCE_END = re.compile(r"(?<=[。!?\n])")
_NAME = "name"


def doubts(copy: str, persons: Iterable[Place]) -> list[Place]:
    """Those places of a masked copy that a person has to look at, in order."""
    masks = masks_in(copy)
    trimmed = (_trimmed(copy, begin, end) for begin, end in persons)
    return [
        (begin, end)
        for begin, end in trimmed
        if _LETTER.search(copy, begin, end) and not overlaps(begin, end, masks) and not _known(copy, begin, end)
    ]


def masks_in(copy: str) -> list[Span]:
    """The masks of a masked copy."""
    return [Span(*match.span(), "mask") for match in _masks().finditer(copy)]


def named(copy: str, words: Iterable[str], place: Place, tokeniser: Tokeniser) -> tuple[str, tuple[str, ...]]:
    """Mask a name in a copy; give the new copy, and its words without those of the name."""
    begin, end = place
    name, masks = copy[begin:end], masks_in(copy)
    tokens = tokeniser.read(copy)
    lost = set(terms_of(tokens, masks)) - set(terms_of(tokens, [*masks, Span(begin, end, _NAME)]))
    kept = tuple(word for word in words if word not in lost and name not in word)
    return f"{copy[:begin]}{mask_words()[_NAME]}{copy[end:]}", kept


def around(copy: str, place: Place) -> tuple[str, str, str]:
    """The sentence of a copy that holds a place: what stands before it, at it, and after it."""
    begin, end = place
    ends = [match.start() for match in _SENTENCE_END.finditer(copy)]
    first = max((one for one in ends if one <= begin), default=0)
    last = min((one for one in ends if one >= end), default=len(copy))
    return copy[first:begin].lstrip(), copy[begin:end], copy[end:last].rstrip()


def _trimmed(copy: str, begin: int, end: int) -> Place:
    while begin < end and _EDGE.match(copy, begin):
        begin += 1
    while begin < end and _EDGE.match(copy, end - 1):
        end -= 1
    return begin, end


def _known(copy: str, begin: int, end: int) -> bool:
    word = copy[begin:end]
    if word in _listed("names", "roles") or word.endswith(terms("gazetteer", "public_offices")):
        return True
    if _office_after().match(copy, end) or _office_before().search(copy, max(0, begin - 8), begin):
        return True
    if _called().match(copy, end):
        return False
    places = _listed("gazetteer", "place_names") | _listed("gazetteer", "towns")
    return word in places or _place_after().match(copy, end) is not None


@cache
def _listed(table: str, key: str) -> frozenset[str]:
    return frozenset(terms(table, key))


@cache
def _masks() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in mask_words().values()))


@cache
def _office_after() -> re.Pattern[str]:
    return re.compile(rf"[前元現新副]?(?:{'|'.join(terms('gazetteer', 'public_offices'))})")


@cache
def _office_before() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(terms('gazetteer', 'public_offices'))})[の・、]?\Z")


@cache
def _called() -> re.Pattern[str]:
    """An honorific or a title: what stands before it is somebody, also where the word is a place elsewhere."""
    words = (*terms("names", "honorifics"), *terms("names", "titles"), *terms("names", "duties"))
    return re.compile("|".join(words))


@cache
def _place_after() -> re.Pattern[str]:
    return re.compile(str(rules("gazetteer")["place_endings"]).replace(" ", ""))
