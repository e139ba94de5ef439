"""The key spaces of a contract, ended whole: wrapped keys gone, every epoch's key-encryption key destroyed.

This is the one place where the end of a contract meets the keys' own store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tayori.domain.identifiers import Contract
from tayori.office import Office
from tayori.vault.keyfile import Space
from tayori.warehouse import boxes, closing, wrapped_keys
from tayori.warehouse.engines import reading, writing

SPACES: Final[Mapping[Contract, tuple[Space, ...]]] = {
    Contract.LINE: (Space.PERSON, Space.LIST),
    Contract.OPINIONS: (Space.CASE,),
}
TERMS: Final = {Space.PERSON: "利用者", Space.LIST: "宛先の束", Space.CASE: "案件"}


@dataclass(frozen=True, slots=True)
class EndedEpoch:
    """An epoch of a key space, and when its key was destroyed."""

    space: Space
    epoch: int
    destroyed_at: datetime


def standing_epochs(office: Office, contract: Contract) -> list[tuple[str, int]]:
    """Give the epochs of a contract's key spaces whose keys are not destroyed yet."""
    with reading(office.vault) as vault:
        return [
            (space.value, epoch)
            for space in SPACES[contract]
            for epoch, state, *_ in wrapped_keys.epochs(vault, space)
            if state != "destroyed"
        ]


def destroy_epochs(office: Office, contract: Contract) -> None:
    """Destroy every key of a contract's key spaces; no key is ever made in them again. May run twice."""
    for space in SPACES[contract]:
        destroy_space(office, space)


def destroy_space(office: Office, space: Space) -> None:
    """Destroy every key of a space; no key is ever made in it again. May run twice."""
    with reading(office.vault) as vault:
        standing = [epoch for epoch, state, *_ in wrapped_keys.epochs(vault, space) if state != "destroyed"]
    for epoch in standing:
        office.key_provider.destroy(space, epoch)
        with writing(office.vault) as vault:
            wrapped_keys.set_epoch_state(vault, space, epoch, "destroyed", office.now())


def ended(office: Office, epochs: Sequence[tuple[str, int]]) -> list[EndedEpoch]:
    """Give when these epochs ended; one that did not is absent."""
    with reading(office.vault) as vault:
        known = {
            (space, epoch): gone
            for space in {Space(name) for name, _ in epochs}
            for epoch, _, _, gone in wrapped_keys.epochs(vault, space)
        }
    found = [(Space(name), epoch, known[(Space(name), epoch)]) for name, epoch in epochs]
    return [EndedEpoch(space, epoch, gone) for space, epoch, gone in found if gone is not None]


def held_keys(office: Office, contract: Contract) -> list[str]:
    """Give the epochs of a contract of whose keys the provider, read anew, still keeps one: none, once it has ended."""
    office.key_provider.refresh()
    kept = office.key_provider.names()
    return [f"{space}/{epoch}" for space, epoch in sorted(kept) if space in SPACES[contract]]


def end_boxes(office: Office, *, other_goes_on: bool) -> list[int]:
    """Destroy the keys of the inbox and the quarantine; give the epochs that the other contract still needs.

    While the other contract goes on, its doors seal to a new key, and an old one is kept only where a row of the
    other contract is sealed to it. Otherwise every key goes, and no door can seal anything any more.
    """
    needed = boxes.sealed_epochs(office.inbox, office.warehouse) if other_goes_on else frozenset()
    before = office.box_keys.epochs()
    fresh = office.box_keys.renew(office.now()) if other_goes_on else None
    for epoch in before:
        if epoch not in needed:
            office.box_keys.destroy(epoch)
    if fresh is None:
        office.inbox_public_file.unlink(missing_ok=True)
    return sorted(set(office.box_keys.epochs()) - {fresh})


def open_spaces(office: Office) -> list[Space]:
    """Give the key spaces of contracts that go on, and those of no contract: what a night lets go over to new keys."""
    with reading(office.warehouse) as warehouse:
        over = {space for contract in Contract if closing.is_frozen(warehouse, contract) for space in SPACES[contract]}
    return [space for space in Space if space not in over]
