"""Look for copies that nobody listed: old backups that still open, copies of stores, dumps and keys (L16, P9).

A certificate that says 確定 rests on there being none. What opens is what any key still kept here opens; what only an
attacker's own copy of a key would open is found as that copy.
"""

import contextlib
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tayori.errors import NotFound, Refused, Tampered, TayoriError
from tayori.office import Office
from tayori.retention.copies import escrow, ledger
from tayori.settings import Mode
from tayori.vault import roster
from tayori.vault.age import HEADER, identity_of, open_stream
from tayori.vault.keyfile import Space
from tayori.vault.roster import Credential
from tayori.warehouse import copies, wrapped_keys
from tayori.warehouse.engines import reading
from tayori.warehouse.hygiene import store_files

SQLITE: Final = b"SQLite format 3\x00"
DUMP: Final = b"PGDMP"
IDENTITY: Final = re.compile(rb"AGE-SECRET-KEY-1[A-Z0-9]{20}")
KEY_NAME: Final = re.compile(r"[a-z]+/\d+")
OURS: Final = frozenset({"person", "opinion_case", "person_key", "case_key", "inbox"})
SMALL: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that nobody listed: what it is (`backup`, `store`, `dump`, `keys`), where, and what to do."""

    kind: str
    place: str
    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Attempts:
    """What came of trying to open every sealed copy with every key still kept: how many there are, which opened."""

    tried: int
    opened: tuple[str, ...]


def kept_by_mistake(office: Office, places: Mapping[str, Path] | None = None) -> list[Stray]:
    """Give what lies in this installation's folders, and in further places, beside what the ledger lists.

    Raises:
        NotFound: a named place does not exist; nothing is said of it.

    """
    looking = _Looking(office)
    found: list[Stray] = []
    for name, root in (_own(office) | dict(places or {})).items():
        if not root.exists():
            raise NotFound(f"The place to search, {name}, does not exist; name its folder.")
        found += [stray for path in _files(root) if (stray := looking.at(name, root, path)) is not None]
    return found


def restore_attempts(office: Office, who: Credential, places: Mapping[str, Path] | None = None) -> Attempts:
    """Try to open every sealed copy there is with every key that is still kept; a handler of 甲 does (L7, L16).

    Only whether a copy opens is looked at: what is in it is not written down anywhere.

    Raises:
        Refused: in live, the handler is not one of 甲.

    """
    if office.settings.mode is Mode.LIVE:
        with reading(office.warehouse) as warehouse:
            side = roster.require_serving(warehouse, who.handler_id, office.today()).side
        if side != ledger.WARD:
            raise Refused("A restore of real data is tried by a handler of 甲 (L7); name one with --as.")
    looking, tried, opened = _Looking(office), 0, []
    for name, root in (_own(office) | dict(places or {})).items():
        for path in _files(root):
            if _begins(path, HEADER):
                tried += 1
                if looking.opens(path):
                    opened.append(f"{name}: {path.relative_to(root) if path != root else path.name}")
    return Attempts(tried, tuple(opened))


def _own(office: Office) -> dict[str, Path]:
    """Give the folders of this installation, each once: what lies in another one of them is not named twice."""
    settings = office.settings
    named = {"設置先": settings.home, "バックアップ": settings.backups, "作業用": settings.scratch}
    if settings.escrow_folder is not None:
        named["預託の媒体"] = settings.escrow_folder
    found: dict[str, Path] = {}
    for name, path in named.items():
        if path.exists() and not any(path.resolve().is_relative_to(one.resolve()) for one in found.values()):
            found[name] = path
    return found


class _Looking:
    """What is expected and what opens, asked once for a whole search."""

    def __init__(self, office: Office) -> None:
        with reading(office.vault) as vault:
            numbers = wrapped_keys.numbers(vault, Space.BACKUP)
            self._identities = [identity_of(key) for key in office.backup_keys.open(vault, numbers).values()]
        with reading(office.warehouse) as warehouse:
            standing = copies.standing(warehouse, "backup", "escrow")
        roots = {"backup": office.settings.backups, "escrow": office.settings.escrow_folder}
        self._listed = [root.resolve() / row.copy_id for row in standing if (root := roots[row.kind]) is not None]
        stores = [path for store in ("warehouse", "vault", "inbox") for path in _store_paths(office, store)]
        keys = [office.kek_path, *escrow.secret_files(office).values()]
        self._live = {path.resolve() for path in (*stores, *keys)}
        self._secrets = {_digest(path) for path in keys if path.exists()}

    def at(self, name: str, root: Path, path: Path) -> Stray | None:
        """Give what a file is, if it is something that nobody listed."""
        real = path.resolve()
        if real in self._live or any(real.is_relative_to(folder) for folder in self._listed):
            return None
        kind, sentence = self._what(path)
        inside = str(path.relative_to(root)) if path != root else path.name
        return Stray(kind, name, inside, sentence) if kind else None

    def _what(self, path: Path) -> tuple[str, str]:
        if _begins(path, HEADER):
            if self.opens(path):
                return "backup", "A sealed copy that no ledger lists opens with a key that is still kept; end both."
            return "", ""
        if _begins(path, DUMP):
            return "dump", "A dump of a database in the open; overwrite and remove it."
        if _begins(path, SQLITE) and _tables(path) & OURS:
            return "store", "A copy of a store in the open; overwrite and remove it."
        if self._holds_keys(path):
            return "keys", "A copy of keys; overwrite and remove it, and let the night rotate."
        return "", ""

    def opens(self, path: Path) -> bool:
        """Whether any key that is still kept opens a sealed file; its content is not read further than that."""
        return bool(self._identities) and _opens(path, self._identities)

    def _holds_keys(self, path: Path) -> bool:
        try:
            if path.stat().st_size >= SMALL or path.suffix == ".age":
                return False
            content = path.read_bytes()
        except OSError:
            return False
        if IDENTITY.search(content) or hashlib.sha256(content).hexdigest() in self._secrets:
            return True
        return content[:1] == b"{" and _is_key_file(content)


class _FirstBytes(Exception):
    """Something came out: it opens."""


class _Sink:
    """Takes nothing in: the first bytes that come out are the answer."""

    came = False

    def write(self, piece: bytes) -> int:
        """Note that something came out."""
        self.came = self.came or bool(piece)
        raise _FirstBytes

    def flush(self) -> None:
        """Do nothing."""


def _opens(path: Path, identities: Sequence[Any]) -> bool:
    sink = _Sink()
    with contextlib.suppress(_FirstBytes, NotFound, Tampered, OSError), path.open("rb") as source:
        open_stream(source, sink, identities)  # type: ignore[arg-type]
        return True
    return sink.came


def _store_paths(office: Office, store: str) -> list[Path]:
    with contextlib.suppress(TayoriError):
        main = store_files(getattr(office, store))
        return [path.with_name(path.name + end) for path in main.values() for end in ("", "-wal", "-shm", "-journal")]
    return []


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _begins(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False


def _tables(path: Path) -> set[str]:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            return {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return set(OURS)  # a database that does not open may be ours: it is told


def _is_key_file(content: bytes) -> bool:
    try:
        said = json.loads(content)
    except ValueError:
        return False
    return isinstance(said, dict) and bool(said) and all(KEY_NAME.fullmatch(name) for name in said)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
