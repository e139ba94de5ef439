"""Divisions (部) and their sections (課), as data: who is responsible for a matter, and how they are reached."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from tayori.errors import BadInput


@dataclass(frozen=True, slots=True)
class Division:
    """A division: its sections, telephone, and where its list of open cases goes (empty: nowhere)."""

    name: str
    telephone: str
    mail: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """The ward's divisions; `desk` is the section of the opinion desk itself.

    `former` names offices that are no more, each with the division that took over its work.
    """

    divisions: Mapping[str, Division]
    desk: str
    former: Mapping[str, str]

    def division_of(self, department: str) -> Division:
        """Give the division to which a section belongs; a division is its own.

        Raises:
            BadInput: there is no such section and no such division.

        """
        for division in self.divisions.values():
            if department == division.name or department in division.sections:
                return division
        near = difflib.get_close_matches(department, self.names(), n=1, cutoff=0.3)
        hint = f"; is {near[0]} meant?" if near else "; see organisation.yaml."
        raise BadInput(f"The ward has no section or division of this name{hint}")

    def counted_under(self, department: str) -> str | None:
        """Give the division under which a report counts what a source wrote; None for what is no office of the ward."""
        if department in self.former:
            return self.former[department]
        held = (name for name, one in self.divisions.items() if department == name or department in one.sections)
        return next(held, None)

    def names(self) -> list[str]:
        """Every division and section."""
        return [name for one in self.divisions.values() for name in (one.name, *one.sections)]


@cache
def organisation() -> Organisation:
    """The divisions that come with the tree."""
    said = yaml.safe_load(files("tayori.domain").joinpath("organisation.yaml").read_text("utf-8"))
    divisions = {
        name: Division(name, one["telephone"], one["mail"], tuple(one["sections"]))
        for name, one in said["divisions"].items()
    }
    if unknown := set(said["former"].values()) - divisions.keys():
        raise ValueError(f"organisation.yaml: former names no division of today: {', '.join(sorted(unknown))}")
    return Organisation(divisions, said["desk"], said["former"])
