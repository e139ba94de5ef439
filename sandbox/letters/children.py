"""Letters by children: short, in plain letters, signed the way one signs at school."""

from dataclasses import dataclass
from random import Random

from sandbox.letters.grammar import Page, Piece, spoken
from sandbox.letters.hands import half_width
from sandbox.letters.material_files import phrases
from sandbox.letters.people import Person


@dataclass(frozen=True, slots=True)
class ChildsLetter:
    """What a child wrote, and what it is about."""

    theme: str
    topic: str
    page: Page


def a_childs_letter(person: Person, dice: Random, *, anonymous: bool) -> ChildsLetter:
    """Write a child's letter."""
    told = phrases()["children"]
    page = Page(half_width)
    chosen = dice.choice(told["body"])
    gap = dice.choice(["", "\n", " "])
    for template in (
        dice.choice(told["greet"]),
        *dice.sample(chosen["text"], dice.choice([1, 1, min(2, len(chosen["text"]))])),
        dice.choice(told["because"]),
        dice.choice(told["close"]),
    ):
        page.write(spoken(template, dice, lambda word: [Piece(dice.choice(phrases()["slots"][word]))]))
        page.write_text(gap)
    if not anonymous:
        name = dice.choice(
            [f"{person.family_read} {person.given_read}", f"{person.family}{person.given_read}", person.given_read]
        )
        page.write([Piece("\n"), Piece(name, "name"), Piece(dice.choice(["", "より", f"（{dice.randint(1, 6)}年）"]))])
    return ChildsLetter(chosen["theme"], chosen["topic"], page)
