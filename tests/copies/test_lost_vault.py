"""The vault or its keys are lost while the warehouse stands: what comes back, and who does not (P8)."""

import dataclasses
from pathlib import Path

import pytest

from tayori.errors import Refused, Unavailable
from tayori.office import Office
from tayori.retention.copies import aftermath, escrow
from tayori.retention.copies.lost_vault import bring_back, wanted_from
from tayori.retention.copies.restoring import Wanted
from tayori.warehouse import dumps
from tayori.warehouse.engines import is_sqlite, writing
from tayori.warehouse.schema.people import person
from tests.copies.builders import Places, handlers, own_key
from tests.copies.test_backups import Killed, killed
from tests.copies.test_restore import opened
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow


def a_kept_ward(kept: Office) -> tuple[list[int], Wanted]:
    handlers(kept)
    numbers = list(follow(kept, [a_line_id(one) for one in range(1, 11)]))
    copy_id = escrow.write(kept, "flow:retention").copy_id
    medium = kept.settings.escrow_folder
    assert medium is not None
    return numbers, wanted_from(medium / str(copy_id), medium.parent / "custodian-1.txt", None)


def lose_vault_and_keys(kept: Office) -> Office:
    """Lose the vault and every key beside the signing key; give the place as a restore opens it."""
    address = kept.settings.vault_address
    dumps.clear(kept.vault, address, "vault")
    for path in (kept.kek_path, kept.index_path, *kept.keys_folder.glob("inbox-*.key")):
        path.unlink()
    kept.close()
    if is_sqlite(kept.warehouse):
        assert not (kept.settings.home / "vault.db").exists()
    return dataclasses.replace(kept, restores=True)


def test_a_lost_vault_comes_back_from_the_escrow(kept: Office, places: Places) -> None:
    """Vault and keys are gone, the warehouse stands: everybody opens again, and doors and flows serve."""
    numbers, wanted = a_kept_ward(kept)
    here = lose_vault_and_keys(kept)
    found = bring_back(here, wanted, own_key)
    assert (found.with_vault, found.people_lost, found.checked.person_keys) == (True, 0, 10)
    served = places.served(here)
    assert opened(served) == {number: a_line_id(one) for one, number in enumerate(numbers, 1)}
    assert follow(served, [a_line_id(99)])


def test_who_came_after_the_escrow_is_forgotten_only_when_accepted(
    kept: Office, places: Places, clock: TestClock
) -> None:
    """Their ids open for nobody any more: the number is said, the place stays shut, and a handler has to accept it.

    Who was erased after the escrow has a key again for a moment, and loses it.
    """
    numbers, wanted = a_kept_ward(kept)
    clock.forward(hours=1)
    late = list(follow(kept, [a_line_id(one) for one in range(11, 13)]))
    with writing(kept.warehouse) as warehouse:
        warehouse.execute(person.delete().where(person.c.person_no == numbers[0]))
    here = lose_vault_and_keys(kept)
    with pytest.raises(Refused, match="2 people and 0 cases came after"):
        bring_back(here, wanted, own_key)
    with pytest.raises(Unavailable, match="being restored"):
        _ = places.served(here).warehouse
    found = bring_back(here, wanted, own_key, accept_loss=2)
    assert (found.people_lost, found.keys_destroyed, found.checked.person_keys) == (2, 1, 9)
    assert set(opened(places.served(here))).isdisjoint([numbers[0], *late])


def test_lost_key_files_come_back_and_the_newer_vault_stays(kept_sqlite: Office, places: Places) -> None:
    """Only kek.json is gone: the vault is newer than the escrow and stays, with whoever came since."""
    numbers, wanted = a_kept_ward(kept_sqlite)
    late = list(follow(kept_sqlite, [a_line_id(11)]))
    kept_sqlite.kek_path.unlink()
    kept_sqlite.close()
    here = places.served(kept_sqlite)
    found = bring_back(dataclasses.replace(here, restores=True), wanted, own_key)
    assert (found.with_vault, found.checked.person_keys) == (False, 11)
    assert set(opened(places.served(here))) == {*numbers, *late}


def test_where_nothing_is_lost_nothing_is_done(kept_sqlite: Office) -> None:
    """An escrow never replaces a vault that stands."""
    _, wanted = a_kept_ward(kept_sqlite)
    with pytest.raises(Refused, match="Neither"):
        bring_back(dataclasses.replace(kept_sqlite, restores=True), wanted, own_key)
    assert not kept_sqlite.settings.restoring_mark.exists()


def test_keys_of_an_earlier_epoch_do_not_open_the_vault(kept_sqlite: Office, clock: TestClock, tmp_path: Path) -> None:
    """The vault was rotated after the escrow: its old keys help nobody, and that is said before anything serves."""
    _, wanted = a_kept_ward(kept_sqlite)
    kept_sqlite.person_keys.rotate(kept_sqlite.vault, clock())
    kept_sqlite.kek_path.unlink()
    here = dataclasses.replace(kept_sqlite, restores=True)
    with pytest.raises(Refused, match="went on since"):
        bring_back(here, wanted, own_key)
    assert here.settings.restoring_mark.exists()
    here.close()
    assert tmp_path.is_dir()


def test_a_return_that_was_killed_is_run_again(
    kept_sqlite: Office, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after loading, before or after the check: run again, it comes to the same end."""
    numbers, wanted = a_kept_ward(kept_sqlite)
    here = lose_vault_and_keys(kept_sqlite)
    for step in ("match_people_and_cases", "verify", "record_restored"):
        with monkeypatch.context() as broken:
            broken.setattr(aftermath, step, killed)
            with pytest.raises(Killed):
                bring_back(here, wanted, own_key)
        here.close()
    assert bring_back(here, wanted, own_key).checked.person_keys == len(numbers)
    assert set(opened(places.served(here))) == set(numbers)
