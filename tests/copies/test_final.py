"""確定 and the copies: as long as a copy could bring the erased back, a certificate stays 暫定, and says which."""

import shutil
from pathlib import Path

from tayori.office import Office
from tayori.retention import run
from tayori.retention.copies import backups, escrow
from tayori.retention.run import retain
from tayori.retention.settling import settle_all
from tayori.vault import tombstones
from tayori.vault.keyfile import write_secret
from tayori.warehouse.engines import writing
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow, leave

NUMBER = "L-2026-0001"


def some_left(office: Office) -> None:
    """Three of ten people left, and wait for the night."""
    leave(office, list(follow(office, [a_line_id(one) for one in range(1, 11)]))[:3])


def nights_later(office: Office, clock: TestClock, days: int = 16) -> None:
    """Let journals and box keys reach their end; nothing is done to copies."""
    clock.forward(days=days)
    run.expire(office)
    for _ in range(2):
        run.renew_box_keys(office)


def waits_for(office: Office) -> set[str]:
    """Give what is waited for; a server's freed space is written anew only once nothing else is left."""
    return set(settle_all(office, {}).waiting[NUMBER]) - {"postgresql"}


def test_an_escrow_whose_medium_is_away_keeps_it_provisional(kept: Office, clock: TestClock) -> None:
    """The keys that wrapped the erased ones' lie in it until it is replaced; then 確定 can be said."""
    some_left(kept)
    escrow.write(kept, "flow:retention")
    medium = kept.settings.escrow_folder
    assert medium is not None
    away = medium.with_name("away")
    medium.rename(away)
    retain(kept)
    nights_later(kept, clock)
    assert waits_for(kept) == {"key-epochs"}
    away.rename(medium)
    escrow.write(kept, "flow:retention")
    assert settle_all(kept, {}).settled == [NUMBER]


def test_a_backup_from_before_keeps_it_provisional(kept: Office, clock: TestClock) -> None:
    """However long ago: while a backup of the ledger has its key, those whom it holds are not gone."""
    some_left(kept)
    backups.make(kept, "flow:backup")
    retain(kept)
    nights_later(kept, clock, days=100)
    escrow.write(kept, "flow:retention")
    assert waits_for(kept) == {"backups"}
    backups.expire(kept)
    retain(kept)
    assert settle_all(kept, {}).waiting == {}


def test_a_sealed_copy_in_no_ledger_refuses_it(kept: Office, clock: TestClock) -> None:
    """Somebody's own copy of a backup that still opens: nobody can tell what is in it, and it is named."""
    some_left(kept)
    retain(kept)
    nights_later(kept, clock)
    made = kept.settings.backups / backups.make(kept, "flow:backup").copy_id
    shutil.copytree(made, kept.settings.home / "mine")
    refused = settle_all(kept, {}).refused[NUMBER]
    assert "mine/" in refused
    shutil.rmtree(kept.settings.home / "mine")
    assert settle_all(kept, {}).settled == [NUMBER]


def test_a_tombstone_or_its_key_keeps_it_provisional(kept_sqlite: Office, clock: TestClock) -> None:
    """Marks of that day, or the key under which they were made, would still tell who left."""
    some_left(kept_sqlite)
    began = kept_sqlite.tombstone_keys.epoch_of(clock())
    retain(kept_sqlite)
    nights_later(kept_sqlite, clock)
    key = kept_sqlite.keys_folder / f"tombstone-{began}.key"
    write_secret(key, bytes(32).hex().encode())
    assert waits_for(kept_sqlite) == {"tombstones"}
    key.unlink()
    assert settle_all(kept_sqlite, {}).settled == [NUMBER]


def test_an_escrow_holds_no_key_of_tombstones(kept_sqlite: Office) -> None:
    """They end within three days wherever an escrow lies; after a restore LINE is asked instead."""
    with writing(kept_sqlite.warehouse) as warehouse:
        tombstones.bury(warehouse, kept_sqlite.tombstone_keys, {bytes(32): 1}, kept_sqlite.now())
    assert list(Path(kept_sqlite.keys_folder).glob("tombstone-*.key"))
    assert not [name for name in escrow.secret_files(kept_sqlite) if name.startswith("tombstone")]
