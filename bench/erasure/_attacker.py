"""An attacker with every file of the house, every backup that it ever made, the current keys and the true LINE ids.

Kept by the attacker: all sealed backups, from the night they were made. Taken anew at each attack: the stores' files,
the escrow with a custodian's identity, the key files, the key of the look-up values. Beside these lies what the house
never makes: stores in the open, copied before the erasure. What they tell in the open counts as the worst that a backup
could tell, and ends with the backups; what is sealed in them is attacked to the end.
"""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tayori.certificates.erasure import commitment
from tayori.domain.identifiers import LineUserId, PersonNo
from tayori.errors import NotFound, TayoriError
from tayori.ingest.inbox import EVENTS
from tayori.office import Office
from tayori.vault import tombstones
from tayori.vault.age import identity_of, open_stream, read_identities
from tayori.vault.envelope import place, unseal
from tayori.vault.identity import COLUMN, TABLE
from tayori.vault.keyfile import Space
from tayori.vault.keyring import Keyring
from tayori.vault.residue import count_in, probe
from tayori.vault.residue_forms import Needles
from tayori.vault.sealed_box import Sealed
from tayori.warehouse.engines import reading

STORES: Final = ("warehouse", "vault", "inbox")
SEALS: Final = "seals"
NAMED: Final[Mapping[str, str | None]] = {
    "files": None,
    SEALS: None,
    "copies": "backups",
    "backups": "backups",
    "commitments": "journal",
    "tombstones": "tombstones",
    "boxes": "box-keys",
}
"""Ways of attack, and the remainder (残存) by which a 暫定 certificate names what each may tell; None: none does."""


@dataclass(slots=True)
class _Keys:
    """The current keys of epochs: those of the house, and those that a custodian's identity opens in the escrow."""

    office: Office
    escrowed: dict[str, bytes] = field(default_factory=dict)

    def key(self, space: str, epoch: int) -> bytes:
        """Give a key, or refuse."""
        with contextlib.suppress(NotFound):
            return self.office.key_provider.key(space, epoch)
        if (found := self.escrowed.get(f"{space}/{epoch}")) is None:
            raise NotFound("no such key")
        return found


@dataclass
class Attacker:
    """What the attacker has, and each way in which they try to find, link or open the marked people."""

    office: Office
    ids: Sequence[LineUserId]
    folder: Path
    identity: Path

    def __post_init__(self) -> None:
        (self.folder / "sealed").mkdir(parents=True)
        self.sought = Needles.of(self.ids).and_values(self.office.index.of_line_ids(self.ids))

    def keep_backups(self) -> None:
        """Keep a copy of every sealed backup that is there; the house's own ones end later."""
        for one in self.office.settings.backups.glob("backup-*"):
            if not (self.folder / "sealed" / one.name).exists():
                shutil.copytree(one, self.folder / "sealed" / one.name)

    def copy_stores(self) -> None:
        """Copy every store in the open, as no backup of the house does."""
        (self.folder / "open").mkdir()
        for store in STORES:
            with contextlib.closing(sqlite3.connect(self.office.settings.home / f"{store}.db")) as opened:
                opened.execute("VACUUM INTO ?", (str(self.folder / "open" / f"{store}.db"),))

    def attack(self, *, in_the_open: bool) -> dict[str, int]:
        """Give what each way finds; `in_the_open`: what stands unsealed in the copied stores counts too."""
        taken = self.folder / "taken"
        shutil.rmtree(taken, ignore_errors=True)
        keys = _Keys(self.office, self._open_escrow(taken / "escrow"))
        vaults = [folder for folder in self._sources(taken) if (folder / "vault.db").exists()]
        backups = self._open_backups(taken / "backups", _unwrapped(keys, Space.BACKUP, vaults))
        sources = list(self._sources(taken))
        persons = list(_unwrapped(keys, Space.PERSON, vaults))
        copied = self.folder / "open"
        return {
            "files": self._in_files(self.office.settings.home) + self._in_files(taken / "escrow"),
            "copies": self._in_files(copied) if in_the_open else 0,
            "backups": sum(self._in_files(folder) for folder in backups),
            "commitments": self._committed(),
            "tombstones": self._marked(),
            SEALS: sum(self._opened(folder, persons) for folder in sources),
            "boxes": sum(self._boxes(folder) for folder in sources),
        }

    def _sources(self, taken: Path) -> Iterator[Path]:
        """Give every folder that has a store: the house, copies in the open, what was opened of escrow and backups."""
        yield from (self.office.settings.home, self.folder / "open", taken / "escrow")
        yield from sorted((taken / "backups").glob("*"))

    def _open_escrow(self, to: Path) -> dict[str, bytes]:
        """Open the escrow with a custodian's identity: the vault as it is there, and the keys of epochs."""
        medium = self.office.settings.escrow_folder
        assert medium is not None  # noqa: S101
        to.mkdir(parents=True)
        keys: dict[str, bytes] = {}
        for part in sorted(medium.glob("escrow-*/*.age")):
            target = to / f"{part.stem}.db"
            assert _open(part, target, read_identities(self.identity))  # noqa: S101 - an escrow opens for a custodian
            if part.stem == "keys":
                keys |= {name: bytes.fromhex(key) for name, key in json.loads(target.read_bytes())["epochs"].items()}
        return keys

    def _open_backups(self, to: Path, keys: Iterator[tuple[int, bytes]]) -> list[Path]:
        """Open whatever of the kept backups any key opens."""
        identities = [identity_of(key) for _, key in keys]
        opened: dict[Path, None] = {}
        for part in sorted((self.folder / "sealed").glob("*/*.age")) if identities else ():
            target = to / part.parent.name / f"{part.stem}.db"
            target.parent.mkdir(parents=True, exist_ok=True)
            if _open(part, target, identities):
                opened[target.parent] = None
        return list(opened)

    def _in_files(self, folder: Path) -> int:
        return probe({"taken": folder}, self.sought).hits

    def _committed(self) -> int:
        """Link ids to the commitments beside the certificates by whatever key of a run is left."""
        listed = {
            line
            for path in (self.office.settings.home / "certificates").glob("*.commitments.txt")
            for line in path.read_text("ascii").split()
        }
        keys = [bytes.fromhex(path.read_text("ascii")) for path in self.office.keys_folder.glob("commitment-*.key")]
        indexes = self.office.index.of_line_ids(self.ids)
        return sum(commitment(key, index.hex()) in listed for key in keys for index in indexes)

    def _marked(self) -> int:
        """Link ids to the marks of leavings by whatever key of half a day is left."""
        indexes = self.office.index.of_line_ids(self.ids)
        with reading(self.office.warehouse) as warehouse:
            return len(tombstones.leavings(warehouse, self.office.tombstone_keys, indexes, self.office.now()))

    def _opened(self, folder: Path, keys: Sequence[tuple[int, bytes]]) -> int:
        """Open the seals of one folder's warehouse with every person's key that could be unwrapped."""
        sealed = dict(_rows(folder / "warehouse.db", "SELECT person_no, line_user_id FROM person"))
        wanted = set(self.ids)
        return sum(_opens(key, number, sealed[number], wanted) for number, key in keys if number in sealed)

    def _boxes(self, folder: Path) -> int:
        """Open what the door sealed with the box keys that are kept now, and count marks inside."""
        rows = _rows(folder / "inbox.db", "SELECT epoch, sealed FROM inbox")
        rows += _rows(folder / "warehouse.db", "SELECT epoch, sealed FROM quarantine WHERE sealed IS NOT NULL")
        hits = 0
        for epoch, box in rows:
            with contextlib.suppress(TayoriError):
                hits += count_in(self.office.box_keys.open(EVENTS, Sealed(epoch, box)), self.sought)
        return hits


def unnamed(found: Mapping[str, int], remaining: Sequence[str]) -> int:
    """Give how many hits no remainder of the certificate names."""
    return sum(hits for way, hits in found.items() if NAMED[way] not in remaining)


def _open(part: Path, target: Path, identities: Sequence[Any]) -> bool:
    with part.open("rb") as sealed, target.open("wb") as opened, contextlib.suppress(TayoriError):
        open_stream(sealed, opened, identities)
        return True
    target.unlink()
    return False


def _unwrapped(keys: _Keys, space: Space, folders: Sequence[Path]) -> Iterator[tuple[int, bytes]]:
    """Unwrap every key of a space that stands in any vault, with the current keys of epochs."""
    ring = Keyring(space, keys)  # type: ignore[arg-type]  # the attacker's keys only give
    for folder in folders:
        for table in (f"{space}_key", f"{space}_key_next"):
            for row in _rows(folder / "vault.db", f"SELECT number, epoch, wrapped FROM {table}"):  # noqa: S608
                with contextlib.suppress(TayoriError):
                    yield from list(ring.unwrapped([row]))


def _rows(path: Path, asked: str) -> list[Any]:
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as store:
        return store.execute(asked).fetchall()


def _opens(key: bytes, number: int, sealed: bytes, wanted: set[LineUserId]) -> bool:
    with contextlib.suppress(TayoriError):
        return LineUserId(unseal(key, sealed, place(TABLE, COLUMN, PersonNo(number))).decode("ascii")) in wanted
    return False
