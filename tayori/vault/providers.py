"""Who keeps the keys of epochs: a file, or a device behind PKCS#11. Both do the same; they may not claim the same."""

import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol

KEY_BYTES: Final = 32
CHECK_BYTES: Final = 16

KeyName = tuple[str, int]
"""A space and an epoch."""


class Medium(StrEnum):
    """What keeps a key, which decides what may be said once it is destroyed; the weakest comes first."""

    FILE = "file"  # the file was replaced; nobody looked at its medium
    TOKEN = "token"  # noqa: S105 - a token in software: its object was destroyed, its medium is a file again
    DEVICE = "device"  # the one key that opens the epoch's key was destroyed inside hardware that it never left


ORDER: Final = tuple(Medium)


def weakest(media: Iterable[str]) -> Medium:
    """Give the weakest of some media: whoever was kept there too can claim no more. Of none, the weakest there is."""
    return min((Medium(one) for one in media), key=ORDER.index, default=Medium.FILE)


class KeyProvider(Protocol):
    """The keys of epochs. Every method may be called again after a crash, and ends in the same state.

    A key that is asked for is given in the open and stays in this program's memory until its epoch is destroyed: a
    million people's keys are wrapped under it, and a device asked once for each would need hours.
    """

    @property
    def medium(self) -> Medium:
        """What keeps the keys that are made here."""
        ...

    def stands(self) -> bool:
        """Whether keys were ever kept here."""
        ...

    def names(self) -> frozenset[KeyName]:
        """Give the space and epoch of every key that is kept."""
        ...

    def key(self, space: str, epoch: int) -> bytes:
        """Give the key of an epoch.

        Raises:
            NotFound: the epoch was destroyed, or never made.
            Unavailable: what keeps the keys cannot be reached now.

        """
        ...

    def make(self, space: str, epoch: int) -> None:
        """Make the key of an epoch, unless it is there already."""
        ...

    def keep(self, space: str, epoch: int, key: bytes) -> None:
        """Keep a key that was made elsewhere (a move, an escrow), unless the epoch has one already."""
        ...

    def destroy(self, space: str, epoch: int) -> None:
        """Destroy the key of an epoch, or what opens it, and forget it; one that is gone is simply not there."""
        ...

    def refresh(self) -> None:
        """Forget the keys that another program destroyed since."""
        ...

    def strays(self) -> list[str]:
        """Name what lies at a device in this installation's name, as SPACE/EPOCH, and belongs to no key kept here."""
        ...


def check_of(space: str, epoch: int, key: bytes) -> bytes:
    """Give what tells an epoch's key from every other, so that a wrong one is never used; it leads to no key."""
    return hmac.digest(key, f"tayori key check|{space}|{epoch}".encode(), "sha256")[:CHECK_BYTES]
