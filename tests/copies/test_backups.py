"""Backups: what is in them and what is not, killed anywhere, changed, expired; when nothing of them is left (L12)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tayori.certificates.jws import Signer
from tayori.errors import NotFound, Refused, Tampered, Unavailable
from tayori.office import Office
from tayori.retention.copies import backups, ends, escrow, ledger, package
from tayori.retention.copies.ends import backups_gone_before
from tayori.vault.keyfile import Space
from tayori.warehouse import copies, dumps, wrapped_keys
from tayori.warehouse.engines import reading
from tests.copies.builders import changed
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.people import follow

ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The end of a program, wherever it was."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def keys_kept(office: Office) -> list[int]:
    with reading(office.vault) as vault:
        return wrapped_keys.numbers(vault, Space.BACKUP)


def listed(office: Office) -> list[str]:
    with reading(office.warehouse) as warehouse:
        return [row.copy_id for row in copies.standing(warehouse, "backup")]


def on_disk(office: Office) -> list[str]:
    return sorted(path.name for path in office.settings.backups.iterdir() if path.name != package.LOCK)


def content(office: Office, copy_id: str, part: str, into: Path) -> bytes:
    manifest = package.read(office.settings.backups / copy_id, Signer(office.signing_key).public_pem)
    with into.open("wb") as file:
        package.open_part(manifest, part, file, [backups.identity(office, copy_id)])
    return into.read_bytes()


def test_a_backup_holds_the_stores_and_never_a_key(office: Office, tmp_path: Path) -> None:
    """Warehouse and inbox, sealed; of the vault and its keys nothing, and on the disk nothing in the open (P8)."""
    follow(office, [a_line_id(1)])
    row = backups.make(office, "flow:backup")
    held = content(office, row.copy_id, "warehouse", tmp_path / "held")
    assert b"reception_settings" in held
    assert b"person_key" not in held
    assert on_disk(office) == [row.copy_id]
    lying = b"".join(path.read_bytes() for path in (office.settings.backups / row.copy_id).iterdir())
    assert b"SQLite format" not in lying
    assert b"PGDMP" not in lying
    assert backups.look_after(office) == []


def test_the_vault_in_the_same_database_stays_out(office: Office, tmp_path: Path) -> None:
    """Where a ward keeps both in one PostgreSQL database, its dump still holds no table of the vault."""
    address = office.settings.warehouse_address
    if address.startswith("sqlite"):
        pytest.skip("SQLite has a file for each")
    both = an_office(tmp_path / "both", vault_url=address, database_url=address)
    row = backups.make(both, "flow:backup")
    assert b"person_key" not in content(both, row.copy_id, "warehouse", tmp_path / "held")
    both.close()


STEPS: list[tuple[Any, str]] = [
    (dumps, "erase_file"),
    (package.Making, "add"),
    (package.Making, "finish"),
    (package, "check_parts"),
    (ledger, "enter"),
    (copies, "add"),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_killed_anywhere_no_half_backup_is_listed(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """Whatever a killed run left is swept by the next one: its file, its snapshot, its key."""
    with monkeypatch.context() as broken:
        broken.setattr(*step, killed)
        with pytest.raises(Killed):
            backups.make(sqlite_office, "flow:backup")
    assert listed(sqlite_office) == []
    row = backups.make(sqlite_office, "flow:backup")
    assert listed(sqlite_office) == on_disk(sqlite_office) == [row.copy_id]
    assert len(keys_kept(sqlite_office)) == 1


SCRIPT = """
import sys
from pathlib import Path
from tayori.office import Office
from tayori.retention.copies import backups
from tayori.settings import Settings
office = Office(Settings(home=Path(sys.argv[1])))
print("ready", flush=True)
backups.make(office, "flow:backup")
"""


def test_killed_by_the_system_at_any_moment(sqlite_office: Office) -> None:
    """Kill -9 in the midst of it, several times: the stores stand, and the next run lists one whole backup."""
    follow(sqlite_office, [a_line_id(one) for one in range(2000)])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    for attempt in range(6):
        words = [sys.executable, "-c", SCRIPT, str(sqlite_office.settings.home)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(0.02 * attempt)
            running.send_signal(signal.SIGKILL)
    row = backups.make(sqlite_office, "flow:backup")
    assert row.copy_id in listed(sqlite_office)
    assert sorted(listed(sqlite_office)) == on_disk(sqlite_office)
    assert len(keys_kept(sqlite_office)) == len(listed(sqlite_office))
    assert backups.look_after(sqlite_office) == []


def test_two_at_once_are_not_let_in(sqlite_office: Office) -> None:
    """A second program would sweep what the first one is making: it is refused."""
    with package.alone(sqlite_office.settings.backups), pytest.raises(Refused, match="just now"):
        backups.make(sqlite_office, "flow:backup")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _change(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(bytes(held))


@pytest.mark.parametrize("name", ["warehouse.age", "inbox.age", package.MANIFEST])
@pytest.mark.parametrize("harm", [_cut, _change, Path.unlink], ids=["cut", "changed", "missing"])
def test_a_backup_that_is_missing_or_changed_is_told(
    sqlite_office: Office, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    """Cut, changed or gone: the check names the backup, and it does not open."""
    row = backups.make(sqlite_office, "flow:backup")
    harm(sqlite_office.settings.backups / row.copy_id / name)
    assert [trouble.copy_id for trouble in backups.look_after(sqlite_office)] == [row.copy_id]
    with pytest.raises((Tampered, NotFound)):
        content(sqlite_office, row.copy_id, name.removesuffix(".age"), tmp_path / "held")


def test_at_its_expiry_key_and_file_end(office: Office, clock: TestClock, tmp_path: Path) -> None:
    """After 14 days the key is destroyed and the file gone, and the ledger says when, by whom and how."""
    row = backups.make(office, "flow:backup")
    clock.forward(days=13)
    assert backups.expire(office) == {"backups_expired": 0}
    clock.forward(days=1)
    assert backups.expire(office) == {"backups_expired": 1}
    assert (on_disk(office), keys_kept(office)) == ([], [])
    with reading(office.warehouse) as warehouse:
        ended = copies.find(warehouse, row.copy_id)
    assert (ended.ended_at, ended.ended_by, ended.proof_kind) == (clock(), "flow:retention", "key_destroyed")
    assert ledger.proof_of(ended) == {"key_epoch": 1, "file": "removed"}
    with pytest.raises(NotFound):
        content(office, row.copy_id, "warehouse", tmp_path / "held")


@pytest.mark.parametrize("step", [(package, "erase"), (copies, "end")], ids=lambda step: step[1])
def test_an_expiry_that_was_killed_is_taken_up(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    """Between key, file and ledger: the next run comes to the same end."""
    backups.make(sqlite_office, "flow:backup")
    clock.forward(days=15)
    with monkeypatch.context() as broken:
        broken.setattr(*step, killed)
        with pytest.raises(Killed):
            backups.expire(sqlite_office)
    assert backups.expire(sqlite_office) == {"backups_expired": 1}
    assert (listed(sqlite_office), on_disk(sqlite_office), keys_kept(sqlite_office)) == ([], [], [])


def test_a_backup_is_gone_when_its_keys_epoch_is(kept: Office, clock: TestClock) -> None:
    """For 確定: expired is not enough; the epoch that wrapped the key has to be destroyed, in the escrow too."""
    erased_at = clock()
    backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    assert not backups_gone_before(kept, erased_at)
    clock.forward(days=14)
    backups.expire(kept)
    assert not backups_gone_before(kept, erased_at)
    kept.backup_keys.rotate(kept.vault, kept.now())
    assert not backups_gone_before(kept, erased_at)
    escrow.write(kept, "flow:retention")
    assert backups_gone_before(kept, erased_at)
    backups.make(kept, "flow:backup")
    assert backups_gone_before(kept, erased_at)
    assert not backups_gone_before(kept, kept.now())


def test_a_key_that_a_killed_run_left_counts_as_a_backup(
    sqlite_office: Office, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it seals may hold anything from before: nothing is 確定 until it is swept."""
    erased_at = clock()
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "enter", killed)
        with pytest.raises(Killed):
            backups.make(sqlite_office, "flow:backup")
    assert not backups_gone_before(sqlite_office, erased_at)
    backups.sweep(sqlite_office)
    assert backups_gone_before(sqlite_office, erased_at)
    assert ends.escrow_ended_through(sqlite_office).moment is None


def test_a_full_or_shut_disk_leaves_nothing_behind(sqlite_office: Office, tmp_path: Path) -> None:
    """Where the folder cannot be written, a sentence says so, and no key is left over."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    office = changed(sqlite_office, scratch_folder=blocked)
    with pytest.raises(Unavailable, match="SCRATCH"):
        backups.make(office, "flow:backup")
    assert (listed(office), keys_kept(office)) == ([], [])
    office.close()
