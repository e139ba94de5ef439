"""Mail: alarms to the ward's desk, receipts and answers to one person each. Plain SMTP leaves here under TLS (L8)."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from tayori.errors import BadInput, Refused, Unavailable
from tayori.settings import Mode, Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE_SECONDS = 20
FOR_EVER = 500  # SMTP: 4xx may pass, 5xx will not
PERHAPS_SENT = "The mail server fell silent in the middle of a mail, and may have taken it; look at its log."
NOT_SENT = "The mail server cannot be reached or refused the mail; check TAYORI_SMTP_URL."
NOT_TAKEN = "The mail server takes no mail to this address."
RESERVED = re.compile(r"[@.](?:example(?:\.(?:com|net|org|jp|co\.jp))?|test|invalid|localhost)$")  # RFC 2606, JPRS


def send(settings: Settings, subject: str, text: str, *, to: str | None = None) -> bool:
    """Send a mail to the desk, or to another address of the ward's; False where no mail is set up.

    Raises:
        BadInput: the address of the mail server is not understood.
        Refused: the server will never take a mail to this address.
        Unavailable: the server refused for now, or cannot be reached.

    """
    if settings.smtp_url is None or not settings.alarm_mail_to:
        return False
    place = _understood(settings.smtp_url.get_secret_value())
    try:
        _post(place, _by_machine(place, to or settings.alarm_mail_to, subject, text))
    except Refused:  # the ward's own address: it is the setting that is wrong
        raise Unavailable(NOT_SENT) from None
    return True


def send_to(settings: Settings, address: str, subject: str, text: str) -> bool:
    """Send one person a mail that no answer is expected to; False where no mail is set up.

    Raises:
        BadInput: the address of the mail server is not understood.
        Refused: the server will never take a mail to this address, or it is not one that a rehearsal may write to.
        Unavailable: the server refused for now, or cannot be reached.

    """
    if settings.smtp_url is None:
        return False
    place = _understood(settings.smtp_url.get_secret_value())
    try:
        _refuse_outsiders(settings, address)
        written = _by_machine(place, _one_address(address), subject, text)
    except BadInput as error:
        raise Refused(error.sentence) from None
    _post(place, written)
    return True


class InDoubt(Unavailable):
    """The server fell silent while it was given a mail: it may have taken it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person: there is no field for a second one, and none for copies."""

    to: str = field(repr=False)
    sender: str
    subject: str
    text: str = field(repr=False)
    message_id: str


def deliver(settings: Settings, mail: Mail) -> None:
    """Send a mail to one person.

    Raises:
        BadInput: the address is not exactly one; a rehearsal names one outside the domains reserved for examples.
        Refused: the server will never take a mail to this address.
        InDoubt: it fell silent in the middle, and may have taken the mail.
        Unavailable: no mail server is set, or it refused or cannot be reached; nothing was sent.

    """
    if settings.smtp_url is None:
        raise Unavailable("No mail server is set; put its address into TAYORI_SMTP_URL. Nothing was sent.")
    place = _understood(settings.smtp_url.get_secret_value())
    written = EmailMessage()
    written["To"], written["From"] = _one_address(mail.to), _one_address(mail.sender)
    written["Subject"], written["Message-ID"] = mail.subject, mail.message_id
    _refuse_outsiders(settings, mail.to)
    written.set_content(mail.text)
    _post(place, written)


def is_nobodys(host: str) -> bool:
    """Whether a host is this machine or one reserved for examples, each of several: nothing of residents is there."""
    return all(one in LOOPBACK or RESERVED.search(f".{one}") for one in host.lower().split(","))


def require_nobodys(settings: Settings, host: str | None, what: str) -> None:
    """Let a rehearsal read what lies on this machine (None) or on hosts reserved for examples.

    Raises:
        Refused: what residents wrote is there; it does not come into a dummy world.

    """
    if settings.mode is Mode.REHEARSAL and host is not None and not is_nobodys(host):
        raise Refused(f"A rehearsal reads {what} from here or from hosts reserved for examples only; nothing was read.")


def _refuse_outsiders(settings: Settings, address: str) -> None:
    if settings.mode is Mode.REHEARSAL and not RESERVED.search(address.strip().lower()):
        raise BadInput("A rehearsal sends mail to the domains reserved for examples only. Nothing was sent.")


def _by_machine(place: SplitResult, to: Address | str, subject: str, text: str) -> EmailMessage:
    written = EmailMessage()
    written["Subject"], written["To"] = subject, to
    written["From"] = f"tayori@{place.hostname}" if place.hostname not in LOOPBACK else "tayori@localhost"
    written["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    written.set_content(text)
    return written


def _one_address(written: str) -> Address:
    try:
        return Address(addr_spec=written.strip())
    except (ValueError, HeaderParseError, IndexError):
        raise BadInput("An address of a mail is not exactly one address; check the letter. Nothing was sent.") from None


def _post(place: SplitResult, written: EmailMessage) -> None:
    try:
        with _connected(place) as server:
            if place.username:
                server.login(unquote(place.username), unquote(place.password or ""))
            _hand_over(server, written)
    except smtplib.SMTPRecipientsRefused as refused:
        for_ever = all(code >= FOR_EVER for code, _ in refused.recipients.values())
        raise (Refused(NOT_TAKEN) if for_ever else Unavailable(NOT_SENT)) from None
    except (OSError, smtplib.SMTPException):
        raise Unavailable(NOT_SENT) from None


def _hand_over(server: smtplib.SMTP, written: EmailMessage) -> None:
    try:
        server.send_message(written)
    except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError):
        raise InDoubt(PERHAPS_SENT) from None


def _understood(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        known = place.scheme in {"smtp", "smtps"} and place.hostname is not None and (place.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise BadInput("TAYORI_SMTP_URL is not understood; write smtp://user:password@host:port or smtps://...")
    return place


@contextlib.contextmanager
def _connected(place: SplitResult) -> Iterator[smtplib.SMTP]:
    """Give a server that is talked to under TLS. How it says goodbye says nothing about a mail that it took."""
    host, context = str(place.hostname), ssl.create_default_context()
    if place.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, place.port or 465, timeout=PATIENCE_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, place.port or 587, timeout=PATIENCE_SECONDS)
    try:
        if place.scheme != "smtps" and host not in LOOPBACK:
            server.starttls(context=context)
        yield server
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()
