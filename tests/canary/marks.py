"""Marks: ids, letters and secrets that stand for nobody and turn up nowhere by chance."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from sandbox.letters.letters import Letter, Mailbag
from tayori.domain.identifiers import CANARY_PREFIX, DUMMY_PREFIX
from tayori.vault.residue_forms import Needles

IN_KANJI = 8
KANJI = "罨彧孅敘黽鰊齲龠槁榻檠殪瀲燻"
PLACEHOLDER = "PLACEHOLDERMARK"
PLANTED = ("name", "address", "email", "opinion")
NUMBERS = 7_314_159_000_000
CANARY_NUMBERS = 8_271_828_000_000


@dataclass(frozen=True)
class Marks:
    """All marks of one walk. The tag (8 hexadecimal digits) keeps two walks apart."""

    tag: str

    @property
    def tail(self) -> str:
        """The end of every id, so that a shortened id is found from either side."""
        return hashlib.sha256(self.tag.encode()).hexdigest()[:12]

    def resident(self, number: int) -> str:
        """Give the LINE id of a marked dummy resident."""
        return f"{DUMMY_PREFIX}{self.tag}{number:04x}{self.tail}"

    def canary(self, number: int) -> str:
        """Give the LINE id of a marked canary."""
        return f"{CANARY_PREFIX}{self.tag}{number:04x}{self.tail}"

    def letter(self, number: int) -> str:
        """Give what is planted in a letter: a word of its own each, for a word in many letters may be published."""
        dice = Random(f"{self.tag}:{number}")  # noqa: S311 - a mark, the same every time
        word = self.word + "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=8))
        return word + (self._kanji(number) if number < IN_KANJI else "")

    def secret(self, name: str = "any") -> str:
        """Give a secret of ours: a token, a password in an address."""
        return f"secret-{self.tag}-{name}"

    @property
    def talk(self) -> str:
        """What residents write to the account; never kept."""
        return f"talk-{self.tag}-{self.tail}"

    @property
    def broken(self) -> str:
        """What an error deep inside carries in its text."""
        return f"broken-{self.tag}-{self.tail}"

    def needles(self, *further: str) -> Needles:
        """Give what is sought: every mark by its beginning, ids by their end too, person numbers as text."""
        ids = (f"{DUMMY_PREFIX}{self.tag}", f"{CANARY_PREFIX}{self.tag}", self.tail)
        numbers = (str(NUMBERS)[:10], str(CANARY_NUMBERS)[:10])
        letters = (self.word, *(self._kanji(number) for number in range(IN_KANJI)))
        words = (f"{word}-{self.tag}" for word in ("talk", "secret", "broken"))
        return Needles.of((*ids, *numbers, *letters, *words, *further))

    @property
    def word(self) -> str:
        """The beginning of every mark in a letter."""
        return "zqxj" + "".join(chr(ord("g") + int(digit, 16)) for digit in self.tag)

    def _kanji(self, number: int) -> str:
        return "".join(Random(f"{self.tag}:{number}").sample(KANJI, 8))  # noqa: S311 - as above


def marked_letters(marks: Marks, bag: Mailbag, first: int) -> Iterator[Letter]:
    """Write a mailbag's letters, each with a mark of its own from number `first` on."""
    for number, letter in enumerate(replace(bag, marker=PLACEHOLDER).letters(), first):
        mark = marks.letter(number)
        planted = {name: getattr(letter, name).replace(PLACEHOLDER, mark) for name in PLANTED}
        yield replace(letter, **planted)
