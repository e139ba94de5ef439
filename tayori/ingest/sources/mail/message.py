"""One mail as a letter: who wrote it, to whom, what they say. Reading never fails; what is doubtful is counted."""

import hashlib
from dataclasses import dataclass, field
from email.errors import MessageError
from email.parser import BytesParser
from email.policy import compat32

from tayori.ingest.sources.mail.body import attachments, body
from tayori.ingest.sources.mail.headers import Parsed, addresses, header
from tayori.ingest.sources.mail.history import parted
from tayori.ingest.sources.mail.reports import MailKind, kind_of


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as it was read.

    `key` is a digest of its bytes: the same mail twice has one key, two mails never. `text` is what the writer wrote,
    `history` what they answer to; `unreadable` counts the signs marked 〓; `files` the attachments.
    """

    key: str
    kind: MailKind
    name: str = field(repr=False)
    address: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    history: str = field(repr=False)
    files: int
    unreadable: int


def read_mail(raw: bytes) -> ReadMail:
    """Read a mail's bytes, whatever they are."""
    message = BytesParser(policy=compat32).parsebytes(raw)
    read = body(message)
    text, history = parted(read.text)
    name, address = next(iter(addresses(message, "From")), ("", ""))
    to = dict.fromkeys(mail for _, mail in addresses(message, *_RECIPIENTS) if mail)
    return ReadMail(
        key=hashlib.sha256(raw).hexdigest()[:32],
        kind=_kind(message),
        name=name if name.lower() != address else "",
        address=address,
        to=tuple(to),
        subject=header(message, "Subject"),
        text=text.strip(),
        history=history,
        files=attachments(message),
        unreadable=read.unreadable,
    )


_RECIPIENTS = ("Delivered-To", "X-Original-To", "To", "Cc")


def _kind(message: Parsed) -> MailKind:
    try:
        return kind_of(message)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        return MailKind.LETTER
