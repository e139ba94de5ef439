"""Whether every epoch that is needed has its key, and none that ended has one still."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine

from tayori.errors import NotFound, Refused
from tayori.vault.keyfile import Space
from tayori.vault.providers import KeyName, KeyProvider, Medium, check_of
from tayori.vault.sealed_box import BOX
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.wrapped_keys import Epoch


class Kept(StrEnum):
    """What was found of an epoch's key."""

    THERE = "there"
    MISSING = "missing"
    ANOTHER = "another"  # a key of that name, but not the one that the vault's rows were wrapped under
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class KeptEpoch:
    """An epoch of the vault, and its key: the medium is the weakest that ever kept it."""

    space: Space
    epoch: int
    state: str
    medium: str | None
    created_at: datetime
    destroyed_at: datetime | None
    key: Kept


def kept(vault: Connection, keys: KeyProvider, *, ended: bool = False) -> list[KeptEpoch]:
    """Give every epoch that is needed, and with `ended` those that are not any more, by space, oldest first."""
    found = []
    for space in Space:
        states = wrapped_keys.every_epoch(vault, space) if ended else wrapped_keys.kept_epochs(vault, space)
        found += [
            KeptEpoch(space, one.epoch, one.state, one.medium, one.created_at, one.destroyed_at, _of(keys, space, one))
            for one in states
        ]
    return found


def _of(keys: KeyProvider, space: Space, epoch: Epoch) -> Kept:
    try:
        key = keys.key(space, epoch.epoch)
    except NotFound:
        return Kept.ENDED if epoch.state == "destroyed" else Kept.MISSING
    right = epoch.check in (None, check_of(space, epoch.epoch, key))
    return Kept.THERE if right else Kept.ANOTHER


def take_in(vault: Engine, keys: KeyProvider, held: Mapping[str, bytes]) -> None:
    """Keep the keys that an escrow held, named SPACE/EPOCH, in place of whatever is kept; the vault is theirs by then.

    They were outside, so that their epochs can claim no more than a file from now on.

    Raises:
        Refused: a key is not the one that the vault was wrapped under; nothing is taken in.

    """
    named = {(space, int(epoch)): key for (space, _, epoch), key in ((one.partition("/"), held[one]) for one in held)}
    with reading(vault) as connection:
        every = {(str(space), one.epoch): one for space in Space for one in wrapped_keys.every_epoch(connection, space)}
    for name, key in named.items():
        if name in every and every[name].check not in (None, check_of(*name, key)):
            raise Refused(f"The escrow's key of {name[0]} epoch {name[1]} is not this vault's; take another escrow.")
    for gone in (keys.names() if keys.stands() else frozenset()) - named.keys():
        keys.destroy(*gone)
    for name, key in named.items():
        if keys.stands() and name in keys.names() and keys.key(*name) != key:
            keys.destroy(*name)
        keys.keep(*name, key)
    with writing(vault) as connection:
        for space, epoch in every.keys() & named.keys():
            wrapped_keys.set_medium(connection, space, epoch, Medium.FILE)


def left_over(vault: Connection, keys: KeyProvider, box_epochs: Sequence[int]) -> list[KeyName]:
    """Give the names of keys that are kept although their epochs ended: a crash left them, or somebody put them back.

    A key of an epoch that is not written down yet is none of these: it is being made at this moment.
    """
    newest, needed = {BOX: max(box_epochs, default=0)}, {(BOX, epoch) for epoch in box_epochs}
    for space in Space:
        every = wrapped_keys.every_epoch(vault, space)
        newest[space] = max((one.epoch for one in every), default=0)
        needed |= {(str(space), one.epoch) for one in every if one.state != "destroyed"}
    return sorted(name for name in keys.names() - needed if name[1] <= newest.get(name[0], 0))
