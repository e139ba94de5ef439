"""Copies are a closed list of kinds, as data (P9, O8): what each holds, who can open it, how long, what ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from tayori.errors import BadInput, Refused

LONGEST_TEXT: Final = 200


class Proof(StrEnum):
    """What ends a copy."""

    KEY_DESTROYED = "key_destroyed"
    REPLACED = "replaced"
    CERTIFICATE = "certificate"
    RECEIPT = "receipt"
    FILE_ERASED = "file_erased"


BY_PROGRAM: Final = frozenset({Proof.KEY_DESTROYED, Proof.REPLACED, Proof.CERTIFICATE})
"""Proofs that only the program's own act or check gives; nobody can state them."""


@dataclass(frozen=True, slots=True)
class CopyKind:
    """One kind of copy. `recipient`: sealed to a named recipient's key; `leaves`: it leaves the designated place."""

    kind: str
    term: str
    holds: str
    purpose: str
    recipient: bool
    leaves: bool
    personal: bool
    longest_days: int
    ended_by: Proof

    @property
    def longest(self) -> timedelta:
        """How long a copy of this kind may live at most."""
        return timedelta(days=self.longest_days)


@cache
def copy_kinds() -> dict[str, CopyKind]:
    """Give the kinds that there are, by name; no other copy may exist."""
    return {one["kind"]: CopyKind(**{**one, "ended_by": Proof(one["ended_by"])}) for one in _source()["kinds"]}


@cache
def proof_terms() -> dict[Proof, str]:
    """Give what each proof says, in the words of the ledger."""
    return {Proof(name): term for name, term in _source()["proofs"].items()}


def copy_kind(name: str) -> CopyKind:
    """Give a kind by name.

    Raises:
        Refused: it is not on the list; an approval cannot add one (P9).

    """
    if name not in copy_kinds():
        raise Refused(f"No such kind of copy is allowed; the list is closed: {', '.join(copy_kinds())} (P9).")
    return copy_kinds()[name]


def _source() -> dict[str, Any]:
    source: dict[str, Any] = yaml.safe_load(files("tayori.domain").joinpath("copies.yaml").read_text("utf-8"))
    return source


@dataclass(frozen=True, slots=True)
class NewCopy:
    """What is to be entered: kind, why, who can open it (fingerprint), until when, approval document of 甲, hash.

    `sha256` is the file's, in hexadecimal; `holds` are names of stores, counts and epochs, never a person.
    """

    kind: str
    purpose: str
    expires_at: datetime
    sha256: str
    recipient: str | None = None
    approval: str | None = None


def allow(new: NewCopy, now: datetime) -> CopyKind:
    """Give the kind of a copy that may exist.

    Raises:
        Refused: another kind, no recipient's key or no approval where one is needed, an end beyond the kind's longest.
        BadInput: no purpose, a text that is too long, or an end that lies in the past.

    """
    kind = copy_kind(new.kind)
    if not new.purpose.strip() or len(new.purpose) > LONGEST_TEXT:
        raise BadInput(f"A copy needs a purpose of at most {LONGEST_TEXT} characters.")
    if kind.recipient and not new.recipient:
        raise Refused(f"A copy of the kind {new.kind} is sealed to a named recipient's key; name it (P6, O8).")
    if kind.leaves and not new.approval:
        raise Refused(f"A copy of the kind {new.kind} leaves the place; it needs an approval of 甲 on file (P6).")
    if new.expires_at <= now:
        raise BadInput("A copy's end lies in the future; name a later day.")
    if new.expires_at > now + kind.longest:
        raise Refused(f"A copy of the kind {new.kind} lives {kind.longest_days} days at most; name an earlier end.")
    return kind
