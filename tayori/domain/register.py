"""The register of collected items (I1): what may be stored of a person, as data. Nothing outside it can be."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the register: what is recorded, of whom, what for, by which paper and clause, how long."""

    item: str
    term: str
    whose: str
    purpose: str
    paper: str
    clause: str
    kept: str
    management: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """The register in force."""

    version: str
    items: tuple[Item, ...]

    def names(self) -> frozenset[str]:
        """Every item's name."""
        return frozenset(item.item for item in self.items)

    def collected(self, paper: str) -> tuple[Item, ...]:
        """The items that a paper allows to collect, 管理項目 left out."""
        return tuple(item for item in self.items if item.paper == paper and not item.management)


@cache
def register() -> Register:
    """The register that comes with the tree."""
    source = yaml.safe_load(files("tayori.domain").joinpath("register.yaml").read_text("utf-8"))
    collected = tuple(Item(**entry) for entry in source["items"])
    managed = tuple(Item(**entry, management=True) for entry in source["management_items"])
    return Register(version=source["version"], items=collected + managed)
