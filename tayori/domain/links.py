"""Links: only to the ward's own sites, and without anything that could tell who they were made for (L13, I4).

Whoever follows a link shows its address to LINE and to the site. So an address is the same for everybody and holds no
parameter in which a person, a genre or a segment could be written.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tayori.domain.measures import utf16_units

LONGEST_URI: Final = 1_000  # URI action (Messaging API, action objects)
QUERY_ALLOWED: Final[Mapping[str, re.Pattern[str]]] = {
    "page": re.compile(r"[0-9]{1,3}"),
    "openExternalBrowser": re.compile(r"[01]"),  # LINE's own: leave its built-in browser
}
_ANCHOR: Final = re.compile(r"[A-Za-z0-9_-]{0,40}")
_IN_TEXT: Final = re.compile(r"https?://[\x21-\x7e]*", re.IGNORECASE)
_ENDINGS: Final = (
    "app|biz|blog|cloud|club|com|dev|edu|gov|info|link|live|net|news|online|org|page|pro|shop|site|space|store|tokyo"
    "|top|website|xyz|[a-z]{2}"
)
_BARE: Final = re.compile(
    r"(?<![\w.@/:-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    rf"(?:{_ENDINGS})(?![a-z0-9@.-]*@)(?![a-z0-9-])(?:[/?#][\x21-\x7e]*)?",
    re.IGNORECASE | re.ASCII,
)
"""A domain without its scheme, which phones make a link of all the same; not the address of a mailbox."""
_NOT_ITS_END: Final = ".,;:!?)]}>\"'"


def link_fault(uri: str, hosts: frozenset[str]) -> str | None:
    """Give what is wrong with a link, as a sentence that names the rule; None if it may be sent."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "the link is not a web address. Write it as https://host/path."
    if parts.scheme != "https" or not parts.hostname or not uri.isascii():
        return "a link begins with https:// and is written in ASCII (percent-encode the rest)."
    if utf16_units(uri) > LONGEST_URI:
        return f"the link is longer than LINE's {LONGEST_URI} characters. Use a shorter page address."
    if parts.username is not None or port is not None or parts.hostname not in hosts:
        return "the link leads to a host that TAYORI_LINK_HOSTS does not list; only the ward's own sites are linked."
    return _tell_tale(parts.query, parts.fragment)


def links_in(text: str) -> Iterator[str]:
    """Give the addresses that LINE or a phone will make links of in a text; a bare domain as its https address."""
    for found in _IN_TEXT.finditer(text):
        yield found.group().rstrip(_NOT_ITS_END)
    for found in _BARE.finditer(_IN_TEXT.sub(" ", text)):
        yield f"https://{found.group().rstrip(_NOT_ITS_END)}"


def _tell_tale(query: str, anchor: str) -> str | None:
    given = parse_qsl(query, keep_blank_values=True)
    allowed = all(name in QUERY_ALLOWED and QUERY_ALLOWED[name].fullmatch(value) for name, value in given)
    if not allowed or (query and not given):
        return (
            "the link carries a parameter that could tell a person, a genre or a segment (L13); "
            f"only {' and '.join(QUERY_ALLOWED)} may stand there. Remove the rest."
        )
    if not _ANCHOR.fullmatch(anchor):
        return "what follows # in the link may be the plain name of a place on the page, and nothing else (L13)."
    return None
