"""The body of a mail as text: the plain part, else the HTML one as a browser would show it, with what clients add."""

import re
from collections.abc import Iterator
from typing import Final, cast

from inscriptis import get_text
from lxml import etree, html

from tayori.ingest.sources.mail.charsets import Decoded, decoded
from tayori.ingest.sources.mail.headers import Parsed
from tayori.ingest.sources.mail.history import habits

_META: Final = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(
    r"\s*(このメール(は|を).{0,40}HTML.{0,60}|.{0,60}(HTML|html) (対応|形式).{0,60}|This is an? HTML.{0,80})\s*"
)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_UNKEEPABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\u200b]")
_DEEPEST: Final = 60
_LARGEST_HTML: Final = 2_000_000


def leaves(message: Parsed, depth: int = 0) -> Iterator[Parsed]:
    """Give the parts that hold content, a mail within the mail being one part."""
    if not message.is_multipart() or message.get_content_maintype() != "multipart" or depth > _DEEPEST:
        yield message
        return
    for part in cast("list[Parsed]", message.get_payload()):
        yield from leaves(part, depth + 1)


def body(message: Parsed) -> Decoded:
    """Give the text of a mail, empty where it has none."""
    shown = [part for part in leaves(message) if _is_text(part)]
    plain = [_plain(part) for part in shown if part.get_content_subtype() != "html"]
    if any(_says_something(one.text) for one in plain):
        return _joined(plain)
    marked_up = [_html(part) for part in shown if part.get_content_subtype() == "html"]
    return _joined(marked_up or plain)


def attachments(message: Parsed) -> int:
    """How many parts are no body: files, pictures, mails."""
    return sum(1 for part in leaves(message) if not _is_text(part) and _holds_something(part))


def _is_text(part: Parsed) -> bool:
    if part.get_content_maintype() != "text" or part.get_content_subtype() not in {"plain", "html"}:
        return part.get_content_type() in {"multipart/mixed", "multipart/alternative"} and not part.is_multipart()
    return part.get_content_disposition() != "attachment" and not part.get_filename()


def _holds_something(part: Parsed) -> bool:
    return part.is_multipart() or bool(_content(part))


def _says_something(text: str) -> bool:
    return bool(text.strip()) and not _PLACEHOLDER.fullmatch(text)


def _joined(parts: list[Decoded]) -> Decoded:
    said = [one for one in parts if one.text.strip()]
    return Decoded("\n\n".join(one.text.strip("\n") for one in said), sum(one.unreadable for one in said))


def _content(part: Parsed) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(part: Parsed) -> str | None:
    charset = part.get_param("charset")
    return charset[2] if isinstance(charset, tuple) else charset


def _plain(part: Parsed) -> Decoded:
    read = decoded(_content(part), _charset(part))
    text = read.text.replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format") or "").lower() == "flowed":
        text = _unflowed(text, joined=str(part.get_param("delsp") or "").lower() == "yes")
    return Decoded(_kept(text), read.unreadable)


def _unflowed(text: str, *, joined: bool) -> str:
    """Put the lines of a paragraph together again (RFC 3676); `joined`: the space at a line's end is no text."""
    lines: list[str] = []
    flowing = False
    for raw in text.split("\n"):
        line = raw.removeprefix(" ")
        flows = line.endswith(" ") and line != "-- " and not line.startswith(">")
        piece = line[:-1] if flows and joined else line
        if flowing and not line.startswith(">") and line != "-- ":
            lines[-1] += piece
        else:
            lines.append(piece)
        flowing = flows
    return "\n".join(lines)


def _html(part: Parsed) -> Decoded:
    content = _content(part)
    named = _META.search(content[:4096])
    read = decoded(content, _charset(part) or (named.group(1).decode() if named else None))
    return Decoded(_kept(_shown(read.text[:_LARGEST_HTML])), read.unreadable)


def _shown(written: str) -> str:
    try:
        document = html.document_fromstring(_UNKEEPABLE.sub("", written).encode(), html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, RecursionError):
        return ""
    whole = _seen(document)
    for path in habits().html:
        for element in document.xpath(path):
            element.drop_tree() if element.getparent() is not None else None
    return _seen(document) or whole


def _seen(document: html.HtmlElement) -> str:
    try:
        text = get_text(html.tostring(document, encoding="unicode"))
    except (RecursionError, ValueError, IndexError, AttributeError):
        text = "".join(document.itertext())
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _kept(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", _UNKEEPABLE.sub("", text))
