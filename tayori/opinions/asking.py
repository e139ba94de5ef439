"""What may never be asked (P5): a question, or a choice, that asks for a prohibited matter is refused with its clause.

A letter says; a question asks. So here no sentence has to assert anything: a listed word is enough, unless it stands in
an expression that is about no person (宗教法人, がん検診), or goes on as the name of a task (障害者支援). Beside the
lists of letters stand the words by which questionnaires ask (支持する政党, 前科はありますか).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from tayori.opinions.phrases import PhraseBook
from tayori.opinions.prohibited import INNOCENT, is_task, lists_of_words
from tayori.opinions.spans import Span, overlaps, rules, terms
from tayori.opinions.text import normalise
from tayori.opinions.tokens import Tokeniser

ASKED: Final = "asking"


@dataclass(frozen=True, slots=True)
class Asked:
    """A prohibited matter that is asked for: where, by which word, of which list, under which clause."""

    place: str
    word: str
    term: str
    basis: str


def prohibited_asked(texts: Iterable[tuple[str, str]]) -> list[Asked]:
    """Give every prohibited matter that these texts (place, text) ask for."""
    tokeniser, told = Tokeniser(), lists_of_words()
    book = PhraseBook(_words(), tokeniser)
    found = []
    for place, text in texts:
        tokens = tokeniser.read(normalise(text))
        hits = list(book.find(tokens))
        innocent = [Span(hit.begin, hit.end, INNOCENT) for hit in hits if hit.listed == INNOCENT]
        for hit in hits:
            about_nobody = hit.listed == INNOCENT or overlaps(hit.begin, hit.end, innocent)
            if not about_nobody and not is_task(tokens.text, hit.end):
                found.append(Asked(place, hit.phrase, str(told[hit.listed]["term"]), str(told[hit.listed]["basis"])))
    return list(dict.fromkeys(found))


@cache
def _words() -> tuple[tuple[str, str], ...]:
    tables = (_said(), _asked())
    listed = [(word, name) for table in tables for name, words in table.items() for word in words]
    return (*listed, *((word, INNOCENT) for word in terms("attributes", INNOCENT)))


def _said() -> dict[str, list[str]]:
    listed = {name: row["words"] for name, row in lists_of_words().items()}
    return {name: [str(word) for word in words] for name, words in listed.items() if isinstance(words, list)}


def _asked() -> dict[str, list[str]]:
    words = rules(ASKED)["words"]
    if not isinstance(words, dict):
        raise TypeError("rules/asking.yaml: words is not a table")
    return words
