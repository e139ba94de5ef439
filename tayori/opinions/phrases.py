"""Finds listed expressions among the tokens of a letter, whole tokens only: 寺町 holds no 寺."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tayori.opinions.text import normalise
from tayori.opinions.tokens import Tokeniser, Tokens


class Hit(NamedTuple):
    """An expression found: its place in the text and what it was listed under."""

    begin: int
    end: int
    listed: str
    phrase: str


class PhraseBook:
    """Expressions cut by the same tokeniser as the letters, so that compounds meet their parts.

    An expression whose particles matter (信教の自由) is compared with the text between its first and last token.
    """

    def __init__(self, listed: Iterable[tuple[str, str]], tokeniser: Tokeniser) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for phrase, name in listed:
            spelt = normalise(phrase)
            words = tuple(tokeniser.read(spelt).words) or (spelt,)
            self._by_first.setdefault(words[0], []).append((words, name, spelt))
        for choices in self._by_first.values():
            choices.sort(key=lambda choice: -len(choice[2]))

    def find(self, tokens: Tokens) -> Iterator[Hit]:
        """Every listed expression, the longest at each place, from left to right."""
        by_first = self._by_first
        for at, word in enumerate(tokens.words):
            if word not in by_first:
                continue
            for words, name, phrase in by_first[word]:
                begin = tokens.begins[at]
                if tokens.text.startswith(phrase, begin) and self._ends_with_token(tokens, at, words, phrase):
                    yield Hit(begin, begin + len(phrase), name, phrase)
                    break

    @staticmethod
    def _ends_with_token(tokens: Tokens, at: int, words: tuple[str, ...], phrase: str) -> bool:
        """Whether the expression stops where a token stops; a tail of dropped tokens (verbs) stops anywhere."""
        return not phrase.endswith(words[-1]) or tokens.ending_at(tokens.begins[at] + len(phrase)) >= 0
