"""Mails come in as letters: read, judged, committed, and only then marked as seen and moved (O1).

What no resident wrote - bounces, receipts, automatic answers - is no letter and is not thrown away either: it waits,
sealed, in quarantine under a rule that says what it is, so that somebody sees that an answer did not arrive.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tayori.errors import Refused
from tayori.ingest.intake import Intake, OpinionCounts, Progress
from tayori.ingest.sources.files import ORIGINAL, LetterFile
from tayori.ingest.sources.frame import ITEMS, opinion_frame
from tayori.ingest.sources.mail.boxes import Box, WaitingMail, host_of, opened_box
from tayori.ingest.sources.mail.mapping import MailMapping
from tayori.ingest.sources.mail.message import ReadMail, read_mail
from tayori.ingest.sources.mail.reports import MailKind
from tayori.ingest.verdict import Gate
from tayori.mail import is_nobodys
from tayori.office import TOKYO, Office
from tayori.settings import Mode

CHANNEL: Final = "email"
ROW_DIGITS: Final = 12
RULES: Final[Mapping[MailKind, str]] = {
    MailKind.BOUNCE: "mail_is_a_bounce",
    MailKind.DELAY: "mail_is_a_notice_of_delay",
    MailKind.DELIVERED: "mail_is_a_notice_of_delivery",
    MailKind.RECEIPT: "mail_is_a_receipt",
    MailKind.AUTO_REPLY: "mail_is_an_automatic_answer",
}
TOO_LARGE: Final = "mail_is_too_large"


def ingest_mail(
    office: Office, url: str, mapping: MailMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in the mails that wait in a box. Killed anywhere, the next run takes in what is missing and nothing twice.

    Raises:
        BadInput, NotFound, Unavailable: the box cannot be opened or breaks off; what was taken in stays.
        Refused: a rehearsal, and the box is on a real server: what residents wrote would be moved into a dummy world.

    """
    host = host_of(url)
    if office.settings.mode is Mode.REHEARSAL and host is not None and not is_nobodys(host):
        raise Refused("A rehearsal reads mails from here or from hosts reserved for examples only; nothing was read.")
    with opened_box(url, mapping.done) as box:
        return ingest_box(office, box, mapping, gate, on_progress)


def ingest_box(
    office: Office, box: Box, mapping: MailMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in the mails of an opened box; see `ingest_mail`."""
    intake = Intake(office, mapping.name, gate, on_progress)
    for block in box.blocks():
        read = [(mail, read_mail(mail.raw)) for mail in block]
        _take(office, intake, mapping, read)
        box.file_away([mail.place for mail in block])
    if box.too_large:
        intake.counts.left_behind[TOO_LARGE] += box.too_large
    return intake.counts


def _take(office: Office, intake: Intake, mapping: MailMapping, read: Sequence[tuple[WaitingMail, ReadMail]]) -> None:
    letters = [_row(mapping, mail, said) for mail, said in read if said.kind is MailKind.LETTER]
    others = [(_row(mapping, mail, said), RULES[said.kind]) for mail, said in read if said.kind in RULES]
    files = {said.key: (LetterFile(ORIGINAL, "mail.eml", "message/rfc822", mail.raw),) for mail, said in read}
    columns = {item: [row[item] for row in letters] for item in ITEMS}
    with office.writing_people() as stores:
        if letters:
            intake.take(stores, opinion_frame([row["row"] or "" for row in letters], columns), files)
        if others:
            intake.refuse(stores[0], others, files)


def _row(mapping: MailMapping, mail: WaitingMail, said: ReadMail) -> dict[str, str | None]:
    return {
        "row": said.key[:ROW_DIGITS],
        "source_key": said.key,
        "received_on": mail.arrived.astimezone(TOKYO).date().isoformat(),
        "channel": CHANNEL,
        "addressee": mapping.addressee(said.to),
        "answer_wanted": mapping.answer_wanted,
        "department": mapping.department,
        "kind": None,
        "name": said.name or None,
        "postal_code": None,
        "address": None,
        "telephone": None,
        "email": said.address or None,
        "fax": None,
        "opinion": _opinion(said),
    }


def _opinion(said: ReadMail) -> str | None:
    """Give what a mail says: its subject, its text, and a note of ours where the text is in what is attached."""
    subject = f"件名：{said.subject}" if said.subject else ""
    note = f"〔添付ファイル{said.files}件〕" if said.files else ""
    return "\n\n".join(part for part in (subject, said.text, note) if part) or None
