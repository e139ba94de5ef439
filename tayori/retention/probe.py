"""Look for a run's canaries in every store: in files where they can be read, in live rows where not (I3, L16)."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from tayori.domain.identifiers import RunId
from tayori.office import Office
from tayori.retention.canaries import markers, needles
from tayori.vault.residue import ResidueReport, probe
from tayori.vault.residue_forms import Needles
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.hygiene import live_rows, server_folder, store_files

STORES: Final = {"warehouse": "倉庫", "vault": "鍵保管庫", "inbox": "受付箱"}
SERVER_UNREAD: Final = "PostgreSQL のデータ領域・先行書込みログ（ファイルとして読めないため、行の検索のみ）"
SERVER_VALUES: Final = "PostgreSQL の空き領域・先行書込みログに残る検索値（鍵付きハッシュ。行の検索では不検出）"
BEYOND: Final = ("保守端末・メール・印刷物等、この設置先の外にあるもの",)


def probe_residue(
    office: Office, run_id: RunId, places: Mapping[str, Path], beyond: Sequence[str] = ()
) -> ResidueReport:
    """Search all stores, this installation's folder and the further places for what the run erased.

    `places` are named by the caller (Prefect's folder, reports); one that is not there is told as not examined, and so
    is what the caller knows to lie `beyond`. In
    files of SQLite the canaries' look-up values are sought too; PostgreSQL keeps those in freed space and in its log,
    so there they are sought in live rows, and the report says so.
    """
    return probe_for(office, Needles.of(markers(office, run_id)), needles(office, run_id), places, beyond)


def probe_for(
    office: Office, texts: Needles, everything: Needles, places: Mapping[str, Path], beyond: Sequence[str] = ()
) -> ResidueReport:
    """Search as `probe_residue` does: for `everything` in files and live rows, in a server's own files for `texts`."""
    absent = tuple(f"{name}（なし）" for name, path in places.items() if not path.exists())
    beyond = (*beyond, *_links(office))
    here = _files(office) | {name: path for name, path in places.items() if path.exists()}
    reports = [probe(here, everything, (*BEYOND, *beyond, *absent))]
    for store, name in STORES.items():
        engine: Engine = getattr(office, store)
        if not is_sqlite(engine):
            reports.append(_probe_rows(engine, store, name, everything))
    server = _server(office)
    if server is not None:
        reports.append(probe({"PostgreSQL": server}, texts, (SERVER_VALUES,)))
    elif not is_sqlite(office.warehouse):
        reports[0] = merged([reports[0]], (SERVER_UNREAD,))
    return merged(reports)


def _files(office: Office) -> dict[str, Path]:
    """Give the files of SQLite stores by name, and everything else in this installation's folder."""
    found: dict[str, Path] = {}
    for store, name in STORES.items():
        for part, path in store_files(getattr(office, store)).items():
            found[f"{name}・{part}"] = path
    named = {path.resolve() for path in found.values()}
    for path in sorted(office.settings.home.iterdir()):
        if path.resolve() not in named and not path.is_symlink():
            found[f"設置先・{path.name}"] = path
    return found


def _links(office: Office) -> list[str]:
    """Give what lies in this installation's folder by a link alone: nobody follows it, so it is told."""
    links = [path for path in sorted(office.settings.home.iterdir()) if path.is_symlink()]
    stores = {path.resolve() for store in STORES for path in store_files(getattr(office, store)).values()}
    return [f"設置先・{path.name}（シンボリックリンク）" for path in links if path.resolve() not in stores]


def _server(office: Office) -> Path | None:
    return next((folder for store in STORES if (folder := server_folder(getattr(office, store))) is not None), None)


def _probe_rows(engine: Engine, store: str, name: str, sought: Needles) -> ResidueReport:
    search, read = sought.search(), 0
    for piece in live_rows(engine, store):
        search.feed(piece)
        read += len(piece)
    return ResidueReport({f"{name}・行": search.finish()}, sought.count, 0, read, ())


def merged(reports: Iterable[ResidueReport], further: tuple[str, ...] = ()) -> ResidueReport:
    """Put reports on the same markers together."""
    every = list(reports)
    places: dict[str, int] = {}
    for report in every:
        for place, hits in report.places.items():
            places[place] = places.get(place, 0) + hits
    unseen = [what for report in every for what in report.not_examined]
    return ResidueReport(
        places=places,
        markers=max(report.markers for report in every),
        files=sum(report.files for report in every),
        bytes_scanned=sum(report.bytes_scanned for report in every),
        not_examined=tuple(dict.fromkeys((*unseen, *further))),
        hit_files=tuple(file for report in every for file in report.hit_files),
    )
