"""Read a feed's bytes into entries: plain text, a moment, a link to a host on the list. Broken feeds are refused whole.

The text is decoded here, strictly, and has to be XML without entities of its own before the feed parser sees it: what
that parser does to mend broken or hostile feeds is never reached (I9).
"""

import codecs
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from xml.parsers import expat

import feedparser
from markupsafe import Markup

from tayori.domain.unseen import UNSEEN
from tayori.errors import BadInput
from tayori.feeds.fetch import Fetched
from tayori.office import TOKYO

MOST_ENTRIES: Final = 500
DEEPEST: Final = 64
LONGEST_TITLE, LONGEST_SUMMARY = 300, 600
NO_ID, NO_TITLE, UNDATED, ELSEWHERE = "no_id", "no_title", "undated", "elsewhere"
ENCODINGS: Final = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "utf-16": "utf-16",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "cp932": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
}
_IN_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_TEXT: Final = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_SCRIPT: Final = re.compile(r"<(/?)(script|style)\b[^<>]*>", re.IGNORECASE)
_UNSEEN: Final = frozenset({"Cc", "Co", "Cs"})
_MARKS: Final = frozenset("\u200e\u200f")


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of news as plain text. `key` and `content` are digests: of its id, and of what it says."""

    key: bytes
    title: str
    summary: str
    link: str
    categories: tuple[str, ...]
    published: datetime

    @property
    def content(self) -> bytes:
        """SHA-256 of what it says."""
        return hashlib.sha256(f"{self.title}\0{self.summary}\0{self.link}".encode()).digest()


@dataclass(slots=True)
class Reading:
    """The entries that can be used, and how many cannot, by reason."""

    entries: list[Entry] = field(default_factory=list)
    unfit: Counter[str] = field(default_factory=Counter)


def read_entries(fetched: Fetched, allowed: Sequence[str]) -> Reading:
    """Read a feed; `allowed` are the hosts that an entry may link to.

    Raises:
        BadInput: it is no RSS or Atom, not in an encoding we know, not well-formed, defines entities of its own, is
            nested too deep, or holds too many entries.

    """
    plain = _DECLARATION.sub("", decoded(fetched), count=1).encode()
    _refuse_unsound(plain)
    parsed = _parsed(plain)
    if not parsed.version:
        raise BadInput("This is no RSS or Atom feed; check the address.")
    if len(parsed.entries) > MOST_ENTRIES:
        raise BadInput(f"The feed holds {len(parsed.entries)} entries; at most {MOST_ENTRIES} are read.")
    reading = Reading()
    for one in parsed.entries:
        found = _entry(one, allowed)
        if isinstance(found, Entry):
            reading.entries.append(found)
        else:
            reading.unfit[found] += 1
    return reading


def _parsed(plain: bytes) -> Any:  # noqa: ANN401 - the parser's own dictionary
    try:
        return feedparser.parse(io.BytesIO(plain), response_headers={"content-type": "application/xml; charset=utf-8"})
    except Exception:  # noqa: BLE001 - whatever it stumbles over stands in the feed, and its text must not travel
        raise BadInput("The feed holds what the parser cannot read; tell who runs the site.") from None


def decoded(fetched: Fetched) -> str:
    """Give the text: by its byte order mark, else as the host says, else as it says itself, else UTF-8.

    Raises:
        BadInput: it names an encoding that we do not read, or is not in the one that it names.

    """
    named = _named_encoding(fetched)
    if named.lower() not in ENCODINGS:
        raise BadInput("The feed is in an encoding that is not read here; ask for UTF-8.")
    try:
        return fetched.body.decode(ENCODINGS[named.lower()])
    except UnicodeDecodeError:
        raise BadInput(f"The feed says it is {named}, and is not; nothing of it was read.") from None


def _named_encoding(fetched: Fetched) -> str:
    if fetched.body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if fetched.body.startswith(codecs.BOM_UTF8):
        return "utf-8"
    said = _IN_HEADER.search(fetched.content_type)
    itself = _IN_TEXT.search(fetched.body[:200])
    return said[1] if said else itself[1].decode("ascii", "replace") if itself else "utf-8"


def _refuse_unsound(plain: bytes) -> None:
    """Refuse what is no XML, defines entities (a few lines can unfold to gigabytes), or is nested without end."""
    depth = 0

    def begin(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise BadInput(f"The feed is nested deeper than {DEEPEST} elements; nothing of it was read.")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_told: object) -> None:
        raise BadInput("The feed defines entities of its own; nothing of it was read.")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = begin, end, entity
    try:
        parser.Parse(plain, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as fault:
        raise BadInput(f"The feed is no well-formed XML at line {fault.lineno}; tell who runs the site.") from None


def _entry(found: Any, allowed: Sequence[str]) -> Entry | str:  # noqa: ANN401 - the parser's own dictionary
    key, link = str(found.get("id") or found.get("link") or ""), str(found.get("link") or "")
    title = plain_text(found.get("title", ""))
    published = _published(found)
    if not key:
        return NO_ID
    if not title or len(title) > LONGEST_TITLE:
        return NO_TITLE
    if published is None:
        return UNDATED
    if not _leads_home(link, allowed):
        return ELSEWHERE
    summary = plain_text(found.get("summary", ""))
    if len(summary) > LONGEST_SUMMARY:
        summary = f"{summary[: LONGEST_SUMMARY - 1]}…"
    categories = tuple(plain_text(tag.get("term") or "") for tag in found.get("tags", []))
    return Entry(hashlib.sha256(key.encode()).digest(), title, summary, link, categories, published)


def plain_text(marked_up: object) -> str:
    """Give the text of a piece of HTML on one line, without what cannot be seen or turns the direction of reading."""
    stripped = Markup(_without_scripts(str(marked_up or ""))).striptags()  # noqa: S704 - made plain here, never shown as HTML
    seen = "".join(
        one if one.isspace() or (unicodedata.category(one) not in _UNSEEN and one not in _MARKS) else ""
        for one in UNSEEN.sub("", str(stripped))
    )
    return " ".join(seen.split())


def _without_scripts(marked_up: str) -> str:
    """Drop what stands between the tags of a script or a style, in one pass however many there are of them."""
    kept, at, within = [], 0, ""
    for tag in _SCRIPT.finditer(marked_up):
        ends, name = bool(tag[1]), tag[2].lower()
        if not within:
            kept.append(marked_up[at : tag.start()])
        if not within and not ends:
            within = name
        elif ends and name == within:
            within = ""
        at = tag.end()
    return "".join(kept) + ("" if within else marked_up[at:])


def _leads_home(link: str, allowed: Sequence[str]) -> bool:
    try:
        address = urlsplit(link)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and address.hostname in allowed and "@" not in address.netloc


def _published(found: Any) -> datetime | None:  # noqa: ANN401 - as above
    """Give the earlier one of the moments that an entry names: news that is touched up is no younger for it."""
    moments = [moment for name in ("published", "updated") if name in found and (moment := read_moment(found[name]))]
    return min(moments, default=None)


def read_moment(written: str) -> datetime | None:
    """Read a moment as RSS or Atom write it; without a time zone it is Tokyo's. None: it is neither."""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(written)
        except (ValueError, TypeError, IndexError):
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)
