"""An erasure that was done, and one that was verified: only the second can be certified."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Party, Remaining, Trigger
from tayori.certificates.merkle import leaf_hash, tree_root
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, Refused
from tayori.vault.residue import ResidueReport

SHORTEST_KEY: Final = 32
_DOMAIN: Final = b"tayori erasure commitment 1\x00"


def commitment(key: bytes, subject: str) -> str:
    """Salted commitment to one subject: HMAC-SHA-256 under k_c, 64 hexadecimal digits.

    Without the key nobody can tell from a list of LINE ids who is meant; a bare hash would tell it.
    Raises BadInput for a key under 32 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise BadInput(f"The commitment key has {len(key)} bytes; it needs at least {SHORTEST_KEY}.")
    normal = unicodedata.normalize("NFC", subject).encode("utf-8")
    return hmac.new(key, _DOMAIN + normal, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class CommitmentList:
    """Commitments to everyone whom one certificate is about, sorted, so that their order tells nothing."""

    values: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(sorted(self.values)))

    @classmethod
    def of(cls, key: bytes, subjects: Iterable[str]) -> "CommitmentList":
        """Commit to the subjects, each once. Raises BadInput for a short key."""
        return cls(tuple({commitment(key, subject) for subject in subjects}))

    @property
    def root(self) -> str:
        """RFC 6962 root over the values, in hexadecimal digits."""
        return tree_root([leaf_hash(bytes.fromhex(value)) for value in self.values]).hex()

    @property
    def lines(self) -> bytes:
        """The file `NUMBER.commitments.txt` that lies beside the certificate."""
        return "".join(f"{value}\n" for value in self.values).encode("ascii")


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that was done: of whom, of what, why, when, how, and what remains until when.

    `kind` is a kind of the certificate's wording; times are aware.
    """

    contract: Contract
    kind: str
    subjects: CommitmentList
    records: tuple[ErasedRecords, ...]
    triggers: tuple[Trigger, ...]
    started_at: datetime
    completed_at: datetime
    methods: tuple[Method, ...]
    key_epochs: tuple[KeyEpoch, ...]
    remaining: tuple[Remaining, ...]
    performed_by: Party


@dataclass(frozen=True, slots=True)
class VerifiedErasure:
    """An erasure after which the stores were searched and nothing was found. There is no other way to make one.

    Raises:
        Refused: the probe found something, read nothing, sought nothing, hides what it did not examine, ran before
            the erasure ended, or the figures of the erasure contradict each other.

    """

    erasure: Erasure
    residue: ResidueReport
    examined_at: datetime
    verified_by: Party

    def __post_init__(self) -> None:
        self.require()

    def require(self) -> None:
        """Refuse what is not verified; asked again before it is signed, for a report can be changed after the look."""
        if type(self.residue) is not ResidueReport or type(self.erasure) is not Erasure:
            raise Refused("Only a probe's own report and an erasure bear a certificate; probe again.")
        _refuse_residue(self.residue)
        _refuse_contradictions(self.erasure)
        if self.examined_at < self.erasure.completed_at:
            raise Refused("The probe ran before the erasure ended; probe again.")


def _refuse_residue(residue: ResidueReport) -> None:
    if any(residue.places.values()) or residue.hit_files:
        places = ", ".join(name for name, hits in residue.places.items() if hits)
        raise Refused(
            f"The probe found {residue.hits} traces in: {places}. No certificate; erase these and probe again."
        )
    if not residue.bytes_scanned or not residue.places or not residue.markers:
        raise Refused("The probe read nothing or sought nothing; that proves nothing. Name the stores and probe again.")
    if not residue.not_examined:
        raise Refused("The probe does not say what it did not examine; no probe sees everything.")


def _refuse_contradictions(erasure: Erasure) -> None:
    subjects = len(erasure.subjects.values)
    if not subjects:
        raise Refused("Nobody was erased; there is nothing to certify.")
    if sum(trigger.subjects for trigger in erasure.triggers) != subjects:
        raise Refused("The triggers do not add up to the number of persons erased.")
    if erasure.completed_at < erasure.started_at:
        raise Refused("The erasure ended before it began; check the clock.")
    if not erasure.methods or not erasure.records:
        raise Refused("The erasure names no method or no records; a certificate states both.")
    if any(epoch.destroyed_at is None for epoch in erasure.key_epochs) and not erasure.remaining:
        raise Refused("A key epoch still exists, and yet nothing is said to remain.")
    if len({item.id for item in erasure.remaining}) != len(erasure.remaining):
        raise Refused("Two things that remain have the same id.")
