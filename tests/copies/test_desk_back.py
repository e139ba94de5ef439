"""What the desk said of done cases comes back with the backup that it is in: fields, reasons, what answers said."""

from datetime import date

from sqlalchemy import update

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.settle import settle
from tayori.desk import fields, lateness
from tayori.domain.answering import Lateness
from tayori.domain.identifiers import HandlerId
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.retention.copies import backups, escrow, restoring
from tayori.staffing import appoint
from tayori.vault.roster import NewHandler, unlock
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import desk_case
from tayori.warehouse.schema.opinions import opinion_case
from tests.copies.builders import CHIEF, PASSPHRASE, Places, handlers, proven, wanted
from tests.desk.builders import a_letter

MONTH = "2026-10"


def test_fields_and_reasons_come_back(kept: Office, places: Places) -> None:
    """The restored office counts as the lost one did, and asks nobody again."""
    handlers(kept)
    with reading(kept.warehouse) as people:
        chief = unlock(people, kept.handlers_folder, CHIEF, PASSPHRASE, kept.today())
    desk = NewHandler(HandlerId("hanako"), "模擬 花子", ["desk"], "甲", date(2026, 11, 1))
    hanako = appoint(kept, chief, desk, PASSPHRASE)
    receipt_no = a_letter(kept, opinion="前に書いたことの続きです。")
    with writing(kept.warehouse) as people:
        people.execute(update(opinion_case).values(state=CaseState.ANSWERED, done_on=date(2026, 10, 30)))
        people.execute(update(desk_case).values(response="done", answered_as="planned"))
    mask_done_cases(kept)
    settle(kept)
    fields.decide_field(kept, hanako, receipt_no, "公園・みどり")
    lateness.explain(kept, hanako, receipt_no, Lateness.POLICY)
    before = facts_of(kept, MONTH, MONTH)
    assert before[["theme", "measure", "outcome", "lateness"]].to_numpy().tolist() == [
        ["公園・みどり", "planned", "done", "policy"]
    ]
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    here = places.empty(kept)
    restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    restored = places.served(here)
    assert facts_of(restored, MONTH, MONTH).equals(before)
    assert fields.waiting(restored) == []
    assert lateness.unexplained(restored) == []
