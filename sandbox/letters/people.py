"""Dummy people and the many ways in which their names, addresses and numbers are written."""

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.letters.material_files import dummies

_DASHES: Final = ("-", "－", "ー", "−", "‐")  # people write all of these
_KANJI: Final = "〇一二三四五六七八九"
_MOBILE: Final = ("090", "080", "070")
_TO_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HALF_KANA: Final = {
    unicodedata.normalize("NFKC", chr(code) + mark): chr(code) + mark
    for code in range(0xFF66, 0xFF9E)
    for mark in ("", "\uff9e", "\uff9f")
    if len(unicodedata.normalize("NFKC", chr(code) + mark)) == 1
}


@dataclass(frozen=True, slots=True)
class Person:
    """A person who does not exist. Numbers lie in ranges that nobody is given; mail goes to example domains."""

    family: str
    given: str
    family_read: str
    given_read: str
    postal_code: str
    town: str
    town_roman: str
    chome: int
    block: int
    house: int
    building: str
    telephone: str
    fax: str
    email: str
    born: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Family and given name as the desk keeps them."""
        return f"{self.family} {self.given}"

    @property
    def address(self) -> str:
        """Give the address as the desk keeps it."""
        chome = f"{self.chome}-" if self.chome else ""
        return f"新宿区{self.town}{chome}{self.block}-{self.house}{self.building}"


def a_person(dice: Random) -> Person:
    """Draw a dummy person."""
    lists = dummies()
    family, family_read = dice.choice(list(lists["families"].items()))
    given, given_read = dice.choice(list(lists["givens"].items()))
    postal_code, town, most, roman = dice.choice(lists["towns"])
    line = f"{dice.randrange(10000):04d}"
    building = f" {dice.choice(lists['buildings'])}{town}{dice.randint(1, 9)}0{dice.randint(1, 9)}"
    return Person(
        family=family, given=given, family_read=family_read, given_read=given_read,
        postal_code=postal_code, town=town, town_roman=roman, chome=dice.randint(1, most) if most else 0,
        block=dice.randint(60, 99), house=dice.randint(60, 99), building=building if dice.random() < 0.4 else "",  # noqa: PLR2004 - a share
        telephone=f"{dice.choice(_MOBILE)}-0000-{line}" if dice.random() < 0.7 else f"03-0000-{line}",  # noqa: PLR2004 - a share
        fax=f"03-0000-{dice.randrange(10000):04d}",
        email=_email(dice, lists["domains"]),
        born=(dice.randint(1930, 2008), dice.randint(1, 12), dice.randint(1, 28)),
    )  # fmt: skip


def _email(dice: Random, domains: list[str]) -> str:
    mark = dice.choice([".", "_", "-", ""])
    return f"{dice.choice('abcdefghkmnrsty')}{mark}dummy{dice.randrange(100000)}@{dice.choice(domains)}"


def name_written(person: Person, dice: Random) -> str:
    """Write a full name: joined, spaced, in kana, in half-width kana."""
    kana = f"{person.family_read} {person.given_read}".translate(_TO_KATAKANA)
    half = "".join(_HALF_KANA.get(letter, letter) for letter in kana)
    forms = [person.name, person.family + person.given, f"{person.family}　{person.given}", kana, half]
    return dice.choices(forms, [5, 6, 3, 1, 1])[0]


def address_written(person: Person, dice: Random) -> str:
    """Write an address in one of the usual ways, house number first in Latin letters included."""
    dash = dice.choice(_DASHES)
    numbers = dash.join(str(number) for number in (person.chome, person.block, person.house) if number)
    chome = f"{_KANJI[person.chome]}丁目" if person.chome else ""
    ward = dice.choice(["東京都新宿区", "新宿区", "新宿区", ""])
    rest = dice.choice(["", person.building])
    forms = [
        f"{ward}{person.town}{numbers}{rest}",
        f"{ward}{person.town}{chome}{person.block}番{person.house}号{rest}",
        f"{ward}{person.town}{chome}{person.block}{dash}{person.house}{rest}",
        f"{f'{person.chome}-' * bool(person.chome)}{person.block}-{person.house} {person.town_roman}, Shinjuku-ku",
    ]
    return dice.choices(forms, [10, 5, 4, 1])[0]


def telephone_written(number: str, dice: Random) -> str:
    """Write a telephone number with dashes of any sort, brackets, spaces or nothing between."""
    first, middle, last = number.split("-")
    dash = dice.choice(_DASHES)
    forms = [
        number,
        dash.join((first, middle, last)),
        f"{first}({middle}){last}",
        f"{first} {middle} {last}",
        first + middle + last,
    ]
    return dice.choices(forms, [6, 4, 2, 1, 2])[0]


def birth_date_written(person: Person, dice: Random) -> str:
    """Write a day of birth by the era or by the year."""
    year, month, day = person.born
    forms = [f"{year}年{month}月{day}日", f"{year}/{month}/{day}"]
    if year < 1989:  # noqa: PLR2004 - the last years of Showa
        forms += [f"昭和{year - 1925}年{month}月{day}日", f"S{year - 1925}.{month}.{day}"]
    return dice.choice(forms)


def email_written(person: Person, dice: Random) -> str:
    """Write an e-mail address, seldom in capitals."""
    return person.email if dice.random() < 0.95 else person.email.upper()  # noqa: PLR2004 - a share
