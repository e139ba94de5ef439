"""Move an installation's keys from a file to a device: carry over what is needed, let every epoch end, drop the file.

Whatever is carried over lay in a file once, and that is what its epoch says to its end. The epochs that begin in the
move are made in the device. Taken up after a crash, a move goes on; the file goes last.
"""

from dataclasses import dataclass
from pathlib import Path

from tayori.errors import NotFound, Refused
from tayori.office import KEY_FILE, Office
from tayori.retention.run import renew_box_keys, sweep_epochs
from tayori.settings import KeyForm
from tayori.vault import keeping
from tayori.vault.keeping import Kept
from tayori.vault.keyfile import KeyFile, Space
from tayori.vault.providers import KeyName, Medium
from tayori.vault.sealed_box import BOX
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: keys carried over, spaces whose epoch it ended, the box keys' new epoch."""

    carried: int
    rotated: int
    box_epoch: int


def move_keys(office: Office, file: Path | None = None) -> Moved:
    """Move the keys of epochs from a key file (HOME/keys/kek.json) to the device that the settings name.

    Raises:
        Refused: the settings name no device, or the file is not the one that this vault was wrapped under.
        NotFound: there is no such file; the keys were moved already, or it lies elsewhere.
        Unavailable: the device does not answer, or others hold the vault; run it again, it goes on.

    """
    if office.settings.key_provider is not KeyForm.PKCS11:
        raise Refused(
            "Keys move to a device; set TAYORI_KEY_PROVIDER=pkcs11 and the device's settings, then run it again."
        )
    source = KeyFile(file or office.keys_folder / KEY_FILE)
    if not source.stands():
        raise NotFound(
            f"There is no key file {source.path.name}: the keys were moved already, or the file lies elsewhere."
        )
    carried = _carry(office, source)
    rotated = [space for space in Space if _end_what_lay_in_a_file(office, space)]
    renewed = renew_box_keys(office)
    sweep_epochs(office)
    _require_all(office)
    source.path.unlink()
    return Moved(carried, len(rotated), renewed["box_epoch"])


def _carry(office: Office, source: KeyFile) -> int:
    needed = _needed(office, source)
    for space, epoch in needed:
        key = source.key(space, epoch)
        office.key_provider.keep(space, epoch, key)
        if office.key_provider.key(space, epoch) != key:
            raise Refused(f"The device keeps another key for {space} {epoch} than the file; find out which is right.")
    with writing(office.vault) as vault:
        for space, epoch in needed:
            if space != BOX:
                wrapped_keys.set_medium(vault, space, epoch, Medium.FILE)
    return len(needed)


def _needed(office: Office, source: KeyFile) -> list[KeyName]:
    """Give the names in the file that something needs; what has ended is not brought back to life."""
    with reading(office.vault) as vault:
        epochs = keeping.kept(vault, source)
    if any(one.key is Kept.ANOTHER for one in epochs):
        raise Refused(
            "The key file is not the one that this vault was wrapped under; name the right one. Nothing was done."
        )
    there = [(str(one.space), one.epoch) for one in epochs if one.key is Kept.THERE]
    boxes = [(BOX, epoch) for epoch in office.box_keys.epochs() if (BOX, epoch) in source.names()]
    return [*there, *boxes]


def _end_what_lay_in_a_file(office: Office, space: Space) -> bool:
    """End what is not of the device alone, one after the other: a rotation may have begun with the file."""
    rotated = False
    while _media(office, space) - {office.key_provider.medium}:
        office.keyring(space).rotate(office.vault, office.now())
        rotated = True
    return rotated


def _media(office: Office, space: Space) -> set[str | None]:
    with reading(office.vault) as vault:
        return {one.medium for one in wrapped_keys.kept_epochs(vault, space)}


def _require_all(office: Office) -> None:
    with reading(office.vault) as vault:
        wrong = [one for one in keeping.kept(vault, office.key_provider) if one.key is not Kept.THERE]
    if wrong:
        named = ", ".join(f"{one.space} {one.epoch}" for one in wrong)
        raise Refused(f"The device lacks the keys of {named}; the file stays as it is. Run it again, it goes on.")
