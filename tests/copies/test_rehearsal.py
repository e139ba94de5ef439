"""Restores that are rehearsed, refused, or of real data; and what is told of copies day by day (L7, L12)."""

import dataclasses
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tayori import deployment, watch
from tayori.deployment import Weight
from tayori.domain.identifiers import HandlerId
from tayori.errors import NotFound, Refused, Tampered
from tayori.office import Office, utc_now
from tayori.retention.copies import aftermath, backups, escrow, package, restoring
from tayori.retention.copies.restoring import Wanted
from tayori.settings import Mode
from tayori.vault.roster import Credential, unlock
from tayori.warehouse import copies
from tayori.warehouse.engines import reading, writing
from tests.copies.builders import CHIEF, PASSPHRASE, Places, changed, handlers, proven, wanted
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.people import follow


def a_kept_ward(kept: Office) -> tuple[Credential, str]:
    ward = handlers(kept)
    follow(kept, [a_line_id(one) for one in range(1, 6)])
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    return ward, backup.copy_id


def findings(office: Office) -> dict[str, Weight]:
    return {found.name: found.weight for found in deployment.examine(office.settings)}


def test_a_rehearsal_leaves_its_result_and_nothing_else(kept: Office, places: Places) -> None:
    """The drill restores elsewhere, is written down in counts, and every file of it is gone; live is untouched."""
    ward, backup_id = a_kept_ward(kept)
    there = places.empty(kept, "drill")
    found = restoring.rehearse(kept, there, wanted(kept, backup_id), ward)
    assert (found.checked.person_keys, found.done["erased_again"]) == (5, 0)
    assert not there.settings.home.exists()
    with reading(kept.warehouse) as warehouse:
        drill = copies.last_drill(warehouse)
    assert drill is not None
    assert (drill.rehearsal, drill.copy_id, drill.found["person_keys"]) == (True, backup_id, 5)
    assert not kept.settings.restoring_mark.exists()
    assert backups.look_after(kept) == []
    with reading(kept.vault) as vault:
        assert len(kept.person_keys.open(vault, [1, 2, 3, 4, 5])) == 5


def test_a_rehearsal_that_fails_leaves_nothing_either(
    kept_sqlite: Office, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off in the midst, the stores and keys that it had laid out are gone too."""
    ward, backup_id = a_kept_ward(kept_sqlite)
    there = places.empty(kept_sqlite, "drill")
    monkeypatch.setattr(aftermath, "verify", lambda _: (_ for _ in ()).throw(Tampered("a key does not hold")))
    with pytest.raises(Tampered):
        restoring.rehearse(kept_sqlite, there, wanted(kept_sqlite, backup_id), ward)
    assert not there.settings.home.exists()


def test_a_rehearsal_never_goes_over_what_is_in_use(kept_sqlite: Office, places: Places, tmp_path: Path) -> None:
    """The same home or databases, a folder with something in it, no escrow: refused before anything is laid out."""
    ward, backup_id = a_kept_ward(kept_sqlite)
    asked = wanted(kept_sqlite, backup_id)
    itself = dataclasses.replace(kept_sqlite, restores=True)
    with pytest.raises(Refused, match="of its own"):
        restoring.rehearse(kept_sqlite, itself, asked, ward)
    filled = places.empty(kept_sqlite, "filled")
    filled.settings.home.mkdir()
    (filled.settings.home / "something").write_text("here")
    with pytest.raises(Refused, match="not empty"):
        restoring.rehearse(kept_sqlite, filled, asked, ward)
    assert (filled.settings.home / "something").read_text() == "here"
    with pytest.raises(Refused, match="everything is lost"):
        restoring.rehearse(
            kept_sqlite, places.empty(kept_sqlite, "drill"), Wanted(asked.backup, without_escrow=True), ward
        )
    itself.close()
    assert tmp_path.is_dir()


def test_real_data_is_restored_by_the_ward_alone(kept_sqlite: Office, places: Places) -> None:
    """L7: in live a handler of 乙 cannot end a restore, and copies are held against the key that 甲 has on paper."""
    _, backup_id = a_kept_ward(kept_sqlite)
    here = places.empty(kept_sqlite)
    live = changed(here, mode=Mode.LIVE)

    def contractor(place: Office) -> Credential:
        place.handlers_folder.mkdir(exist_ok=True)
        shutil.copy(kept_sqlite.handlers_folder / f"{CHIEF}.pem", place.handlers_folder)
        with reading(place.warehouse) as warehouse:
            return unlock(warehouse, place.handlers_folder, HandlerId(CHIEF), PASSPHRASE, place.today())

    with pytest.raises(Refused, match="--key"):
        restoring.restore(live, wanted(kept_sqlite, backup_id), contractor)
    known = wanted(kept_sqlite, backup_id, public_key=kept_sqlite.public_key_file.read_bytes())
    with pytest.raises(Refused, match="L7"):
        restoring.restore(live, known, contractor)
    assert live.settings.restoring_mark.exists()
    restoring.restore(live, known, proven(kept_sqlite))
    live.close()


def test_copies_that_do_not_belong_together_are_refused(
    kept_sqlite: Office, places: Places, tmp_path: Path, clock: TestClock
) -> None:
    """A changed part, another installation's key, an older backup than there is: nothing is served from them."""
    _, backup_id = a_kept_ward(kept_sqlite)
    asked = wanted(kept_sqlite, backup_id)
    foreign = an_office(tmp_path / "foreign", clock)
    strange = dataclasses.replace(asked, public_key=foreign.public_key_file.read_bytes())
    with pytest.raises(Tampered):
        restoring.restore(places.empty(kept_sqlite, "a"), strange, proven(kept_sqlite))
    clock.forward(hours=1)
    newer = backups.make(kept_sqlite, "flow:backup")
    escrow.write(kept_sqlite, "flow:retention")
    with pytest.raises(Refused, match=newer.copy_id):
        restoring.restore(places.empty(kept_sqlite, "b"), wanted(kept_sqlite, backup_id), proven(kept_sqlite))
    older = wanted(kept_sqlite, backup_id, older=True)
    restoring.restore(places.empty(kept_sqlite, "c"), older, proven(kept_sqlite))
    part = asked.backup / "warehouse.age"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(Tampered):
        restoring.restore(places.empty(kept_sqlite, "d"), older, proven(kept_sqlite))
    assert not (tmp_path / "d" / "warehouse.db").exists()
    foreign.close()


def test_a_backup_newer_than_the_escrow_has_no_key_there(kept_sqlite: Office, places: Places, clock: TestClock) -> None:
    """Its key was made after the escrow and is lost with the vault: said so, and an earlier backup is to be taken."""
    a_kept_ward(kept_sqlite)
    clock.forward(hours=1)
    late = backups.make(kept_sqlite, "flow:backup")
    with pytest.raises(NotFound, match="older than the backup"):
        restoring.restore(places.empty(kept_sqlite), wanted(kept_sqlite, late.copy_id), proven(kept_sqlite))


def test_the_ledger_comes_back_with_every_backup_that_opens(kept_sqlite: Office, places: Places) -> None:
    """The restored ledger is older than the backup itself: what lies here whole and has its key is entered again."""
    _, backup_id = a_kept_ward(kept_sqlite)
    here = places.empty(kept_sqlite)
    restoring.restore(here, wanted(kept_sqlite, backup_id), proven(kept_sqlite))
    restored = places.served(here)
    with reading(restored.warehouse) as warehouse:
        kinds = [(row.kind, row.ended_at) for row in copies.every(warehouse)]
    assert sorted(kinds) == [("backup", None), ("escrow", None)]
    assert backups.look_after(restored) == []
    assert escrow.write(restored, "flow:retention").replaced == 1


def test_doctor_tells_of_backup_drill_and_custodians(kept_sqlite: Office, places: Places, tmp_path: Path) -> None:
    """Notes in a rehearsal, failures in live where nothing could be restored; all well after a backup and a drill."""
    names = ("backup (L12)", "restore drill (L7)", "escrow (P8)")
    bare = changed(kept_sqlite, escrow_folder=None)
    assert [findings(bare)[name] for name in names] == [Weight.NOTE] * 3
    live = changed(bare, mode=Mode.LIVE)
    assert [findings(live)[name] for name in names] == [Weight.FAILED, Weight.NOTE, Weight.FAILED]
    real = dataclasses.replace(kept_sqlite, clock=utc_now)
    ward, backup_id = a_kept_ward(real)
    restoring.rehearse(real, places.empty(real, "drill"), wanted(real, backup_id), ward)
    assert [findings(real)[name] for name in names] == [Weight.OK] * 3
    file = tmp_path / "custodians.txt"
    file.write_text(file.read_text("utf-8").splitlines()[0], "utf-8")
    assert findings(real)["escrow (P8)"] is Weight.NOTE
    real.close()


def test_the_watch_tells_what_is_late(kept: Office, clock: TestClock) -> None:
    """No escrow, a late backup, one that is missing, an escrow that was not replaced: each is an alarm for the desk."""

    def codes() -> set[str]:
        told = {"escrow_late", "backup_late", "backup_changed", "copies_overdue"}
        return {alarm.code for alarm in watch.look(kept)} & told

    assert codes() == {"escrow_late"}
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    assert codes() == set()
    clock.forward(hours=31)
    assert codes() == {"escrow_late", "backup_late"}
    package.erase(kept.settings.backups / backup.copy_id)
    escrow.write(kept, "flow:retention")
    assert codes() == {"backup_changed", "backup_late"}
    clock.forward(days=14)
    escrow.write(kept, "flow:retention")
    assert codes() == {"backup_changed", "backup_late", "copies_overdue"}


def test_the_counts_of_a_restore_are_numbers(kept_sqlite: Office, places: Places) -> None:
    """I3: what a restore says of itself is counts and ids, in the order that the page lists them."""
    _, backup_id = a_kept_ward(kept_sqlite)
    here = places.empty(kept_sqlite)
    found = restoring.restore(here, wanted(kept_sqlite, backup_id), proven(kept_sqlite))
    assert list(found.done)[: len(aftermath.COUNTS)] == list(aftermath.COUNTS)
    assert all(isinstance(count, int) for count in found.found.values())
    assert json.dumps(found.found)
    with writing(here.warehouse) as warehouse:
        assert copies.last_drill(warehouse) is not None
    assert found.taken_at <= here.now() + timedelta(0)
