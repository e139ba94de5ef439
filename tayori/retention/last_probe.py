"""The last probe before 確定: whatever could bring the erased back and stands in no ledger is looked for once more.

Each search is a row of a table: the run's canaries in every store, and the one search for copies and keys that nobody
listed. One hit in any of them, and the certificate stays 暫定.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tayori.certificates.statements import LastProbe
from tayori.domain.identifiers import RunId
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import canaries, case_canaries, probe
from tayori.retention.copies import searching
from tayori.retention.remainders import SPACES, Deed
from tayori.vault.keyfile import Space
from tayori.vault.residue import INHERENT_LIMITS
from tayori.vault.residue_forms import Needles

SEALED: Final = "暗号化された写し（鍵が設置先にないもの）"
ERASED_MARKS: Final = "消去した回の目印（全保存先・全符号化形式）"
COPIES: Final = ("消去前のデータベースの写し", "終わった鍵世代の鍵", "台帳になく、なお開く写し")

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

    sought: tuple[str, ...]
    run: Callable[[Office, Deed, Places], Found]


def _canaries(office: Office, deed: Deed, places: Places) -> Found:
    """Seek the marks of whoever the run erased: of leavers, of letters, or of both."""
    report = probe.probe_for(office, *marks_of(office, deed), places)
    hits = report.hit_files or tuple(name for name, hits in report.places.items() if hits)
    return Found(hits, report.files, report.bytes_scanned, report.not_examined)


def marks_of(office: Office, deed: Deed) -> tuple[Needles, Needles]:
    """Give what only ever stood sealed of a run's canaries, and everything by which they could be found."""
    run_id = RunId(deed.run_id)
    if Space.CASE in {SPACES[one.space] for one in deed.key_epochs if one.space in SPACES}:
        return case_canaries.texts(office, run_id), case_canaries.needles(office, run_id)
    return Needles.of(canaries.markers(office, run_id)), canaries.needles(office, run_id)


def _strays(office: Office, deed: Deed, places: Places) -> Found:
    """Seek copies of our stores from before the erasure, dumps, sealed copies that open, and keys of ended epochs."""
    found = searching.search(office, places)
    hits = tuple(stray.named for stray in found.strays if stray.brings_back(deed.erased_at))
    return Found(hits, found.files, found.bytes_scanned, (SEALED, *found.not_examined))


SEARCHES: Final = (Search((ERASED_MARKS,), _canaries), Search(COPIES, _strays))
"""Whoever adds a kind of copy adds to the one search how it is looked for (`copies/searching.py`)."""


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
        sought=tuple(what for search in searches for what in search.sought),
        files=max(one.files for one in found),
        bytes_scanned=max(one.bytes_scanned for one in found),
        not_examined=tuple(dict.fromkeys((*INHERENT_LIMITS, *unseen))),
    )
