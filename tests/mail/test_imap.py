"""A folder of a real IMAP server: mails are read without a mark, and marked and moved only when they are committed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from imapclient import IMAPClient

from expectations.gate import gate
from sandbox.mails.corpus import corpus
from sandbox.mails.writing import TEXT, mail
from tayori.errors import NotFound, Unavailable
from tayori.ingest.mail import ingest_mail
from tayori.office import Office
from tests.ingest.builders import rows
from tests.mail.builders import DONE, MAPPING
from tests.support.builders import START
from tests.support.dovecot import PASSWORD, USER, MailServer, program, running_dovecot
from tests.support.opened import opened

pytestmark = pytest.mark.dovecot
YESTERDAY = START - timedelta(days=1)
NO_MOVE = "IMAP4rev1 SASL-IR LITERAL+ UIDPLUS NAMESPACE"


@pytest.fixture(params=["", NO_MOVE], ids=["all", "without-move"])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    """Give a server that can do everything, and one that has to copy."""
    if program() is None:
        pytest.skip("dovecot is not installed")
    with running_dovecot(request.param) as started:
        yield started


def deliver(server: MailServer, *mails: bytes, arrived: datetime = YESTERDAY) -> None:
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        for raw in mails:
            client.append("INBOX", raw, msg_time=arrived)


def held(server: MailServer, folder: str) -> list[tuple[bytes, ...]]:
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        if not client.folder_exists(folder):
            return []
        client.select_folder(folder, readonly=True)
        return [tuple(told[b"FLAGS"]) for told in client.fetch(client.search(), ["FLAGS"]).values()]


def test_what_was_taken_in_is_deleted_from_the_server_after_its_days(sqlite_office: Office, server: MailServer) -> None:
    """By the day of arrival; a younger mail stays, and so does one that somebody moved there unread."""
    old, younger = YESTERDAY - timedelta(days=15), YESTERDAY
    deliver(server, mail(TEXT), arrived=old)
    deliver(server, mail("新しい意見です。"), arrived=younger)
    first = ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert (first.recorded, first.cleared, len(held(server, DONE))) == (2, 0, 2)  # not before another night's backup
    second = ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert (second.read, second.cleared, len(held(server, DONE))) == (0, 1, 1)
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.append(DONE, mail("だれも読んでいない意見です。"), msg_time=old)
    again = ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert (again.read, again.cleared, again.left_behind.total()) == (0, 0, 1)
    assert len(held(server, DONE)) == 2


def test_mails_come_in_and_are_moved_when_they_are_committed(sqlite_office: Office, server: MailServer) -> None:
    """Every mail of the corpus comes in from a real server; the folder is empty afterwards, the other one full."""
    raws = [one.raw for one in corpus()]
    deliver(server, *raws)
    counts = ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert counts.read == len(raws)
    assert counts.recorded > 100
    assert held(server, "INBOX") == []
    moved = held(server, DONE)
    assert len(moved) == len(raws)
    assert all(b"\\Seen" in flags for flags in moved)
    assert ingest_mail(sqlite_office, server.url(), MAPPING, gate).read == 0


def test_the_day_of_receipt_is_the_servers_and_tokyos(sqlite_office: Office, server: MailServer) -> None:
    """Not the writer's clock but the server's says when a mail arrived, by Tokyo's day."""
    late = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)
    deliver(server, mail(TEXT, Date="Thu, 01 Jan 1998 00:00:00 +0900"), arrived=late)
    ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert str(opened(sqlite_office)[0]["received_on"]) == "2026-11-01"


def test_nothing_is_marked_where_nothing_could_be_committed(sqlite_office: Office, server: MailServer) -> None:
    """With the keys gone the mails stay in their folder, without the mark that somebody saw them."""
    deliver(server, mail(TEXT), mail(TEXT, Message_ID="<2@a>"))
    sqlite_office.kek_path.unlink()
    with pytest.raises(Unavailable):
        ingest_mail(sqlite_office, server.url(), MAPPING, gate)
    assert [b"\\Seen" in flags for flags in held(server, "INBOX")] == [False, False]
    assert rows(sqlite_office, "SELECT count(*) FROM opinion_case") == [(0,)]


def test_a_server_that_refuses_is_told_without_its_address(sqlite_office: Office, server: MailServer) -> None:
    """A wrong password, a folder that is not there, a server that is gone: each a sentence, none with the password."""
    for url, error in (
        (server.url().replace(PASSWORD, "wrong"), Unavailable),
        (server.url("nowhere"), NotFound),
        ("imap://desk:wrong@127.0.0.1:9/INBOX", Unavailable),
    ):
        with pytest.raises(error) as refused:
            ingest_mail(sqlite_office, url, MAPPING, gate)
        assert "wrong" not in refused.value.sentence
        assert PASSWORD not in refused.value.sentence
