"""Look for copies that nobody listed: old backups that still open, copies of stores, dumps and keys (L16, P9).

The one search of this house: `tayori copies check`, the last probe before 確定 and the end of a contract all ask it. A
certificate that says 確定 rests on there being none. What opens is what any key still kept here opens; what only an
attacker's own copy of a key would open is found as that copy.
"""

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from tayori.errors import NotFound, Refused, Tampered, TayoriError
from tayori.office import Office
from tayori.retention.copies import escrow, ledger
from tayori.settings import Mode
from tayori.vault import roster
from tayori.vault.age import HEADER, Pieces, identity_of, open_stream
from tayori.vault.key_traces import KeyTraces
from tayori.vault.keyfile import Space, read_secret
from tayori.vault.providers import KeyName
from tayori.vault.roster import Credential
from tayori.vault.sealed_box import BOX
from tayori.vault.unpacking import Content, contents
from tayori.warehouse import copies, wrapped_keys
from tayori.warehouse.engines import reading
from tayori.warehouse.hygiene import store_files
from tayori.warehouse.strays import Copy, copied, is_younger

LARGEST_KEY_FILE: Final = 4 * 1024 * 1024
LARGE: Final = f"{LARGEST_KEY_FILE // 1024**2} MiB を超える内容に含まれる鍵"
UNREAD: Final = "読めないファイル"
LINKS: Final = "シンボリックリンク・特殊ファイル"
MANY: Final = "鍵らしい値が多すぎる内容（終わった世代の鍵との照合）"
BACKUP, STORE, DUMP, KEYS = "backup", "store", "dump", "keys"
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    BACKUP: (
        "開ける封緘済みの写し",
        "A sealed copy that no ledger lists opens with a key that is still kept; end both.",
    ),
    STORE: (Copy.DATABASE.value, "A copy of a store in the open; overwrite and remove it."),
    DUMP: (Copy.ARCHIVE.value, "A dump of a database in the open; overwrite and remove it."),
    KEYS: ("鍵の写し", "A copy of keys; overwrite and remove it, and let the night rotate."),
}
"""What can be found: in the words that certificates print, and what is to be done."""
OF_COPY: Final = {Copy.DATABASE: STORE, Copy.ARCHIVE: DUMP}


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that nobody listed: what it is (`backup`, `store`, `dump`, `keys`), where, and what to do.

    `last`: the last moment that a copy of a store tells of. `ended`: epochs that ended and whose keys stand in it.
    """

    kind: str
    place: str
    file: str
    sentence: str
    last: datetime | None = None
    ended: tuple[str, ...] = ()

    def brings_back(self, erased_at: datetime) -> bool:
        """Whether it could bring back who was erased at a moment; a younger copy and a present key do not."""
        if self.kind == KEYS:
            return bool(self.ended)
        return self.kind != STORE or not is_younger(self.last, erased_at)

    @property
    def named(self) -> str:
        """Where it is and what, as certificates and alarms name it; never what is in it."""
        return f"{self.place}: {self.file}（{'終わった鍵世代の鍵' if self.ended else KINDS[self.kind][0]}）"


@dataclass(frozen=True, slots=True)
class Attempts:
    """What came of trying to open every sealed copy with every key still kept: how many there are, which opened."""

    tried: int
    opened: tuple[str, ...]


@dataclass(slots=True)
class Searched:
    """What a search found, how much it read, which sealed copies it tried to open, and what it did not examine."""

    strays: list[Stray] = field(default_factory=list)
    tried: int = 0
    opened: list[str] = field(default_factory=list)
    files: int = 0
    bytes_scanned: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def not_examined(self) -> tuple[str, ...]:
        """What was not examined, each with how many times."""
        return tuple(f"{what}（{count}件）" for what, count in sorted(self.skipped.items()))


def kept_by_mistake(office: Office, places: Mapping[str, Path] | None = None) -> list[Stray]:
    """Give what lies in this installation's folders, and in further places, beside what the ledger lists.

    Raises:
        NotFound: a named place does not exist; nothing is said of it.

    """
    return search(office, places or {}).strays


def restore_attempts(office: Office, who: Credential, places: Mapping[str, Path] | None = None) -> Attempts:
    """Try to open every sealed copy there is with every key that is still kept; a handler of 甲 does (L7, L16).

    Only whether a copy opens is looked at: what is in it is not written down anywhere.

    Raises:
        Refused: in live, the handler is not one of 甲.

    """
    require_ward(office, who)
    found = search(office, places or {})
    return Attempts(found.tried, tuple(found.opened))


def require_ward(office: Office, who: Credential) -> None:
    """Refuse, in live, a restore of real data that is not tried by a handler of 甲 (L7)."""
    if office.settings.mode is Mode.LIVE:
        with reading(office.warehouse) as warehouse:
            side = roster.require_serving(warehouse, who.handler_id, office.today()).side
        if side != ledger.WARD:
            raise Refused("A restore of real data is tried by a handler of 甲 (L7); name one with --as.")


def search(office: Office, places: Mapping[str, Path]) -> Searched:
    """Look at every file of this installation's folders and of further places, and into archives.

    Raises:
        NotFound: a named place does not exist; nothing is said of it.

    """
    found = Searched()
    looking = _Looking(office, found)
    seen: set[Path] = set()
    for name, root in (_own(office) | dict(places)).items():
        if not root.exists():
            raise NotFound(f"The place to search, {name}, does not exist; name its folder.")
        for path in _files(root, found):
            if (real := path.resolve()) not in seen:
                seen.add(real)
                looking.at(name, str(path.relative_to(root)) if path != root else path.name, path)
    return found


def _own(office: Office) -> dict[str, Path]:
    """Give the folders of this installation, each once: what lies in another one of them is not named twice."""
    settings = office.settings
    named = {
        "設置先": settings.home,
        "鍵": office.kek_path.parent,
        "バックアップ": settings.backups,
        "作業用": settings.scratch,
    }
    if settings.escrow_folder is not None:
        named["預託の媒体"] = settings.escrow_folder
    found: dict[str, Path] = {}
    for name, path in named.items():
        if path.exists() and not any(path.resolve().is_relative_to(one.resolve()) for one in found.values()):
            found[name] = path
    return found


class _Looking:
    """What is expected and what opens, asked once for a whole search; what it finds goes into `found`."""

    def __init__(self, office: Office, found: Searched) -> None:
        self._found = found
        with reading(office.vault) as vault:
            numbers = wrapped_keys.numbers(vault, Space.BACKUP)
            self._identities = [identity_of(key) for key in office.backup_keys.open(vault, numbers).values()]
            epochs = {
                (space.value, one.epoch): one for space in Space for one in wrapped_keys.every_epoch(vault, space)
            }
        with reading(office.warehouse) as warehouse:
            standing = copies.standing(warehouse, "backup", "escrow")
        roots = {"backup": office.settings.backups, "escrow": office.settings.escrow_folder}
        self._listed = [root.resolve() / row.copy_id for row in standing if (root := roots[row.kind]) is not None]
        self._present = {name for name, one in epochs.items() if one.state != "destroyed"}
        self._present |= {(BOX, epoch) for epoch in office.box_keys.epochs()}
        stores = [path for store in ("warehouse", "vault", "inbox") for path in _store_paths(office, store)]
        keys = [path for path in (office.kek_path, *escrow.secret_files(office).values()) if path.exists()]
        self._live = {path.resolve() for path in (*stores, *keys)}
        checks = {name: one.check for name, one in epochs.items() if one.check is not None}
        self._traces = KeyTraces.of(checks, _living(office), [form for path in keys for form in _as_kept(path)])

    def at(self, place: str, name: str, path: Path) -> None:
        """Look at one file, and at what is packed in it; one that is gone meanwhile is none."""
        real = path.resolve()
        listed = any(real.is_relative_to(folder) for folder in self._listed)
        if real in self._live:
            return
        try:
            with path.open("rb") as opened:
                self._found.files += 1
                self._found.bytes_scanned += os.fstat(opened.fileno()).st_size
                for content in contents(opened, self._skip):
                    inside = f"{name} ＞ {content.name or '（圧縮の中身）'}" if content.depth else name
                    self._content(place, inside, content, path, listed=listed)
        except FileNotFoundError:
            return
        except OSError:
            self._skip(UNREAD)

    def _skip(self, what: str) -> None:
        self._found.skipped[what] += 1

    def _content(self, place: str, inside: str, content: Content, path: Path, *, listed: bool) -> None:
        if content.begins.startswith(HEADER):
            self._found.tried += 1
            if self._opens(content):
                self._found.opened.append(f"{place}: {inside}")
                if not listed:
                    self._add(BACKUP, place, inside)
            return
        if listed:
            return
        copy = copied(content.begins, None if content.depth else path)
        if copy is not None:
            self._add(OF_COPY[copy.what], place, inside, copy.last)
            return
        self._keys(place, inside, content, path)

    def _keys(self, place: str, inside: str, content: Content, path: Path) -> None:
        large = not content.depth and path.stat().st_size > LARGEST_KEY_FILE
        held = None if large else content.whole(LARGEST_KEY_FILE)
        if held is None:
            self._skip(LARGE)
            return
        traces = self._traces.within(held)
        if traces.too_many:
            self._skip(MANY)
        if traces:
            ended = sorted(f"{space}/{epoch}" for space, epoch in traces.epochs - self._present)
            self._add(KEYS, place, inside, ended=tuple(ended))

    def _add(
        self, kind: str, place: str, inside: str, last: datetime | None = None, ended: tuple[str, ...] = ()
    ) -> None:
        self._found.strays.append(Stray(kind, place, inside, KINDS[kind][1], last, ended))

    def _opens(self, content: Content) -> bool:
        """Whether any key that is still kept opens a sealed content; it is not read further than that."""
        if not self._identities:
            return False
        sink = _Sink()
        with contextlib.suppress(_FirstBytes, NotFound, Tampered):
            open_stream(Pieces(content.pieces()), sink, self._identities)  # type: ignore[arg-type]
            return True
        return sink.came


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


def _living(office: Office) -> dict[KeyName, bytes]:
    """Give the keys of the epochs that are kept now; one that ends meanwhile is sought by its check value."""
    found: dict[KeyName, bytes] = {}
    for space, epoch in office.key_provider.names():
        with contextlib.suppress(NotFound):
            found[str(space), epoch] = office.key_provider.key(space, epoch)
    return found


def _as_kept(path: Path) -> list[bytes]:
    """Give a secret as its file holds it, and as the bytes that it stands for where it is hexadecimal."""
    written = read_secret(path).strip()
    try:
        return [written, bytes.fromhex(written.decode("ascii"))]
    except ValueError:
        return [written]


def _store_paths(office: Office, store: str) -> list[Path]:
    with contextlib.suppress(TayoriError):
        main = store_files(getattr(office, store))
        return [path.with_name(path.name + end) for path in main.values() for end in ("", "-wal", "-shm", "-journal")]
    return []


def _files(root: Path, found: Searched) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root, onerror=lambda _: found.skipped.update([UNREAD])):
        folders.sort()
        for path in (Path(folder, name) for name in sorted([*names, *folders])):
            mode = _mode(path)
            if stat.S_ISDIR(mode):
                continue
            if stat.S_ISREG(mode):
                yield path
            elif mode:
                found.skipped[LINKS] += 1


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
