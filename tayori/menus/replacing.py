"""How the menus at LINE become those of the file, without a moment in which residents see none.

New menus are made and dressed first, then the tabs lead to them, then everybody sees the first of them, and only then
what they replaced is removed. Each is named by a digest of what it is, so that a run which was cut off goes on where it
stopped, and one that has nothing to do does nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from tayori.domain.canonical import canonical_bytes
from tayori.domain.menu import MenuSet, alias_of, menu_object
from tayori.line.richmenu import MenuId, Standing
from tayori.reports.menu_picture import draw

Json = dict[str, Any]
PREFIX: Final = "tayori-"  # of the names of our menus, which nobody sees; menus of others are left alone


class Verb(StrEnum):
    """What a step does."""

    MAKE = "make"
    DRESS = "dress"
    NAME = "name"
    RENAME = "rename"
    SHOW = "show"
    UNNAME = "unname"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, to which menu (by our name of it, or LINE's id of an old one), and by which alias."""

    verb: Verb
    menu: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One tab ready to go: its object, named by its digest, and its picture."""

    name: str
    menu: Json
    picture: bytes = field(repr=False)


class Menus(Protocol):
    """What can be done at LINE; `MenuClient` does it."""

    def standing(self) -> Standing: ...  # noqa: D102 - as MenuClient says
    def is_dressed(self, menu: MenuId) -> bool: ...  # noqa: D102
    def make(self, menu: Json) -> MenuId: ...  # noqa: D102
    def dress(self, menu: MenuId, picture: bytes) -> None: ...  # noqa: D102
    def name(self, alias: str, menu: MenuId) -> None: ...  # noqa: D102
    def rename(self, alias: str, menu: MenuId) -> None: ...  # noqa: D102
    def unname(self, alias: str) -> None: ...  # noqa: D102
    def show(self, menu: MenuId) -> None: ...  # noqa: D102
    def remove(self, menu: MenuId) -> None: ...  # noqa: D102


def drawn(menus: MenuSet) -> list[Drawn]:
    """Draw every tab."""
    return [_drawn(menus, number) for number in range(1, len(menus.tabs) + 1)]


def steps(wanted: list[Drawn], there: Standing, undressed: set[str]) -> list[Step]:
    """Give what is to be done, in order; `undressed` are names of ours whose menus have no picture yet."""
    known = ours(there)
    return [*_made(wanted, known, undressed), *_led(wanted, there, known), *_removed(wanted, there)]


def undressed(line: Menus, there: Standing) -> set[str]:
    """Ask which of our menus have no picture: a run was cut off before it gave them one."""
    return {name for name, menu in ours(there).items() if not line.is_dressed(menu)}


def ours(there: Standing) -> dict[str, MenuId]:
    """Give our menus at LINE by name; of two that were made alike, the first."""
    named = ((str(menu.get("name", "")), menu_id) for menu_id, menu in there.menus.items())
    found: dict[str, MenuId] = {}
    for name, menu_id in named:
        if name.startswith(PREFIX):
            found.setdefault(name, menu_id)
    return found


def replace(line: Menus, wanted: list[Drawn]) -> list[Step]:
    """Do what is to be done; give the steps.

    Raises:
        Unavailable: LINE did not answer; residents see the old menu or the new one, and running it again goes on.
        Refused: LINE objects to a menu; nothing that residents see was changed.

    """
    there = line.standing()
    todo = steps(wanted, there, undressed(line, there))
    known, by_name = ours(there), {one.name: one for one in wanted}
    for step in todo:
        _do(line, step, known, by_name)
    return todo


def _do(line: Menus, step: Step, known: dict[str, MenuId], wanted: Mapping[str, Drawn]) -> None:
    match step.verb:
        case Verb.MAKE:
            known[step.menu] = line.make(wanted[step.menu].menu)
        case Verb.DRESS:
            line.dress(known[step.menu], wanted[step.menu].picture)
        case Verb.NAME:
            line.name(step.alias, known[step.menu])
        case Verb.RENAME:
            line.rename(step.alias, known[step.menu])
        case Verb.SHOW:
            line.show(known[step.menu])
        case Verb.UNNAME:
            line.unname(step.alias)
        case Verb.REMOVE:
            line.remove(MenuId(step.menu))


def _made(wanted: list[Drawn], known: Mapping[str, MenuId], bare: set[str]) -> Iterator[Step]:
    for one in wanted:
        if one.name not in known:
            yield Step(Verb.MAKE, one.name)
        if one.name not in known or one.name in bare:
            yield Step(Verb.DRESS, one.name)


def _led(wanted: list[Drawn], there: Standing, known: Mapping[str, MenuId]) -> Iterator[Step]:
    if len(wanted) > 1:
        for number, one in enumerate(wanted, 1):
            alias = alias_of(number)
            if alias not in there.aliases:
                yield Step(Verb.NAME, one.name, alias)
            elif there.aliases[alias] != known.get(one.name):
                yield Step(Verb.RENAME, one.name, alias)
    if there.shown is None or there.shown != known.get(wanted[0].name):
        yield Step(Verb.SHOW, wanted[0].name)


def _removed(wanted: list[Drawn], there: Standing) -> Iterator[Step]:
    kept = {menu_id for name, menu_id in ours(there).items() if name in {one.name for one in wanted}}
    old = {one for one, menu in there.menus.items() if str(menu.get("name", "")).startswith(PREFIX)} - kept
    needed = {alias_of(number) for number in range(1, len(wanted) + 1)} if len(wanted) > 1 else set()
    for alias, menu in sorted(there.aliases.items()):
        if alias not in needed and menu in old:
            yield Step(Verb.UNNAME, menu, alias)
    for menu in sorted(old):
        yield Step(Verb.REMOVE, menu)


def _drawn(menus: MenuSet, number: int) -> Drawn:
    picture = draw(menus, number)
    bare = menu_object(menus, number, "")
    name = PREFIX + hashlib.sha256(canonical_bytes(bare) + picture).hexdigest()[:24]
    return Drawn(name, menu_object(menus, number, name), picture)
