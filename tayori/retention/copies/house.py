"""The copies of this house as the end of a contract meets them: every backup and escrow ends, and none opens again."""

from collections.abc import Sequence
from dataclasses import dataclass

from tayori.domain.copies import Proof
from tayori.errors import NotFound
from tayori.office import Office
from tayori.retention.copies import backups, escrow, ledger, package
from tayori.retention.copies.ends import ESCROW
from tayori.vault.keyfile import Space
from tayori.warehouse import copies
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import reading, writing


@dataclass(frozen=True, slots=True)
class HouseCopies:
    """Backups and escrows of this installation; `actor` stands on the ledger as the one who ended them."""

    office: Office
    actor: str

    def standing(self) -> Sequence[str]:
        """Give the ids of the backups and escrows that were not ended."""
        return [row.copy_id for row in self._rows()]

    def end(self, backup_id: str) -> None:
        """Destroy a backup's key and its file, and the epoch that wrapped the key; one that is ended stays so.

        An escrow is overwritten and removed. Where its medium is away the file stays, and so does the ledger's row.

        Raises:
            Unavailable: the medium of the escrow is away; bring it back, then run it again.

        """
        for row in self._rows():
            if row.copy_id == backup_id and row.kind == ESCROW:
                root, _ = escrow.place(self.office)
                package.erase(root / backup_id)
                with writing(self.office.warehouse) as warehouse:
                    ledger.close(warehouse, self.office, self.actor, row, Proof.REPLACED, {"by": "contract end"})
            elif row.copy_id == backup_id:
                backups.end(self.office, self.actor, row)
                self.office.keyring(Space.BACKUP).rotate(self.office.vault, self.office.now())

    def restore(self, backup_id: str) -> None:
        """Try to open a backup as a restore would, without writing anything.

        Raises:
            NotFound: it is not there, or its key is gone: it cannot be opened.

        """
        medium = self.office.settings.escrow_folder
        if medium is not None and (medium / backup_id).is_dir():
            return
        if backup_id.startswith(f"{ESCROW}-"):
            raise NotFound(f"There is no escrow {backup_id} any more.")
        backups.identity(self.office, backup_id)

    def renew(self) -> None:
        """Make a backup and an escrow of what goes on."""
        backups.make(self.office, self.actor)
        escrow.keep(self.office, self.actor)

    def _rows(self) -> list[CopyRow]:
        with reading(self.office.warehouse) as warehouse:
            return copies.standing(warehouse, backups.KIND, ESCROW)
