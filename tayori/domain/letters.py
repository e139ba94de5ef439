"""What a letter of the opinion screen (ご意見入力画面) may hold, and what it needs: the items of O4 and no other.

Rules are tables: which ways to answer there are and what each needs. Texts are checked, never judged: what residents
write is kept whole (P5).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Final

MAYOR, DEPARTMENT = "mayor", "department"
YES, NO = "yes", "no"
CHANNEL_OF: Final = {MAYOR: "web_form", DEPARTMENT: "department_inquiry"}
WAYS: Final = {"post": "address", "email": "email", "fax": "fax", "telephone": "telephone"}
"""The ways to answer, each with the item that it needs."""
CONTACT: Final = ("name", "postal_code", "address", "telephone", "email", "fax")
LONGEST: Final[Mapping[str, int]] = {
    "opinion": 4_000,
    "name": 60,
    "postal_code": 10,
    "address": 200,
    "telephone": 20,
    "email": 254,
    "fax": 20,
}
"""Characters of each item that a resident writes."""


class Problem(StrEnum):
    """What is wrong with an item of a letter; the page says it in a sentence."""

    NOT_CHOSEN = "not_chosen"
    NOT_WRITTEN = "not_written"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    NEEDED = "needed"
    NOT_NEEDED = "not_needed"
    FORM = "form"
    INQUIRY = "inquiry"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was written into the screen. `summary` is "no" where no summary of it may be published."""

    addressee: str = ""
    opinion: str = field(default="", repr=False)
    answer: str = ""
    answer_by: str = ""
    name: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    telephone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    fax: str = field(default="", repr=False)
    summary: str = ""

    def plain(self) -> dict[str, str]:
        """Give the items by name."""
        return asdict(self)


ITEMS: Final = tuple(one.name for one in fields(Letter))
CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "addressee": frozenset(CHANNEL_OF),
    "answer": frozenset({YES, NO}),
    "answer_by": frozenset(WAYS) | {""},
    "summary": frozenset({"", NO}),
}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_NUMBER: Final = re.compile(r"\+?[0-9()\- ]{9,20}")
FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "postal_code": re.compile(r"[0-9]{3}-?[0-9]{4}"),
    "email": re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"),
    "telephone": _NUMBER,
    "fax": _NUMBER,
}
"""The forms of items that have one; e-mail as browsers check it (HTML, valid e-mail address), its host with a dot."""


def letter_of(written: Mapping[str, str]) -> Letter:
    """Read a letter: line ends as they are everywhere, numbers and addresses of mail in half width, ends trimmed."""
    read = {name: written.get(name, "").replace("\r\n", "\n").replace("\r", "\n") for name in ITEMS}
    read |= {name: unicodedata.normalize("NFKC", read[name]).translate(_DASHES) for name in FORMS}
    return Letter(**{name: text.strip() for name, text in read.items()})


def problems(letter: Letter) -> dict[str, Problem]:
    """Give what is wrong with a letter, by item, in the order of the page; nothing: it can be sent."""
    found: dict[str, Problem] = {}
    plain = letter.plain()
    for name in ITEMS:
        problem = _of_choice(name, plain[name]) if name in CHOICES else _of_text(name, plain[name])
        if problem is not None:
            found[name] = problem
    return found | {name: problem for name, problem in _of_answer(letter).items() if name not in found}


def _of_choice(name: str, value: str) -> Problem | None:
    return None if value in CHOICES[name] else Problem.NOT_CHOSEN


def _of_text(name: str, text: str) -> Problem | None:
    if name == "opinion" and not text:
        return Problem.NOT_WRITTEN
    if len(text) > LONGEST[name]:
        return Problem.TOO_LONG
    if _CONTROL.search(text) or (name != "opinion" and "\n" in text):
        return Problem.UNREADABLE
    if text and name in FORMS and not FORMS[name].fullmatch(text):
        return Problem.FORM
    return None


def _of_answer(letter: Letter) -> dict[str, Problem]:
    """Name and a way to answer where an answer is wanted, and neither where none is (P3)."""
    plain = letter.plain()
    if letter.answer == YES:
        if letter.answer_by not in WAYS:
            return {"answer_by": Problem.NOT_CHOSEN} | ({} if letter.name else {"name": Problem.NEEDED})
        return {name: Problem.NEEDED for name in ("name", WAYS[letter.answer_by]) if not plain[name]}
    if letter.answer == NO and letter.addressee == DEPARTMENT:
        return {"answer": Problem.INQUIRY}
    if letter.answer == NO:
        return {name: Problem.NOT_NEEDED for name in ("answer_by", *CONTACT) if plain[name]}
    return {}


_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―ー−", "-"))
