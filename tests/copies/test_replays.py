"""What a restored place meets again: rows of the inbox, days of plans; nothing twice, nobody from the dead."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tayori.broadcast import plans
from tayori.domain.identifiers import HandlerId
from tayori.office import Office
from tayori.retention.copies import backups, escrow, restoring
from tayori.staffing import appoint
from tayori.vault.roster import NewHandler
from tayori.warehouse import people
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.kinds import occurrence
from tayori.warehouse.schema.stores import inbox_row
from tests.broadcast import builders as sending
from tests.broadcast.kinds import a_plan
from tests.copies.builders import PASSPHRASE, Places, handlers, proven, wanted
from tests.copies.test_ledger import of_contractor
from tests.ingest.builders import an_event, deliver, take_in
from tests.support.builders import TestClock


def waiting(office: Office) -> int:
    with reading(office.inbox) as inbox:
        return len(inbox.execute(select(inbox_row.c.inbox_no)).all())


def test_an_event_that_waited_at_the_backup_is_applied_once(kept: Office, places: Places, clock: TestClock) -> None:
    """One event was applied, one waited: after the restore the first is recognised, the second is taken in."""
    handlers(kept)
    deliver(kept, an_event(person=1))
    take_in(kept)
    deliver(kept, an_event(person=2))
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    clock.forward(minutes=10)
    here = places.empty(kept)
    restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    restored = places.served(here)
    assert waiting(restored) == 1
    deliver(restored, an_event(person=1))
    take_in(restored)
    with reading(restored.warehouse) as warehouse:
        assert people.count_people(warehouse) == 2


def test_what_is_sealed_to_a_key_that_is_gone_is_dropped(kept: Office, places: Places, clock: TestClock) -> None:
    """It was taken in before its box key was destroyed: a late follow of somebody erased since never comes to life."""
    handlers(kept)
    deliver(kept, an_event(person=1))
    backup = backups.make(kept, "flow:backup")
    take_in(kept)
    kept.box_keys.renew(kept.now())
    kept.box_keys.destroy(1)
    escrow.write(kept, "flow:retention")
    clock.forward(minutes=10)
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    restored = places.served(here)
    assert (found.done["rows_unopenable"], waiting(restored)) == (1, 0)
    with reading(restored.warehouse) as warehouse:
        assert people.count_people(warehouse) == 0


@pytest.mark.parametrize("late", ["skip", "send"])
def test_a_plans_day_between_backup_and_now_is_not_made_again(
    kept_sqlite: Office, places: Places, clock: TestClock, late: str
) -> None:
    """The broadcast of that day went out before the loss: the day is noted as missed, the next one is made as ever."""
    ward = handlers(kept_sqlite)
    sending.residents(kept_sqlite, 12)
    chief = of_contractor(kept_sqlite)
    approver = NewHandler(HandlerId("approver"), "模擬 承認", ["approver"], "甲", date(2026, 11, 1))
    staff = sending.Staff(ward, appoint(kept_sqlite, chief, approver, PASSPHRASE))
    plan = a_plan(kept_sqlite, staff, late=late)
    backup = backups.make(kept_sqlite, "flow:backup")
    escrow.write(kept_sqlite, "flow:retention")
    clock.forward(days=1)
    assert len(plans.make_due(kept_sqlite).made) == 1
    clock.forward(minutes=5)
    here = places.empty(kept_sqlite)
    found = restoring.restore(here, wanted(kept_sqlite, backup.copy_id), proven(kept_sqlite))
    restored = places.served(here)
    assert found.done["plan_days_noted"] == 1
    assert plans.make_due(restored).made == ()
    with reading(restored.warehouse) as warehouse:
        noted = warehouse.execute(select(occurrence.c.outcome).where(occurrence.c.standing_id == plan)).scalars().all()
        assert warehouse.execute(select(broadcast.c.broadcast_id)).all() == []
    assert noted == ["missed"]
    clock.forward(hours=23, minutes=50)
    assert len(plans.make_due(restored).made) == 1
    assert restored.now() - kept_sqlite.now() == timedelta(0)
