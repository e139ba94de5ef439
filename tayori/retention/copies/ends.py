"""What still holds something from before a moment: what a certificate has to know before it says 確定.

Both answers come from the ledger and the vault's own table of epochs; a copy that ended is one that was removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tayori.errors import Refused
from tayori.office import Office
from tayori.retention.copies import ledger, package
from tayori.retention.copies.backups import key_number
from tayori.vault.keyfile import Space
from tayori.warehouse import copies, wrapped_keys
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import reading

ESCROW: Final = "escrow"


@dataclass(frozen=True, slots=True)
class EscrowEnd:
    """How far escrows have ended: by space, every epoch up to this one is in no escrow that stands.

    `moment`: when the oldest one that stands was taken; every earlier one has ended. None where none stands.
    """

    epochs: Mapping[Space, int]
    moment: datetime | None

    def past(self, space: Space, epoch: int) -> bool:
        """Whether no escrow holds the key of an epoch any more."""
        return epoch <= self.epochs[space]


def escrow_ended_through(office: Office) -> EscrowEnd:
    """Say how far escrows have ended. One whose medium is away has not: its epochs are not past."""
    with reading(office.vault) as vault:
        newest = {space: max(row[0] for row in wrapped_keys.epochs(vault, space)) for space in Space}
    with reading(office.warehouse) as warehouse:
        standing = copies.standing(warehouse, ESCROW)
    if _strays(office, {row.copy_id for row in standing}):
        return EscrowEnd(dict.fromkeys(Space, 0), min((row.made_at for row in standing), default=None))
    through = {space: min([newest[space], *(_first(row, space) - 1 for row in standing)]) for space in Space}
    return EscrowEnd(through, min((row.made_at for row in standing), default=None))


def _strays(office: Office, standing: set[str]) -> bool:
    """Whether a killed run left (half) an escrow that no ledger names: it may hold any epoch, until it is swept."""
    root = office.settings.escrow_folder
    if root is None or not root.is_dir():
        return False
    return any(package.is_left(one.name, f"{ESCROW}-", standing) for one in root.iterdir() if one.is_dir())


def _first(row: CopyRow, space: Space) -> int:
    """Give the oldest epoch whose key an escrow holds; one that does not say may hold any."""
    held = [int(epoch) for epoch in row.holds.get("keys", {}).get(space.value, [0])]
    return min(held, default=0)


def backups_gone_before(office: Office, moment: datetime) -> bool:
    """Whether every backup that holds anything from before a moment has expired and lost its key for good.

    For good: the row of the key is gone, the epoch that wrapped it is destroyed, and no escrow holds that epoch.
    """
    with reading(office.warehouse) as warehouse:
        everything = copies.of_kind(warehouse, "backup")
    rows = [row for row in everything if row.made_at <= moment]
    with reading(office.vault) as vault:
        held_keys = set(wrapped_keys.numbers(vault, Space.BACKUP))
        destroyed = {epoch for epoch, state, *_ in wrapped_keys.epochs(vault, Space.BACKUP) if state == "destroyed"}
    through = escrow_ended_through(office).epochs[Space.BACKUP]
    if held_keys - {key_number(row.copy_id) for row in everything if row.ended_at is None}:
        return False  # a killed run left a key: what it seals may hold anything, until it is swept
    return all(_is_gone(row, held_keys, destroyed, through) for row in rows)


def _is_gone(row: CopyRow, held_keys: set[int], destroyed: set[int], through: int) -> bool:
    if row.ended_at is None or key_number(row.copy_id) in held_keys:
        return False
    epoch = ended_in_epoch(row)
    return epoch in destroyed and epoch <= through


def ended_in_epoch(row: CopyRow) -> int:
    """Give the epoch that wrapped an ended backup's key when it was destroyed."""
    proof = ledger.proof_of(row)
    if "key_epoch" not in proof:
        raise Refused(f"The ledger does not say how {row.copy_id} ended; nothing is certified on it.")
    return int(proof["key_epoch"])
