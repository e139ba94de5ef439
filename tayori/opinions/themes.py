"""The field (分野) of a letter by the words of the ward's duties, or no field when none wins clearly."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tayori.opinions.phrases import PhraseBook
from tayori.opinions.spans import rules
from tayori.opinions.tokens import Tokeniser, Tokens


@dataclass(frozen=True, slots=True)
class ThemeRules:
    """The dictionary of fields: version, names in order, weights, and when it abstains."""

    version: str
    fields: tuple[str, ...]
    weights: tuple[tuple[str, str, int], ...]
    undecided: str
    withheld: str
    needed: float
    margin: float


@cache
def theme_rules() -> ThemeRules:
    """The dictionary of fields that comes with the tree."""
    table = rules("themes")
    fields = table["fields"]
    if not isinstance(fields, dict):
        raise TypeError("rules/themes.yaml: fields is not a table")
    weighed = {"strong": int(str(table["strong"])), "weak": int(str(table["weak"]))}
    return ThemeRules(
        version=str(table["version"]),
        fields=tuple(fields),
        weights=tuple(
            (str(word), field, weight)
            for field, words in fields.items()
            for group, weight in weighed.items()
            for word in words[group]
        ),
        undecided=str(table["undecided"]),
        withheld=str(table["withheld"]),
        needed=float(str(table["needed"])),
        margin=float(str(table["margin"])),
    )


class Classifier:
    """Gives a letter its field. Each word counts once, so a long letter does not outvote itself.

    Abstains (分類保留) below `needed` points or when the second field comes within the margin.
    """

    def __init__(self, tokeniser: Tokeniser) -> None:
        self.rules = theme_rules()
        self._points: dict[str, list[tuple[str, int]]] = {}
        for word, field, weight in self.rules.weights:
            self._points.setdefault(word, []).append((field, weight))
        self._book = PhraseBook(((word, word) for word in self._points), tokeniser)
        self._order = {field: at for at, field in enumerate(self.rules.fields)}

    def field(self, tokens: Tokens) -> str:
        """The field of a read letter, or the word for "undecided"."""
        return self.choose(hit.listed for hit in self._book.find(tokens))

    def choose(self, words: Iterable[str]) -> str:
        """The field that the listed words of a letter speak for."""
        points: Counter[str] = Counter()
        for word, times in Counter(words).items():
            for field, weight in self._points[word]:
                points[field] += weight * min(times, 3)
        ranked = sorted(points.items(), key=lambda pair: (-pair[1], self._order[pair[0]]))
        if not ranked or ranked[0][1] < self.rules.needed:
            return self.rules.undecided
        second = ranked[1][1] if len(ranked) > 1 else 0
        return ranked[0][0] if ranked[0][1] >= second * self.rules.margin else self.rules.undecided
