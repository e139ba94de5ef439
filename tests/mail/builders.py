"""Mailboxes for tests: a Maildir filled with mails, and what the ward's mapping says of them."""

from collections.abc import Iterable
from pathlib import Path

from expectations.gate import gate
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.mail import ingest_mail
from tayori.ingest.sources.mail.mapping import MailMapping
from tayori.office import Office
from tests.support.builders import START

DONE = "取込済"
MAPPING = MailMapping(
    name="区のメール窓口",
    done=DONE,
    addressees={"kucho@city.example.lg.jp": "mayor", "info@city.example.lg.jp": "department"},
    otherwise="unknown",
    answer_wanted="unknown",
    department=None,
)


def a_maildir(folder: Path, mails: Iterable[bytes], first: int = 1) -> Path:
    """Make or fill a Maildir; each mail arrived a minute after the one before it."""
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(mails, first):
        arrived = int(START.timestamp()) - 86_400 + number * 60
        (folder / "new" / f"{arrived}.M{number}P1.box").write_bytes(raw)
    return folder


def waiting(folder: Path) -> int:
    """How many mails wait in a Maildir."""
    return sum(1 for part in ("new", "cur") for _ in (folder / part).iterdir())


def filed(folder: Path) -> list[Path]:
    """Give the mails that were moved to the folder of what was taken in."""
    done = folder / f".{DONE}" / "cur"
    return sorted(done.iterdir()) if done.is_dir() else []


def take_in(office: Office, folder: Path, mapping: MailMapping = MAPPING) -> OpinionCounts:
    """Take in a Maildir."""
    return ingest_mail(office, f"maildir://{folder}", mapping, gate)
