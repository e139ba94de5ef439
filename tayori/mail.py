"""Mail: alarms to the ward's desk, and receipts to writers of letters. Plain SMTP leaves here only under TLS (L8)."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from tayori.errors import BadInput, Refused, Unavailable
from tayori.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE_SECONDS = 20
FOR_EVER = 500  # SMTP: 4xx may pass, 5xx will not
NOT_SENT = "The mail server cannot be reached or refused the mail; check TAYORI_SMTP_URL."
NOT_TAKEN = "The mail server takes no mail to this address."


def send(settings: Settings, subject: str, text: str) -> bool:
    """Send a mail to the desk; False where no mail is set up.

    Raises:
        BadInput: the address of the mail server is not understood.
        Unavailable: the server refused or cannot be reached.

    """
    if not settings.alarm_mail_to:
        return False
    return send_to(settings, settings.alarm_mail_to, subject, text)


def send_to(settings: Settings, address: str, subject: str, text: str) -> bool:
    """Send a mail that no answer is expected to; False where no mail is set up.

    Raises:
        BadInput: the address of the mail server is not understood.
        Refused: the server will never take a mail to this address.
        Unavailable: the server refused for now, or cannot be reached.

    """
    if settings.smtp_url is None:
        return False
    place = _understood(settings.smtp_url.get_secret_value())
    written = _written(place, address, subject, text)
    try:
        with _connected(place) as server:
            if place.username:
                server.login(unquote(place.username), unquote(place.password or ""))
            server.send_message(written)
    except smtplib.SMTPRecipientsRefused as refused:
        for_ever = all(code >= FOR_EVER for code, _ in refused.recipients.values())
        raise (Refused(NOT_TAKEN) if for_ever else Unavailable(NOT_SENT)) from None
    except (OSError, smtplib.SMTPException):
        raise Unavailable(NOT_SENT) from None
    return True


def _written(place: SplitResult, address: str, subject: str, text: str) -> EmailMessage:
    written = EmailMessage()
    written["Subject"], written["To"] = subject, address
    written["From"] = f"tayori@{place.hostname}" if place.hostname not in LOOPBACK else "tayori@localhost"
    written["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    written.set_content(text)
    return written


def _understood(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        known = place.scheme in {"smtp", "smtps"} and place.hostname is not None and (place.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise BadInput("TAYORI_SMTP_URL is not understood; write smtp://user:password@host:port or smtps://...")
    return place


def _connected(place: SplitResult) -> smtplib.SMTP:
    host = str(place.hostname)
    if place.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, place.port or 465, timeout=PATIENCE_SECONDS, context=context)
    server = smtplib.SMTP(host, place.port or 587, timeout=PATIENCE_SECONDS)
    if host not in LOOPBACK:
        server.starttls(context=ssl.create_default_context())
    return server
