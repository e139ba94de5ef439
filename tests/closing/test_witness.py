"""L7, L16: before 甲's witness every copy is tried, listed or not, and what could bring somebody back stops the end."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from tayori.domain.identifiers import Contract
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention.copies import backups
from tayori.retention.copies.house import HouseCopies
from tayori.warehouse import certificates, closing
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.schema.stores import backup_key
from tests.closing.conftest import Ward


def a_sealed_copy(office: Office, place: Path) -> None:
    """Somebody's own copy of a backup; the key is in the vault."""
    shutil.copytree(office.settings.backups / backups.make(office, "flow:backup").copy_id, place / "mine")


def a_key_file(office: Office, place: Path) -> None:
    """Somebody's own copy of the keys of epochs."""
    shutil.copy(office.kek_path, place / "kek.old")


def a_store(office: Office, place: Path) -> None:
    """Somebody's own copy of a store."""
    if not is_sqlite(office.vault):
        (place / "vault.dump").write_bytes(b"PGDMP\x01\x0e\x00rest")
        return
    with sqlite3.connect(office.settings.home / "vault.db") as live, sqlite3.connect(place / "vault.old") as copy:
        live.backup(copy)


def test_the_witness_tries_every_sealed_copy_and_signs_how_many(ward: Ward) -> None:
    """A copy in no ledger is tried with those of the ledger; once its key is gone it opens no more, and is counted."""
    office = ward.office
    ward.received(Contract.LINE)
    a_sealed_copy(office, office.settings.home)
    parts = len(list((office.settings.home / "mine").glob("*.age")))
    done = ward.erase(Contract.LINE, backups=HouseCopies(office, "chief"))
    with reading(office.warehouse) as warehouse:
        said = json.loads(closing.signatures(warehouse, done.closing_id)["witness"].statement)
    assert (said["backups_tried"], said["sealed_copies_tried"]) == (1, parts)
    assert parts


def test_a_sealed_copy_whose_key_came_back_stops_the_end(ward: Ward) -> None:
    """Somebody put the vault's row of a backup's key back: the copy opens before the witness, and is named."""
    office = ward.office
    ward.received(Contract.OPINIONS)
    a_sealed_copy(office, office.settings.home)
    with reading(office.vault) as vault:
        kept = vault.execute(select(backup_key)).mappings().all()

    def put_back(point: str) -> None:
        if point == "verify":
            with writing(office.vault) as vault:
                vault.execute(insert(backup_key), [dict(row) for row in kept])

    with pytest.raises(Refused, match="a copy that opens, 設置先: mine/"):
        ward.erase(Contract.OPINIONS, between=put_back)
    with writing(office.vault) as vault:
        vault.execute(delete(backup_key))
    assert ward.erase(Contract.OPINIONS).filed is not None


@pytest.mark.parametrize("leave_behind", [a_key_file, a_store])
def test_what_could_bring_somebody_back_stops_the_end(
    ward: Ward, tmp_path: Path, leave_behind: Callable[[Office, Path], None]
) -> None:
    """An old key file, an old store: named, nothing certified; once they are gone it goes on."""
    ward.received(Contract.OPINIONS)
    place = tmp_path / "aside"
    place.mkdir()
    leave_behind(ward.office, place)
    with pytest.raises(Refused, match="aside"):
        ward.erase(Contract.OPINIONS, places={"aside": place})
    with reading(ward.office.warehouse) as warehouse:
        assert certificates.every(warehouse) == []
    shutil.rmtree(place)
    assert ward.erase(Contract.OPINIONS, places={"aside": tmp_path / "aside"}).filed is not None
