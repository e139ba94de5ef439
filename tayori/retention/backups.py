"""The backups as the end of a contract sees them: which there are, how each ends, and that none can be restored.

This is the one place where the end of a contract meets the backups.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tayori.errors import NotFound, TayoriError


@dataclass(frozen=True, slots=True)
class Attempt:
    """A restore that was tried after the erasure: of which backup, and whether it gave anything."""

    backup_id: str
    opened: bool


class Backups(Protocol):
    """What holds the backups and the escrow of this installation."""

    def standing(self) -> Sequence[str]:
        """Give the ids of the backups and escrows that were not ended."""
        ...

    def end(self, backup_id: str) -> None:
        """Destroy a backup's key and its file; one that is ended already stays so."""
        ...

    def restore(self, backup_id: str) -> None:
        """Try to open a backup as a restore would, without writing anything; raise where it cannot be opened."""
        ...

    def renew(self) -> None:
        """Make a backup and an escrow of what goes on; called once those before are ended."""
        ...


class NoBackups:
    """An installation that makes no backups."""

    def standing(self) -> Sequence[str]:
        """Give none."""
        return ()

    def end(self, backup_id: str) -> None:
        """End nothing: there is none."""

    def restore(self, backup_id: str) -> None:
        """Refuse: there is none."""
        raise NotFound(f"There is no backup {backup_id}.")

    def renew(self) -> None:
        """Make none."""


def attempts(backups: Backups, ids: Sequence[str]) -> list[Attempt]:
    """Try to restore every one of these backups; each has to fail."""
    return [Attempt(one, opened=_opens(backups, one)) for one in ids]


def _opens(backups: Backups, backup_id: str) -> bool:
    try:
        backups.restore(backup_id)
    except (TayoriError, OSError):
        return False
    return True
