"""A head that was handed out binds the house too: a log that does not go on from it issues nothing more (P12)."""

import pytest
from sqlalchemy import delete

from tayori.certificates.jws import Signer
from tayori.certificates.log import signed_head
from tayori.errors import Tampered
from tayori.office import Office
from tayori.retention import log_sheet, logbook
from tayori.retention.run import retain
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.certificates import certificate_settling
from tayori.warehouse.schema.records import certificate, log_leaf
from tests.support.builders import a_line_id
from tests.support.people import follow, leave

pytestmark = pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)


def a_night(office: Office, *numbers: int) -> None:
    """Some come, leave and are forgotten."""
    leave(office, list(follow(office, [a_line_id(number) for number in numbers])))
    retain(office)


def issue(office: Office) -> list[bytes]:
    """What stands before every document that is issued: the log, if it is whole."""
    with reading(office.warehouse) as warehouse:
        return logbook.whole_log(office, warehouse)


def test_the_head_that_was_handed_out_is_kept(sqlite_office: Office) -> None:
    """It lies here as 甲 has it, and the log that goes on from it goes on issuing."""
    a_night(sqlite_office, 1, 2)
    head = log_sheet.sheet_now(sqlite_office).head
    assert logbook.heads_out(sqlite_office) == [head.token]
    a_night(sqlite_office, 3)
    assert len(issue(sqlite_office)) > head.size


def test_a_log_cut_back_with_its_bundles_is_refused(sqlite_office: Office) -> None:
    """Who takes the last certificate out of every table is told by the head that is outside."""
    a_night(sqlite_office, 1, 2)
    a_night(sqlite_office, 3)
    log_sheet.sheet_now(sqlite_office)
    with writing(sqlite_office.warehouse) as warehouse:
        for table in (log_leaf, certificate_settling, certificate):
            warehouse.execute(delete(table).where(table.c.certificate_no == "L-2026-0002"))
    with pytest.raises(Tampered, match="two logs"):
        issue(sqlite_office)


def test_a_head_that_is_brought_back_is_asked_too(sqlite_office: Office) -> None:
    """One of a fork, signed with our key; and one that was not signed here."""
    a_night(sqlite_office, 1)
    fork = signed_head([b"another leaf" * 3], Signer(sqlite_office.signing_key), sqlite_office.now())
    logbook.keep_head(sqlite_office, fork)
    with pytest.raises(Tampered, match="two logs"):
        issue(sqlite_office)
    (path,) = (sqlite_office.settings.home / logbook.HEADS).iterdir()
    path.write_text("not a head", "ascii")
    with pytest.raises(Tampered, match="no head"):
        issue(sqlite_office)
