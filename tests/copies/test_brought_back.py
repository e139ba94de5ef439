"""What a restore brings back of letters and surveys: no mail a second time, no token of whoever was erased since."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from tayori.certificates.log import LogHead
from tayori.errors import Tampered
from tayori.office import Office
from tayori.retention import logbook
from tayori.retention.copies import backups, beside, escrow, restoring
from tayori.retention.run import retain
from tayori.warehouse import surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.letters import letter_confirmation
from tayori.warehouse.schema.surveys import survey_spent
from tayori.warehouse.surveys import Published
from tests.copies.builders import Places, handlers, proven, wanted
from tests.support.builders import TestClock, a_line_id
from tests.support.letters import ALetter, confirmation_due, receive
from tests.support.people import follow, leave
from tests.surveys.builders import a_survey

SURVEY = json.dumps(a_survey(anonymous=True))


def test_a_confirmation_of_the_backup_is_not_sent_again(kept: Office, places: Places, clock: TestClock) -> None:
    """It may have gone out since; the writer saw the receipt number on the screen."""
    handlers(kept)
    (number,) = receive(kept, ALetter(done_on=None))
    confirmation_due(kept, number)
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    clock.forward(minutes=10)
    here = places.empty(kept)
    found = restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    assert found.done["confirmations_dropped"] == 1
    with reading(places.served(here).warehouse) as people:
        assert people.execute(select(func.count()).select_from(letter_confirmation)).scalar_one() == 0


@pytest.mark.parametrize("leaves", [True, False])
def test_a_spent_token_comes_back_only_of_those_who_stayed(
    kept: Office, places: Places, clock: TestClock, *, leaves: bool
) -> None:
    """L14: whoever was erased after the backup is told by no token, although the survey's key came back too."""
    handlers(kept)
    kept.survey_keys.make("library")
    numbers = list(follow(kept, [a_line_id(1), a_line_id(2)]))
    tokens = [kept.survey_keys.token("library", kept.index.of_line_id(a_line_id(one))) for one in (1, 2)]
    asked = Published("library", anonymous=True, definition=SURVEY, state=surveys.OPEN, closes_on=date(2026, 12, 31))
    with writing(kept.warehouse) as people:
        surveys.publish(people, asked, kept.now())
        surveys.spend(people, "library", tokens, kept.now() + timedelta(days=30))
    backup = backups.make(kept, "flow:backup")
    clock.forward(hours=1)
    if leaves:
        leave(kept, numbers[:1])
    retain(kept)
    escrow.write(kept, "flow:retention")
    here = places.empty(kept)
    restoring.restore(here, wanted(kept, backup.copy_id), proven(kept))
    with reading(places.served(here).warehouse) as people:
        left = {bytes(one) for one in people.execute(select(survey_spent.c.token)).scalars()}
    assert left == set(tokens[1:] if leaves else tokens)


def test_what_only_the_ward_could_write_again_comes_back(kept: Office, places: Places, clock: TestClock) -> None:
    """Closing days, letterhead and the heads of the log; what stands in the new place already stays as it is."""
    handlers(kept)
    leave(kept, follow(kept, [a_line_id(1)]))
    retain(kept)
    with reading(kept.warehouse) as warehouse:
        logbook.keep_head(kept, logbook.head_now(kept, warehouse, kept.now()))
    home = kept.settings.home
    (head,) = (home / "log-heads").iterdir()
    said = {"closing_days.yaml": "休庁日", f"log-heads/{head.name}": head.read_text("ascii")}
    further = {"answer_letterhead.yaml": "控えの発信者", "log-heads/note.txt": "x", "x.yaml": "x"}
    for name, text in (said | further).items():
        (home / name).write_text(text, "utf-8")
    backup = backups.make(kept, "flow:backup")
    escrow.write(kept, "flow:retention")
    clock.forward(minutes=10)
    here = places.empty(kept)
    here.settings.home.mkdir(parents=True, exist_ok=True)
    (here.settings.home / "answer_letterhead.yaml").write_text("今の発信者", "utf-8")
    assert restoring.restore(here, wanted(kept, backup.copy_id), proven(kept)).done["files_put_back"] == 2
    there = here.settings.home
    assert {name: (there / name).read_text("utf-8") for name in said} == said
    assert (there / "answer_letterhead.yaml").read_text("utf-8") == "今の発信者"
    assert not (there / "x.yaml").exists()
    assert not (there / "log-heads" / "note.txt").exists()


def test_a_head_handed_out_while_a_backup_is_made_is_not_ahead_of_its_log(
    kept_sqlite: Office, places: Places, clock: TestClock
) -> None:
    """A restore goes through where the escrow is older than what was issued: no head comes back ahead of its log."""
    handlers(kept_sqlite)
    leave(kept_sqlite, follow(kept_sqlite, [a_line_id(1)]))
    medium = kept_sqlite.settings.escrow_folder
    assert medium is not None
    heads: list[LogHead] = []

    def hand_out(*_: object) -> None:
        if not heads and list(kept_sqlite.settings.scratch.glob(".snapshot-warehouse*")):
            heads.append(LogHead(0, "", ""))  # what follows gives connections back, too
            escrow.write(kept_sqlite, "flow:retention")
            medium.rename(medium.with_name("away"))
            retain(kept_sqlite)
            medium.with_name("away").rename(medium)
            with reading(kept_sqlite.warehouse) as warehouse:
                heads.append(logbook.head_now(kept_sqlite, warehouse, kept_sqlite.now()))
            logbook.keep_head(kept_sqlite, heads[-1])

    event.listen(kept_sqlite.warehouse, "checkin", hand_out)
    backup = backups.make(kept_sqlite, "flow:backup")
    event.remove(kept_sqlite.warehouse, "checkin", hand_out)
    assert heads[-1].size
    clock.forward(minutes=10)
    here = places.empty(kept_sqlite)
    assert restoring.restore(here, wanted(kept_sqlite, backup.copy_id), proven(kept_sqlite)).checked.log_leaves == 0


@pytest.mark.parametrize("name", ["../closing_days.yaml", "kek.json", "log-heads/../kek.jws", "/closing_days.yaml"])
def test_a_name_that_is_none_of_ours_is_not_written(sqlite_office: Office, name: str) -> None:
    """A part that somebody else sealed writes nowhere but where such files lie."""
    before = sorted(sqlite_office.settings.home.rglob("*"))
    with pytest.raises(Tampered, match="none of ours"):
        beside.put_back(sqlite_office, json.dumps({name: b"x".hex()}).encode())
    assert sorted(sqlite_office.settings.home.rglob("*")) == before
