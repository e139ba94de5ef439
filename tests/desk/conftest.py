"""What tests of the desk share: an office with its staff, and a mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.office import Office
from tests.desk.builders import Staff, the_staff
from tests.support.builders import TestClock, an_office
from tests.support.mail_desk import MailDesk, running_desk


@pytest.fixture
def staff(office: Office) -> Staff:
    """Give the staff of an office on either store."""
    return the_staff(office)


@pytest.fixture
def mail_desk() -> Iterator[MailDesk]:
    """Give a running mail server."""
    with running_desk() as desk:
        yield desk


@pytest.fixture
def mailing(tmp_path: Path, clock: TestClock, mail_desk: MailDesk) -> Iterator[Office]:
    """Give an office that sends its mail to that server."""
    opened = an_office(tmp_path / "home", clock, smtp_url=mail_desk.url, alarm_mail_to="desk@example.jp")
    yield opened
    opened.close()
