"""Theme words: what the letters of one field say more often than the others, never from fewer than k letters."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tayori.opinions.spans import Span, terms
from tayori.opinions.tokens import Tag, Tokens

_JOINS: Final = tuple(tag in {Tag.WORD, Tag.SUFFIX, Tag.PREFIX} for tag in Tag)
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
    found = {word for begin, end, word in _compounds(tokens) if not (hidden and _touched(begin, end, hidden))}
    return tuple(sorted(found))


def counted(letters: Iterable[tuple[str, str, Iterable[str]]]) -> dict[str, Counter[str]]:
    """How many letters of each field hold each word; `letters` are (key of the letter, field, words)."""
    seen: set[tuple[str, str, str]] = set()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for key, theme, words in letters:
        fresh = {word for word in words if (key, theme, word) not in seen}
        seen |= {(key, theme, word) for word in fresh}
        counts[theme].update(fresh)
    return dict(counts)


def theme_words(counts: Mapping[str, Mapping[str, int]], *, k: int, top: int = 10) -> list[ThemeWords]:
    """The `top` words of every field by class-based TF-IDF.

    `counts` are letters by word, by field. A word counts only if k different letters of the field hold it. Same
    counts, same words: ties fall in the order of code points.
    """
    themes = sorted(counts)
    spoken = [{word: letters for word, letters in counts[theme].items() if letters >= k} for theme in themes]
    return [
        ThemeWords(theme, tuple(apart(ranked, top)))
        for theme, ranked in zip(themes, _ranked(spoken), strict=True)
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


def apart(ranked: Iterable[str], top: int) -> Iterator[str]:
    """The `top` first words, skipping one that is part of one already taken, or holds one (自転車, 放置自転車)."""
    taken: list[str] = []
    for word in ranked:
        if len(taken) == top:
            return
        if not any(word in other or other in word for other in taken):
            taken.append(word)
            yield word


def _compounds(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Single words, and compounds of up to four tokens that touch (放置|自転|車)."""
    begins, ends, tags, words, text = tokens.begins, tokens.ends, tokens.tags, tokens.words, tokens.text
    stop, at, count = _stopwords(), 0, len(tags)
    while at < count:
        first, at = at, at + 1
        if not _JOINS[tags[first]]:
            continue
        while at < count and begins[at] == ends[at - 1] and _JOINS[tags[at]]:
            at += 1
        if at - first > 1 and words[first] in _POLITE:
            first += 1
        if at - first <= _LONGEST and tags[first] != Tag.SUFFIX:
            word = text[begins[first] : ends[at - 1]]
            if len(word) >= _SHORTEST and word not in stop and not word.isascii():
                yield begins[first], ends[at - 1], word


def _touched(begin: int, end: int, hidden: list[tuple[int, int]]) -> bool:
    return any(first < end and begin < last for first, last in hidden)


@cache
def _stopwords() -> frozenset[str]:
    return frozenset(terms("stopwords", "words"))
