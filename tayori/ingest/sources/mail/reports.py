"""Mails that no resident wrote: bounces (RFC 3464, or as servers please), receipts, automatic answers (RFC 3834)."""

import logging
from contextlib import suppress
from enum import StrEnum
from typing import Final

from flufl.bounce import all_failures

from tayori.ingest.sources.mail.headers import Parsed, addresses, header, token
from tayori.ingest.sources.mail.history import habits

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # its tracebacks may hold what a mail says


class MailKind(StrEnum):
    """Who wrote a mail: a person, or which program."""

    LETTER = "letter"
    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    RECEIPT = "receipt"
    AUTO_REPLY = "auto_reply"


_SERVERS: Final = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"})
_ACTIONS: Final = {
    "failed": MailKind.BOUNCE,
    "delayed": MailKind.DELAY,
    "delivered": MailKind.DELIVERED,
    "relayed": MailKind.DELIVERED,
    "expanded": MailKind.DELIVERED,
}
_GRAVEST: Final = (MailKind.BOUNCE, MailKind.DELAY, MailKind.DELIVERED)
_ANSWERS: Final = frozenset({"auto-replied", "auto-notified"})


def kind_of(message: Parsed) -> MailKind:
    """Tell who wrote a mail. In doubt it is a person: a form's mail is `auto-generated`, and a letter all the same."""
    if message.get_content_type() == "multipart/report":
        return _report(message)
    if _from_a_server(message) and _is_bounce(message):
        return MailKind.BOUNCE
    return MailKind.AUTO_REPLY if _is_auto_reply(message) else MailKind.LETTER


def _report(message: Parsed) -> MailKind:
    asked = str(message.get_param("report-type") or "").lower()
    if asked == "disposition-notification":
        return MailKind.RECEIPT
    actions = {_ACTIONS.get(word) for word in _actions(message)}
    return next((kind for kind in _GRAVEST if kind in actions), MailKind.BOUNCE)


def _actions(message: Parsed) -> list[str]:
    """Give the actions that a delivery status tells, one for each recipient (RFC 3464, 2.3.3)."""
    status = (part for part in message.walk() if part.get_content_type() == "message/delivery-status")
    return [token(block, "Action") for part in status for block in part.walk()]


def _from_a_server(message: Parsed) -> bool:
    if header(message, "Return-Path") == "<>":
        return True
    senders = [address.partition("@")[0] for _, address in addresses(message, "From")]
    shown = [name.lower() for name, _ in addresses(message, "From")]
    return bool(_SERVERS & set(senders)) or any("mail delivery" in name for name in shown)


def _is_bounce(message: Parsed) -> bool:
    with suppress(Exception):  # its detectors meet mails that nobody foresaw; then the mail is a person's
        return any(all_failures(message))
    return False


def _is_auto_reply(message: Parsed) -> bool:
    if token(message, "Auto-Submitted") in _ANSWERS or token(message, "Precedence") == "auto_reply":
        return True
    if header(message, "X-Autoreply") or header(message, "X-Autorespond"):
        return True
    answers = header(message, "In-Reply-To") or header(message, "References") or _from_a_server(message)
    return bool(answers) and habits().auto_reply_subject.match(header(message, "Subject").lstrip("【[")) is not None
