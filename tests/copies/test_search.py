"""What was kept by mistake is found before anything is certified final (L16)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.retention.copies import backups, escrow
from tayori.retention.copies.searching import kept_by_mistake, restore_attempts
from tayori.settings import Mode
from tayori.warehouse.engines import writing
from tests.copies.builders import changed, handlers
from tests.copies.test_ledger import of_contractor
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow

PARTS = 3  # of a backup: the warehouse, the inbox, and what lies beside them


def _backup(office: Office, place: Path) -> None:
    shutil.copytree(office.settings.backups / backups.make(office, "flow:backup").copy_id, place / "old")


def _vault(office: Office, place: Path) -> None:
    shutil.copy(office.settings.home / "vault.db", place / "vault.bak")


def _warehouse(office: Office, place: Path) -> None:
    shutil.copy(office.settings.home / "warehouse.db", place / "copy.sqlite")


def _keys(office: Office, place: Path) -> None:
    shutil.copy(office.kek_path, place / "kek.json.old")


def _index(office: Office, place: Path) -> None:
    shutil.copy(office.index_path, place / "notes.txt")


def _identity(office: Office, place: Path) -> None:
    assert office.settings.escrow_folder is not None
    shutil.copy(office.settings.escrow_folder.parent / "custodian-0.txt", place / "key.txt")


def _dump(_: Office, place: Path) -> None:
    (place / "dump").write_bytes(b"PGDMP\x01\x0e\x00rest")


@pytest.mark.parametrize("leave_behind", [_backup, _vault, _warehouse, _keys, _index, _identity, _dump])
@pytest.mark.parametrize("inside", [True, False], ids=["in HOME", "elsewhere"])
def test_what_was_kept_by_mistake_is_found(
    kept_sqlite: Office, tmp_path: Path, leave_behind: Callable[[Office, Path], None], *, inside: bool
) -> None:
    """A backup that still opens, a copy of a store or of a key, a custodian's identity: named with place and file."""
    follow(kept_sqlite, [a_line_id(1)])
    escrow.write(kept_sqlite, "flow:retention")
    place = (kept_sqlite.settings.home if inside else tmp_path) / "aside"
    place.mkdir()
    places = {} if inside else {"別の媒体": place}
    assert kept_by_mistake(kept_sqlite, places) == []
    leave_behind(kept_sqlite, place)
    assert kept_by_mistake(kept_sqlite, places) != []


def test_a_copy_of_a_backup_that_ended_opens_no_more(sqlite_office: Office, clock: TestClock, tmp_path: Path) -> None:
    """Once its key is destroyed a copied file is noise; with the key kept by mistake it is found again."""
    place = tmp_path / "aside"
    place.mkdir()
    _backup(sqlite_office, place)
    with writing(sqlite_office.vault) as vault:
        (kept_key,) = vault.exec_driver_sql("SELECT number, epoch, wrapped FROM backup_key").fetchall()
    clock.forward(days=14)
    backups.expire(sqlite_office)
    assert kept_by_mistake(sqlite_office, {"別の媒体": place}) == []
    with writing(sqlite_office.vault) as vault:
        vault.exec_driver_sql("INSERT INTO backup_key (number, epoch, wrapped) VALUES (?, ?, ?)", tuple(kept_key))
    assert [stray.kind for stray in kept_by_mistake(sqlite_office, {"別の媒体": place})] == ["backup"] * PARTS


def test_a_place_that_is_not_there_is_told(sqlite_office: Office, tmp_path: Path) -> None:
    """A search that did not happen says nothing good."""
    with pytest.raises(NotFound):
        kept_by_mistake(sqlite_office, {"外した媒体": tmp_path / "gone"})


def test_every_backup_is_tried_by_a_ward_handler(kept_sqlite: Office, clock: TestClock) -> None:
    """L7, L16: what opens is counted before the end, and nothing opens after it; in live 乙 may not look."""
    ward = handlers(kept_sqlite)
    backups.make(kept_sqlite, "flow:backup")
    found = restore_attempts(kept_sqlite, ward)
    assert (found.tried, len(found.opened)) == (PARTS, PARTS)
    clock.forward(days=14)
    copied = kept_sqlite.settings.home / "copied"
    shutil.copytree(kept_sqlite.settings.backups, copied)
    backups.expire(kept_sqlite)
    found = restore_attempts(kept_sqlite, ward)
    assert (found.tried, found.opened) == (PARTS, ())
    live = changed(kept_sqlite, mode=Mode.LIVE)
    with pytest.raises(Refused, match="甲"):
        restore_attempts(live, of_contractor(kept_sqlite))
    live.close()
