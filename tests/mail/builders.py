"""Mailboxes for tests: a Maildir filled with mails, and what the ward's mapping says of them."""

from collections.abc import Iterable
from pathlib import Path

from expectations.gate import gate
from tayori.domain.evidence import Evidence, Purpose
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.mail import ingest_mail
from tayori.ingest.sources.mail.mapping import MailMapping
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse.engines import driver_cursor, reading, writing
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


def opened(office: Office, table: str = "opinion_case") -> list[dict[str, object]]:
    """Give every case, or every file of a letter, opened."""
    with reading(office.warehouse) as people:
        cursor = driver_cursor(people)
        cursor.execute(f"SELECT * FROM {table} ORDER BY case_no")  # noqa: S608 - a table of ours
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    with writing(office.warehouse) as log:
        evidence = Evidence("test", Purpose.INSPECTION)
        recorded = record(log, evidence, Action.OPEN, "letters of a test", count=len(rows), now=office.now())
    with reading(office.vault) as vault:
        return open_cases(vault, office.case_keys, table, rows, recorded)
