"""Everything is lost but the copies: who comes back, who does not, and what may never happen twice."""

import dataclasses
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tayori.certificates.bundle import checked
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.states import BatchState
from tayori.errors import Refused, Unavailable
from tayori.office import Office
from tayori.retention import run
from tayori.retention.copies import aftermath, backups, escrow, package, restoring
from tayori.retention.run import retain
from tayori.vault import audit, identity
from tayori.vault.audit import Action
from tayori.vault.sealed_box import Sealer
from tayori.warehouse import audit as lines
from tayori.warehouse import carried, certificates, copies, dumps, lineids, own_rows, restored, setup
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.schema.broadcasts import batch, broadcast
from tests.copies.builders import Places, changed, handlers, own_key, proven, wanted
from tests.copies.test_backups import Killed, killed
from tests.ingest.builders import rows
from tests.support.builders import TestClock, a_line_id
from tests.support.frozen import a_batch
from tests.support.people import follow, leave

BATCHES = {"needs_decision": BatchState.UNKNOWN, "sent": BatchState.ACCEPTED}
EVERYBODY = Evidence("test", Purpose.INSPECTION)


def opened(office: Office) -> dict[int, str]:
    """Open everybody's LINE id."""
    with writing(office.warehouse) as warehouse, reading(office.vault) as vault:
        numbers = lineids.first_numbers(warehouse, 1000)
        line = audit.record(warehouse, EVERYBODY, Action.OPEN, "all", count=1, now=office.now())
        found = identity.open_line_ids(warehouse, vault, office.person_keys, numbers, line)
    return {int(number): str(line_id) for number, line_id in found.items()}


def a_lost_ward(kept: Office, clock: TestClock) -> tuple[list[int], list[int], str]:
    """Twenty people and a backup; then three leave, three come, the night erases, and the escrow is made."""
    handlers(kept)
    numbers = list(follow(kept, [a_line_id(one) for one in range(1, 21)]))
    backup = backups.make(kept, "flow:backup")
    clock.forward(hours=1)
    leave(kept, numbers[:3])
    late = list(follow(kept, [a_line_id(one) for one in range(21, 24)]))
    retain(kept)
    escrow.write(kept, "flow:retention")
    clock.forward(hours=1)
    return numbers, late, backup.copy_id


def test_survivors_come_back_and_nobody_erased_since(kept: Office, places: Places, clock: TestClock) -> None:
    """Escrow and backup on an empty machine: every survivor decrypts, who was erased after the backup stays erased.

    Nobody's number is given a second time, and the night goes on as if nothing had been.
    """
    numbers, late, backup_id = a_lost_ward(kept, clock)
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup_id), proven(kept))
    assert (found.done["erased_again"], found.done["newcomers_lost"], found.checked.person_keys) == (3, 3, 17)
    restored = places.served(here)
    assert opened(restored) == {number: a_line_id(number) for number in numbers[3:]}
    assert set(follow(restored, [a_line_id(99)])).isdisjoint([*numbers, *late])
    leave(restored, numbers[3:5])
    clock.forward(days=1)
    _, filed, counts = retain(restored)
    assert filed is not None
    assert (filed.certificate_no, counts["erased"]) == ("L-2026-0002", 2)
    if not is_sqlite(restored.warehouse):  # whose rows a door sees is a rule of the store, and came back with it
        ruled = rows(restored, "SELECT relname FROM pg_class WHERE relrowsecurity")
        assert {name for (name,) in ruled} == set(own_rows.SEEN)
        assert len(rows(restored, "SELECT polname FROM pg_policy")) == len(own_rows.SEEN) + 1


def test_the_log_of_certificates_and_the_access_log_go_on(kept: Office, places: Places, clock: TestClock) -> None:
    """What was certified after the backup is still in the log: the next certificate stands behind it, none forks."""
    _, _, backup_id = a_lost_ward(kept, clock)
    with reading(kept.warehouse) as warehouse:
        before, heads = certificates.leaves(warehouse), lines.heads(warehouse)
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup_id), proven(kept))
    restored = places.served(here)
    with reading(restored.warehouse) as warehouse:
        assert certificates.leaves(warehouse) == before
        assert lines.heads(warehouse) == heads
        assert audit.verify(warehouse, restored.signing_key.public_key()) > found.checked.audit_lines
        row = certificates.find(warehouse, "L-2026-0001")
    assert json.loads(row.bundle)["entries"]


def test_a_night_that_the_loss_broke_off_goes_on_to_its_certificate(
    kept_sqlite: Office, places: Places, clock: TestClock
) -> None:
    """Lost between rotation and certificate: the escrow carries the run, and the next night certifies those three."""
    handlers(kept_sqlite)
    numbers = list(follow(kept_sqlite, [a_line_id(one) for one in range(1, 11)]))
    backup = backups.make(kept_sqlite, "flow:backup")
    leave(kept_sqlite, numbers[:3])
    night = run.begin(kept_sqlite)
    run.erase_leavers(kept_sqlite, night)
    run.rotate_keys(kept_sqlite, night)
    escrow.write(kept_sqlite, "flow:retention")
    clock.forward(hours=3)
    here = places.empty(kept_sqlite)
    restoring.restore(here, wanted(kept_sqlite, backup.copy_id), proven(kept_sqlite))
    restored_place = places.served(here)
    again, filed, counts = retain(restored_place)
    assert (again, counts["erased"], counts["survivors"]) == (night, 3, 7)
    assert filed is not None
    assert checked(filed.bundle, [filed.bundle.parent / "issuer.pub.pem"]).subjects == 3


def test_a_journal_entry_erases_even_where_a_key_was_left(kept: Office, places: Places) -> None:
    """A crash between rows and keys left a key: the journal in the escrow says who is gone, and the key goes too."""
    handlers(kept)
    numbers = list(follow(kept, [a_line_id(one) for one in range(1, 6)]))
    backup = backups.make(kept, "flow:backup")
    leave(kept, numbers[:1])
    retain(kept)
    with writing(kept.vault) as vault:
        kept.person_keys.create(vault, numbers[:1])
    escrow.write(kept, "flow:retention")
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    assert (found.done["erased_again"], found.checked.person_keys) == (1, 4)
    assert numbers[0] not in opened(places.served(here))


AFTER = [
    ("sending", -1, "cancelled"),
    ("paused", -1, "cancelled"),
    ("approved", -1, "cancelled"),
    ("scheduled", -1, "cancelled"),
    ("approved", 24, "held"),
    ("scheduled", 24, "held"),
    ("held", 24, "held"),
    ("submitted", 24, "draft"),
    ("needs_decision", -1, "sent"),
    ("draft", 24, "draft"),
    ("sent", -1, "sent"),
]


def _a_broadcast(office: Office, numbers: list[int], state: str, opens_in: int) -> str:
    moment = office.now() + timedelta(hours=opens_in)
    begun = state in {"sending", "paused", "needs_decision", "sent"}
    one = a_batch(office, numbers, BATCHES.get(state, BatchState.PLANNED))
    values = {"state": state, "not_before": moment, "started_at": moment if begun else None}
    with writing(office.warehouse) as warehouse:
        warehouse.execute(update(broadcast).where(broadcast.c.broadcast_id == one).values(values))
    return one


def test_nothing_that_may_have_gone_out_goes_out_again(kept: Office, places: Places, clock: TestClock) -> None:
    """I6: what was under way or due is called off, open batches are undecided, and no list is left to send to.

    What had not begun is held for a new approval, what waited for one is a draft again.
    """
    handlers(kept)
    numbers = list(follow(kept, [a_line_id(one) for one in range(1, 6)]))
    made = [_a_broadcast(kept, numbers, state, opens_in) for state, opens_in, _ in AFTER]
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    clock.forward(minutes=30)
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    with reading(places.served(here).warehouse) as warehouse:
        rows = {row.broadcast_id: row for row in warehouse.execute(select(broadcast))}
        lists = warehouse.execute(select(batch)).all()
    assert [rows[one].state for one in made] == [after for *_, after in AFTER]
    assert all(one.members is None and one.state in {"undecided", "accepted"} for one in lists)
    changed_ones = [rows[one] for one, (state, _, after) in zip(made, AFTER, strict=True) if state != after]
    assert all(row.state_reason.startswith("restored from a backup") for row in changed_ones)
    assert all(row.ended_at is not None for row in changed_ones if row.state in {"cancelled", "sent"})
    assert found.done["broadcasts_stopped"] == len(changed_ones) == 8


BROKEN_OFF: list[tuple[object, str]] = [
    (dumps, "clear"),
    (package, "open_part"),
    (setup, "create"),
    (carried, "take_in"),
    (aftermath, "settle"),
    (restored, "advance_counters"),
    (backups, "adopt"),
    (aftermath, "verify"),
    (copies, "add_drill"),
]


def test_nothing_serves_until_the_restore_is_whole(
    kept: Office, places: Places, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed anywhere, doors and flows are refused; run again, it begins anew and comes to its end."""
    numbers, _, backup_id = a_lost_ward(kept, clock)
    here = places.empty(kept)
    for step in BROKEN_OFF:
        with monkeypatch.context() as broken:
            broken.setattr(*step, killed)
            with pytest.raises(Killed):
                restoring.restore(here, wanted(kept, backup_id), proven(kept))
        here.close()
        shut = places.served(here)
        with pytest.raises(Unavailable, match="public key"):
            Sealer(shut.inbox_public_file).seal("webhook", b"what comes meanwhile")
        for store in ("warehouse", "vault", "inbox"):
            with pytest.raises(Unavailable, match="being restored"):
                getattr(shut, store)
    restoring.restore(here, wanted(kept, backup_id), proven(kept))
    assert set(opened(places.served(here))) == set(numbers[3:])
    assert Sealer(here.inbox_public_file).seal("webhook", b"what comes now").epoch == here.box_keys.epochs()[-1]


def test_another_machine_is_refused_by_the_mark_in_the_database(
    kept: Office, places: Places, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the mark stands in the database too: a worker elsewhere, with a home of its own, is refused."""
    if kept.warehouse.dialect.name == "sqlite":
        pytest.skip("SQLite has one machine")
    _, _, backup_id = a_lost_ward(kept, clock)
    here = places.empty(kept)
    monkeypatch.setattr(aftermath, "settle", killed)
    with pytest.raises(Killed):
        restoring.restore(here, wanted(kept, backup_id), proven(kept))
    worker = places.served(changed(here, home=here.settings.home.parent / "worker"))
    with pytest.raises(Unavailable, match="being restored"):
        _ = worker.warehouse


def test_a_place_that_holds_anything_is_not_overwritten(kept: Office, places: Places, clock: TestClock) -> None:
    """A restore replaces nothing: where a store holds a row it is refused, and what is there stays."""
    numbers, late, backup_id = a_lost_ward(kept, clock)
    opener = places.served(kept)
    with pytest.raises(Refused, match="empty place"):
        restoring.restore(kept, wanted(kept, backup_id), proven(kept))
    assert set(opened(opener)) == {*numbers[3:], *late}


def test_a_lost_warehouse_comes_back_under_the_vault_that_stands(
    kept_sqlite: Office, places: Places, clock: TestClock
) -> None:
    """The vault is there and newer than the escrow: it stays, and the escrow gives only what was certified since.

    Who was erased after the escrow was made has no key any more, and stays erased.
    """
    numbers, _, backup_id = a_lost_ward(kept_sqlite, clock)
    with writing(kept_sqlite.vault) as vault:
        kept_sqlite.person_keys.destroy(vault, numbers[3:4])
    kept_sqlite.close()
    for name in ("warehouse.db", "inbox.db"):
        (kept_sqlite.settings.home / name).unlink()
    here = dataclasses.replace(kept_sqlite, restores=True)
    found = restoring.restore(here, wanted(kept_sqlite, backup_id), own_key)
    assert found.done["erased_again"] == 4
    assert set(opened(places.served(here))) == set(numbers[4:])
