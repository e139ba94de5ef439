"""What people decided about doubts comes back with the copies they are in: nothing is asked twice, no mask is lost."""

from datetime import date

from tayori.analysis.doubts import decide
from tayori.domain.identifiers import HandlerId
from tayori.office import Office
from tayori.retention.copies import backups, escrow, restoring
from tayori.staffing import appoint
from tayori.vault.roster import NewHandler, unlock
from tayori.warehouse import doubts as queue
from tayori.warehouse.doubts import Decision
from tayori.warehouse.engines import reading
from tests.copies.builders import CHIEF, PASSPHRASE, Places, handlers, proven, wanted
from tests.opinions.test_second_pass import TWICE, copy_of, letters, read


def test_decisions_and_masks_come_back(kept: Office, places: Places) -> None:
    """After a restore a reader sees the masked copy, and only what still waits is asked."""
    handlers(kept)
    with reading(kept.warehouse) as people:
        chief = unlock(people, kept.handlers_folder, CHIEF, PASSPHRASE, kept.today())
    (number,) = letters(kept, f"{TWICE}甲乙丙。")
    read(kept)
    desk = NewHandler(HandlerId("hanako"), "模擬 花子", ["desk"], "甲", date(2026, 11, 1))
    hanako = appoint(kept, chief, desk, PASSPHRASE)
    decide(kept, hanako, 1, Decision.NAME)
    decide(kept, hanako, 2, Decision.NO_NAME)
    copy = copy_of(kept, number)
    with reading(kept.warehouse) as people:
        before = queue.listed(people, everything=True)
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    here = places.empty(kept)
    restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    restored = places.served(here)
    with reading(restored.warehouse) as people:
        assert queue.listed(people, everything=True) == before
    assert copy_of(restored, number) == copy
    assert read(restored, "well", "0", "stand-in 2", again=True) == (1, 0)
