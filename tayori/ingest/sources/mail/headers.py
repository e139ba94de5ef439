"""The headers of a mail as people read them: encoded words, however a client cut them, and addresses."""

import binascii
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message  # noqa: TC003 - the alias is read where types are checked
from email.utils import getaddresses
from typing import Any, Final, TypeAlias

from tayori.ingest.sources.mail.charsets import decoded

Parsed: TypeAlias = "Message[Any, Any]"
_BREAKS: Final = re.compile(r"[\r\n]+[ \t]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def header(message: Parsed, name: str) -> str:
    """Give a header as text; empty where it is not there."""
    return next((readable(written) for written in _written(message, name)), "")


def token(message: Parsed, name: str) -> str:
    """Give a header's first word in small letters, without its parameters and remarks (RFC 3834)."""
    words = header(message, name).partition(";")[0].partition("(")[0].split()
    return words[0].lower() if words else ""


def addresses(message: Parsed, *names: str) -> list[tuple[str, str]]:
    """Give display name and address, in small letters, of everybody whom these headers name."""
    written = [value for name in names for value in _written(message, name)]
    pairs = [(readable(shown), address.strip().lower()) for shown, address in getaddresses(written)]
    return [(shown, address if _ADDRESS.fullmatch(address) else "") for shown, address in pairs if shown or address]


def readable(written: str) -> str:
    """Give what encoded words say; neighbours of one charset are put together first, since clients cut characters."""
    try:
        parts = decode_header(written)
    except (HeaderParseError, binascii.Error, ValueError):
        return _clean(written)
    return _clean("".join(_part(text, charset) for text, charset in parts))


def _written(message: Parsed, name: str) -> list[str]:
    """Give a header's values in one line each; bytes beyond ASCII, forbidden and usual, are read as bodies are."""
    found = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return [_BREAKS.sub(" ", _eight_bit(value)) for value in found]


def _eight_bit(value: str) -> str:
    content = value.encode("ascii", "surrogateescape") if not _is_text(value) else value.encode()
    return value if content.isascii() else decoded(content, None).text


def _is_text(value: str) -> bool:
    return not any("\udc80" <= sign <= "\udcff" for sign in value) and not value.isascii()


def _part(text: bytes | str, charset: str | None) -> str:
    if isinstance(text, str):
        return text
    return decoded(text, charset).text if charset else text.decode("latin-1")


def _clean(text: str) -> str:
    return _CONTROL.sub("", text).strip()
