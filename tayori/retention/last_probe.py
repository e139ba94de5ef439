"""The last probe before 確定: whatever could bring the erased back and stands in no ledger is looked for once more.

Each search is a row of a table: the run's canaries in every store, copies of databases from before the erasure, files
with keys of epochs that ended. One hit in any of them, and the certificate stays 暫定.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tayori.certificates.statements import LastProbe
from tayori.domain.identifiers import RunId
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import probe
from tayori.retention.copies.searching import kept_by_mistake
from tayori.retention.remainders import SPACES, Deed, ended_epochs
from tayori.vault.residue import INHERENT_LIMITS
from tayori.warehouse.hygiene import store_files
from tayori.warehouse.strays import copy_older_than

LARGEST_KEY_FILE: Final = 4 * 1024 * 1024
KINDS: Final = {"backup": "開ける封緘済みの写し", "dump": "書き出し"}
SEALED: Final = "暗号化された写し（鍵が設置先にないもの）"

Places = Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found (names of files, never contents), and how much it read."""

    hits: tuple[str, ...] = ()
    files: int = 0
    bytes_scanned: int = 0
    not_examined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """One search: what it seeks, in words that are printed, and how."""

    sought: str
    run: Callable[[Office, Deed, Places], Found]


def _canaries(office: Office, deed: Deed, places: Places) -> Found:
    report = probe.probe_residue(office, RunId(deed.run_id), places)
    return Found(
        report.hit_files or _hit_places(report.places), report.files, report.bytes_scanned, report.not_examined
    )


def _hit_places(places: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(name for name, hits in places.items() if hits)


def _copies(office: Office, deed: Deed, places: Places) -> Found:
    """Seek copies of our databases from before the erasure, beside the stores themselves."""
    tally = _Tally()
    for name, path in _files(office, places):
        tally.look(name, path, lambda path: copy_older_than(path, deed.erased_at))
    return tally.found(SEALED)


def _old_keys(office: Office, deed: Deed, places: Places) -> Found:
    """Seek files that hold key-encryption keys of epochs which the certificate says have ended."""
    ended = {SPACES[name].value: last for name, last in ended_epochs(deed).items()}
    tally = _Tally()
    for name, path in _files(office, places):
        tally.look(name, path, lambda path: _holds_ended_key(path, ended))
    return tally.found()


def _unlisted(office: Office, _deed: Deed, places: Places) -> Found:
    """Seek dumps, and sealed copies in no ledger that a key which is still kept opens: their age is not told.

    Copies of stores and of keys are sought above by what they hold: one from after the erasure hinders nothing.
    """
    found = [stray for stray in kept_by_mistake(office, places) if stray.kind in KINDS]
    return Found(tuple(f"{stray.place}: {stray.file}（{KINDS[stray.kind]}）" for stray in found))


def _holds_ended_key(path: Path, ended: Mapping[str, int]) -> str | None:
    if path.stat().st_size > LARGEST_KEY_FILE:
        return None
    try:
        named = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    keys = [name.partition("/") for name in named] if isinstance(named, dict) else []
    old = [space for space, _, epoch in keys if epoch.isdecimal() and int(epoch) <= ended.get(space, 0)]
    return "終わった鍵世代の鍵" if old else None


def _files(office: Office, places: Places) -> Iterator[tuple[str, Path]]:
    """Give every file of this installation and of the further places, but for the stores in use."""
    live = {path.resolve() for store in probe.STORES for path in store_files(getattr(office, store)).values()}
    home, keys = office.settings.home.resolve(), office.kek_path.parent.resolve()
    elsewhere = {} if keys.is_relative_to(home) else {"鍵": keys}
    for name, root in {"設置先": home, **elsewhere, **places}.items():
        if root.is_dir():
            inside = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
            yield from ((f"{name}: {path.relative_to(root)}", path) for path in inside if path.resolve() not in live)


@dataclass(slots=True)
class _Tally:
    hits: dict[str, None] = field(default_factory=dict)
    files: int = 0
    read: int = 0
    unread: int = 0

    def look(self, name: str, path: Path, told: Callable[[Path], str | None]) -> None:
        try:
            what = told(path)
            self.read += path.stat().st_size
            self.files += 1
        except FileNotFoundError:
            return
        except OSError:
            self.unread += 1
            return
        if what is not None:
            self.hits[f"{name}（{what}）"] = None

    def found(self, *unseen: str) -> Found:
        unread = (f"読めないファイル（{self.unread}件）",) if self.unread else ()
        return Found(tuple(self.hits), self.files, self.read, (*unseen, *unread))


SEARCHES: Final = (
    Search("消去した回の目印（全保存先・全符号化形式）", _canaries),
    Search("消去前のデータベースの写し", _copies),
    Search("終わった鍵世代の鍵", _old_keys),
    Search("台帳になく、なお開く写し", _unlisted),
)
"""Whoever adds a kind of copy adds how it is looked for here."""


def last_probe(office: Office, deed: Deed, places: Places, searches: Sequence[Search] = SEARCHES) -> LastProbe:
    """Do every search.

    Raises:
        Refused: something was found; the sentence names the files.

    """
    there = {name: path for name, path in places.items() if path.exists()}
    found = [search.run(office, deed, there) for search in searches]
    hits = tuple(dict.fromkeys(hit for one in found for hit in one.hits))
    if hits:
        raise Refused(
            f"{deed.certificate_no} stays 暫定: the last probe found {len(hits)} things that could bring the erased "
            f"back: {', '.join(hits[:10])}. Remove them or hand them back; the next night looks again."
        )
    unseen = [what for one in found for what in one.not_examined]
    return LastProbe(
        examined_at=office.now(),
        sought=tuple(search.sought for search in searches),
        files=max(one.files for one in found),
        bytes_scanned=max(one.bytes_scanned for one in found),
        not_examined=tuple(dict.fromkeys((*INHERENT_LIMITS, *unseen))),
    )
