"""The certificate's wording: the papers' own clause numbers, names of kinds and causes, and words never printed."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, Refused


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause that a certificate rests on, cited as its own paper numbers it."""

    source: str
    number: int
    cited: str
    about: str


@dataclass(frozen=True, slots=True)
class ContractWording:
    """Names of a contract as its paper prints them, and the present law beside them."""

    title: str
    registered_business: str
    law: tuple[str, ...]


@cache
def _wording() -> dict[str, Any]:
    source = files("tayori.certificates").joinpath("wording.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(source)
    return loaded


def contract_wording(contract: Contract) -> ContractWording:
    """Names of a contract as its paper prints them."""
    named = _wording()["contracts"][contract.value]
    return ContractWording(named["title"], named["registered_business"], tuple(named["law"]))


def kinds(contract: Contract) -> tuple[str, ...]:
    """Kinds of erasure for which this contract's paper has a clause."""
    return tuple(_wording()["contracts"][contract.value]["bases"])


def basis(contract: Contract, kind: str) -> tuple[Clause, ...]:
    """Clauses of this contract's own paper that such an erasure rests on. Raises Refused when it has none."""
    listed = _wording()["contracts"][contract.value]["bases"].get(kind)
    if not listed:
        raise Refused(f"The paper of contract {contract.value} has no clause for an erasure of the kind {kind}.")
    cited = _wording()["sources"]
    return tuple(
        Clause(c["source"], c["number"], cited[c["source"]].format(number=c["number"]), c["about"]) for c in listed
    )


def printed(group: str, name: str) -> str:
    """Japanese words of a name in the group `kinds`, `causes` or `methods`. Raises BadInput for an unknown one."""
    words: str | None = _wording()[group].get(name)
    if words is None:
        raise BadInput(f"{group}: {name} is not in the certificate's wording; known: {', '.join(_wording()[group])}.")
    return words


def forbidden_words(text: str, *, provisional: bool) -> list[str]:
    """Patterns of words in the text that no certificate, or no provisional one, may print."""
    patterns = _wording()["never"] + (_wording()["never_provisional"] if provisional else [])
    return [pattern for pattern in patterns if re.search(pattern, text)]
