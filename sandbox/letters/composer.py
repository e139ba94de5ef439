"""A letter's text: who writes, in which tone, what happened, what is asked, and where personal items slip in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sandbox.letters.grammar import Page, Piece, spoken
from sandbox.letters.hands import a_hand
from sandbox.letters.material_files import Topic, dummies, phrases
from sandbox.letters.people import (
    Person,
    address_written,
    birth_date_written,
    email_written,
    name_written,
    telephone_written,
)

OTHER_SHARE: Final = 0.12
SENSITIVE_SHARE: Final = 0.02
DECOY_SHARE: Final = 0.03
POSTSCRIPT_SHARE: Final = 0.06
ARGUING: Final = frozenset({"complaint", "request", "opinion"})


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a letter is to be, before a word is written."""

    person: Person
    anonymous: bool
    topic: Topic
    kind: str
    register: str
    answer_wanted: str
    month: int
    scanned: bool


class Composer:
    """Writes one letter."""

    def __init__(self, occasion: Occasion, dice: Random) -> None:
        self._occasion = occasion
        self._dice = dice
        self._phrases: dict[str, Any] = phrases()
        self.page = Page(a_hand(dice, scanned=occasion.scanned))

    def written(self) -> Page:
        """Write the letter and give the sheet."""
        if self._occasion.register == "brief":
            self._sentences(self._short_plan())
        else:
            self._long_letter()
        return self.page

    def _long_letter(self) -> None:
        register = self._occasion.register
        opening = self._dice.choice(self._phrases["openings"][register])
        self._say(opening)
        if register == "formal" or (register == "polite" and self._dice.random() < 0.35):  # noqa: PLR2004 - a share
            self._say(self._dice.choice(self._phrases["seasons"][str(self._occasion.month)]))
        gap = {"email": "\n", "formal": "\n　"}.get(register, self._dice.choice(["", "\n", ""]))
        self.page.write_text(gap)
        self._sentences(self._plan(), gap)
        if opening in self._phrases["enclosed"]:
            self.page.write_text(f"\n{self._phrases['enclosed'][opening]}")
        if self._dice.random() < POSTSCRIPT_SHARE:
            self.page.write_text("\n")
            self._say(self._dice.choice(self._phrases["postscripts"]))
        self._sign()

    def _plan(self) -> list[str]:
        """Choose the sentences in their order."""
        pick = self._dice.choice
        arguing = self._occasion.kind in ARGUING
        angry = [pick(self._phrases["anger"])] if self._occasion.register == "angry" else []
        return [
            pick(self._phrases["who"]),
            *self._contact(),
            *([pick(self._phrases["moments"])] if arguing else []),
            *self._matter(),
            *self._asides(),
            *([pick(self._phrases["evidence"])] if arguing else []),
            *angry,
            *self._wish(),
            pick(self._phrases["closings"][self._occasion.answer_wanted]),
        ]

    def _short_plan(self) -> list[str]:
        opening = self._dice.choice(self._phrases["openings"]["brief"])
        last = self._wish() if self._dice.random() < 0.5 else []  # noqa: PLR2004 - a coin
        contact = self._contact() if self._dice.random() < 0.5 else []  # noqa: PLR2004 - a coin
        return [opening, *self._matter()[:2], *last, *contact]

    def _matter(self) -> list[str]:
        sentences = self._occasion.topic.sentences
        kind, dice = self._occasion.kind, self._dice
        if kind in {"complaint", "request"}:
            effect = [dice.choice(sentences["effect"])] if dice.random() < 0.65 else []  # noqa: PLR2004 - a share
            return [*dice.sample(sentences["problem"], dice.choice([1, 1, 2])), *effect]
        if kind == "inquiry":
            why = [dice.choice(sentences["problem"])] if dice.random() < 0.4 else []  # noqa: PLR2004 - a share
            return [*why, dice.choice(sentences["question"])]
        if kind == "thanks":
            return [dice.choice(sentences["thanks"])]
        return [dice.choice(sentences["problem"]), dice.choice(sentences["opinion"])]

    def _wish(self) -> list[str]:
        sentences = self._occasion.topic.sentences
        share = {"request": 1.0, "complaint": 0.7, "opinion": 0.5, "thanks": 0.15, "inquiry": 0.1}[self._occasion.kind]
        return [self._dice.choice(sentences["ask"])] if self._dice.random() < share else []

    def _contact(self) -> list[str]:
        if self._occasion.anonymous or self._dice.random() < 0.55:  # noqa: PLR2004 - a share
            return []
        return self._dice.sample(self._phrases["contacts"], self._dice.choice([1, 1, 2]))

    def _asides(self) -> list[str]:
        dice, told = self._dice, self._phrases
        asides = [dice.choice(told["others"])] if dice.random() < OTHER_SHARE else []
        asides += [dice.choice(told["decoys"])] if dice.random() < DECOY_SHARE else []
        if dice.random() < SENSITIVE_SHARE:
            chosen = dice.choice(told["sensitive"])
            asides.append(f"\0{chosen['kind']}\0{chosen['text']}")
        return asides

    def _sentences(self, templates: Sequence[str], gap: str = "") -> None:
        for template in filter(None, templates):
            self._say(template)
            self.page.write_text(gap if self._dice.random() < 0.6 else "")  # noqa: PLR2004 - a share

    def _say(self, template: str) -> None:
        kind = None
        if template.startswith("\0"):
            _, kind, template = template.split("\0")
        pieces = spoken(template, self._dice, self._slot)
        whole = Piece("".join(piece.text for piece in pieces), kind)
        self.page.write([whole] if kind else pieces)

    def _slot(self, word: str) -> list[Piece]:
        if not word.startswith("+"):
            return [Piece(self._dice.choice(self._phrases["slots"][word]))]
        return [item_written(word[1:], self._occasion.person, self._dice)]

    def _sign(self) -> None:
        if self._occasion.anonymous or self._dice.random() < 0.35:  # noqa: PLR2004 - a share
            return
        items = {
            "email": ["name", "address", "telephone", "email"],
            "formal": ["address", "name"],
        }.get(self._occasion.register, ["name"])
        rule = self._dice.choice(["--\n", "――――――\n", "********\n", ""]) if len(items) > 2 else ""  # noqa: PLR2004 - a block
        self.page.write_text(f"\n{rule}")
        for item in items:
            if item == "name" or self._dice.random() < 0.75:  # noqa: PLR2004 - a share
                label = {"telephone": "TEL: ", "email": "Mail: "}.get(item, "")
                self.page.write([Piece(label), item_written(item, self._occasion.person, self._dice), Piece("\n")])


def item_written(item: str, person: Person, dice: Random) -> Piece:
    """Write a personal item of a person, or of somebody else, the way people do."""
    families = list(dummies()["families"])
    texts: dict[str, Callable[[], str]] = {
        "name": lambda: name_written(person, dice),
        "family": lambda: person.family,
        "address": lambda: address_written(person, dice),
        "telephone": lambda: telephone_written(person.telephone, dice),
        "fax": lambda: telephone_written(person.fax, dice),
        "email": lambda: email_written(person, dice),
        "postal_code": lambda: person.postal_code,
        "birth_date": lambda: birth_date_written(person, dice),
        "number": lambda: f"{dice.randrange(10**7, 10**8)}",
        "other": lambda: dice.choice(families),
        "other_full": lambda: f"{dice.choice(families)}{dice.choice(list(dummies()['givens']))}",
    }
    kind = {"family": "name", "other": "name", "other_full": "name"}.get(item, item)
    return Piece(texts[item](), kind)
