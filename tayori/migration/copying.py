"""The contractor's copy (O8): the old system's cases sealed to one recipient's key, in the ledger, to its certificate.

A masked copy of the same shape is the better choice for trying out a migration; the real one is for what only real
rows show. Both are copies of the ledger's kind `contractor`: approved by 甲, with an end, ended by a certificate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tayori.domain.copies import NewCopy, allow
from tayori.errors import BadInput, Unavailable
from tayori.migration.cases import OldSystem
from tayori.migration.dump import Changed, members
from tayori.migration.scrambling import Scrambled
from tayori.office import Office
from tayori.retention.archive import Tar
from tayori.retention.copies import ledger
from tayori.vault.age import Hashing, fingerprint, recipient_of, seal_file
from tayori.vault.roster import Credential
from tayori.warehouse.copies import CopyRow

KIND: Final = "contractor"


@dataclass(frozen=True, slots=True)
class CopyWanted:
    """What is asked for: to whose key, until when, by which approval of 甲, why; masked unless said otherwise."""

    recipient: str
    ends_at: datetime
    approval: str
    purpose: str
    masked: bool = True


def make_copy(office: Office, by: Credential, old: OldSystem, wanted: CopyWanted, file: Path) -> CopyRow:
    """Seal a copy into a file and enter it in the ledger; without the entry there is no file.

    Raises:
        Refused: no approval of 甲 is on file, the end is too late, or the kind is not allowed (P6, P9).
        BadInput: the recipient's key is none, or the file is there already.
        Unavailable: the disk or the old system gave up.

    """
    recipient = recipient_of(wanted.recipient)
    if file.exists():
        raise BadInput(f"{file.name} is there already; a copy is written once.")
    named = {"recipient": fingerprint(str(recipient)), "approval": wanted.approval}
    allow(NewCopy(KIND, wanted.purpose, wanted.ends_at, "", **named), office.now())
    counted = _Counted(Scrambled() if wanted.masked else None)
    sealed = _sealed(office, old, counted, file, str(recipient))
    try:
        new = NewCopy(KIND, wanted.purpose, wanted.ends_at, sealed.sha256, **named)
        holds = {"source": old.name, "cases": counted.cases, "masked": wanted.masked, "size": sealed.size}
        return ledger.enter(office, by.handler_id, new, holds)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


class _Counted:
    """Counts the cases of a copy as they are written."""

    def __init__(self, changed: Changed | None) -> None:
        self.changed = changed
        self.cases = 0

    def members(self, old: OldSystem, now: datetime) -> Iterator[tuple[str, bytes]]:
        for name, content in members(old, now, self.changed):
            self.cases += content.count(b"\n") if name.endswith(".jsonl") else 0
            yield name, content


def _sealed(office: Office, old: OldSystem, counted: _Counted, file: Path, recipient: str) -> Hashing:
    tar = Tar(counted.members(old, office.now()), office.now())
    try:
        return seal_file(tar, file, recipient)
    except Unavailable:
        if tar.fault is not None:
            raise tar.fault from None
        raise
