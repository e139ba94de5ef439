"""Mails come in as letters: read, judged, committed, and only then marked as seen and moved (O1).

What no resident wrote - bounces, receipts, automatic answers - is no letter and is not thrown away either: it waits,
sealed, in quarantine under a rule that says what it is, so that somebody sees that an answer did not arrive.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from tayori.ingest.intake import Intake, OpinionCounts, Progress, row_number
from tayori.ingest.sources.files import ORIGINAL, LetterFile
from tayori.ingest.sources.frame import ITEMS, opinion_frame
from tayori.ingest.sources.mail.boxes import Box, WaitingMail, host_of, opened_box
from tayori.ingest.sources.mail.mapping import MailMapping
from tayori.ingest.sources.mail.message import ReadMail, read_mail
from tayori.ingest.sources.mail.reports import MailKind
from tayori.ingest.verdict import Gate
from tayori.mail import require_nobodys
from tayori.office import TOKYO, Office
from tayori.warehouse import opinions, quarantine
from tayori.warehouse.engines import reading

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
UNKNOWN: Final = "mail_was_filed_and_is_not_known_here"
UNDECIDED: Final = "mail_was_set_aside_and_nobody_decided"


def ingest_mail(
    office: Office, url: str, mapping: MailMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in the mails that wait in a box. Killed anywhere, the next run takes in what is missing and nothing twice.

    Raises:
        BadInput, NotFound, Unavailable: the box cannot be opened or breaks off; what was taken in stays.
        Refused: a rehearsal, and the box is on a real server: what residents wrote would be moved into a dummy world.

    """
    require_nobodys(office.settings, host_of(url), "mails")
    with opened_box(url, mapping.done) as box:
        counts, taken = _take_in(office, box, mapping, gate, on_progress)
        _clear_filed(office, box, mapping, counts, taken)
        return counts


def _take_in(
    office: Office, box: Box, mapping: MailMapping, gate: Gate, on_progress: Progress | None
) -> tuple[OpinionCounts, set[str]]:
    """Take in the mails of an opened box; give the keys of those that were read, too."""
    intake, taken = Intake(office, mapping.name, gate, on_progress), set[str]()
    for block in box.blocks():
        read = [(mail, read_mail(mail.raw)) for mail in block]
        _take(office, intake, mapping, read)
        box.file_away([mail.place for mail in block])
        taken.update(said.key for _, said in read)
    if box.too_large:
        intake.counts.left_behind[TOO_LARGE] += box.too_large
    return intake.counts, taken


def _clear_filed(office: Office, box: Box, mapping: MailMapping, counts: OpinionCounts, taken: set[str]) -> None:
    """Delete from the folder of what was taken in what arrived more than `done_days` ago, and count it.

    A mail is deleted only where it is known here: a case, a count, disposed of, or set aside and decided on;
    what no resident wrote also where nobody did. Anything else - put there by hand, taken in before a backup was
    restored, a letter whose time in quarantine ran out - may be the only one there is: it stays and is told. What was
    `taken` in by this very reading, however old it is, stays until another, so that a backup comes in between.
    """
    for block in box.filed(office.now() - timedelta(days=mapping.done_days)):
        read = [(mail, read_mail(mail.raw)) for mail in block]
        stays = _not_to_be_deleted(office, mapping.name, [said for _, said in read])
        places = [mail.place for mail, said in read if said.key not in stays.keys() | taken]
        box.delete_filed(places)
        counts.cleared += len(places)
        counts.left_behind.update(stays[said.key] for _, said in read if said.key in stays.keys() - taken)


def _not_to_be_deleted(office: Office, source: str, mails: Sequence[ReadMail]) -> dict[str, str]:
    """Give the keys of the mails that may be the only ones there are, each with the reason."""
    indexes = {said.key: office.index.of_source_key(source, said.key) for said in mails}
    rows = {said.key: row_number(said.key[:ROW_DIGITS]) for said in mails}
    with reading(office.warehouse) as people:
        came = set(opinions.marks_of_cases(people, list(indexes.values())))
        came |= opinions.counted_before(people, list(indexes.values()))
        aside = quarantine.states_of(people, source, list(rows.values()))
    return {
        said.key: UNDECIDED if rows[said.key] in aside else UNKNOWN
        for said in mails
        if indexes[said.key] not in came and not _is_over(said.kind, aside.get(rows[said.key]))
    }


def _is_over(kind: MailKind, state: str | None) -> bool:
    """Whether what was set aside needs nobody any more; `state` is None where it was not."""
    return state in quarantine.DECIDED or (state is not None and kind in RULES)


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
