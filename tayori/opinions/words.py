"""Theme words: what the letters of one field say more often than the others, never from fewer than k letters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tayori.opinions.spans import Span, terms
from tayori.opinions.tokens import Tag, Tokens

_JOINING: Final = frozenset({Tag.WORD, Tag.SUFFIX, Tag.PREFIX})
_POLITE: Final = frozenset({"お", "ご", "御"})
_LONGEST: Final = 4
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """The words that mark one field, strongest first; each stands in at least k letters of that field."""

    theme: str
    words: tuple[str, ...]


def terms_of(tokens: Tokens, masked: Iterable[Span]) -> tuple[str, ...]:
    """The distinct words and compounds of a read letter outside its masked spans, in the order of their code points."""
    hidden = sorted((span.begin, span.end) for span in masked)
    found = {word for begin, end, word in _compounds(tokens) if not _touched(begin, end, hidden)}
    return tuple(sorted(found))


def theme_words(letters: Sequence[tuple[str, str, Sequence[str]]], *, k: int, top: int = 10) -> list[ThemeWords]:
    """The `top` words of every field by class-based TF-IDF.

    `letters` are (key of the letter, field, terms). A word counts only if k different letters of the field hold
    it. Same letters, same words: ties fall in the order of code points.
    """
    by_theme: dict[str, dict[str, set[str]]] = {}
    for key, theme, words in letters:
        held = by_theme.setdefault(theme, {})
        for word in words:
            held.setdefault(word, set()).add(key)
    themes = sorted(by_theme)
    counts = [{word: len(keys) for word, keys in by_theme[theme].items() if len(keys) >= k} for theme in themes]
    return [
        ThemeWords(theme, tuple(_without_parts(ranked, top)))
        for theme, ranked in zip(themes, _ranked(counts), strict=True)
        if ranked
    ]


def _ranked(counts: list[dict[str, int]]) -> list[list[str]]:
    """The words of every field, strongest first."""
    if not any(counts):
        return [[] for _ in counts]
    from sklearn.feature_extraction import DictVectorizer  # noqa: PLC0415 start-up time: sklearn takes seconds
    from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415 start-up time

    vectorizer = DictVectorizer(sort=True)
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(vectorizer.fit_transform(counts))
    names: list[str] = list(vectorizer.get_feature_names_out())
    rows = []
    for row in range(len(counts)):
        line = weights[row].tocoo()
        pairs = sorted(zip(line.col, line.data, strict=True), key=lambda pair: (-round(pair[1], 9), names[pair[0]]))
        rows.append([names[column] for column, _ in pairs])
    return rows


def _without_parts(ranked: list[str], top: int) -> Iterator[str]:
    """Skip a word that is part of one already taken, or holds one: 自転車 beside 放置自転車 says little."""
    taken: list[str] = []
    for word in ranked:
        if len(taken) == top:
            return
        if not any(word in other or other in word for other in taken):
            taken.append(word)
            yield word


def _compounds(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Single words, and compounds of up to four tokens that touch (放置|自転|車)."""
    at, count = 0, len(tokens.words)
    while at < count:
        if tokens.tags[at] not in _JOINING:
            at += 1
            continue
        last = at
        while last + 1 < count and tokens.tags[last + 1] in _JOINING and tokens.touches(last):
            last += 1
        if tokens.words[at] in _POLITE and at < last:
            at += 1
        if last - at < _LONGEST:
            word = tokens.text[tokens.begins[at] : tokens.ends[last]]
            if _tells(word) and tokens.tags[at] != Tag.SUFFIX:
                yield tokens.begins[at], tokens.ends[last], word
        at = last + 1


def _tells(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in _stopwords() and not word.isascii()


def _touched(begin: int, end: int, hidden: list[tuple[int, int]]) -> bool:
    return any(first < end and begin < last for first, last in hidden)


@cache
def _stopwords() -> frozenset[str]:
    return frozenset(terms("stopwords", "words"))
