"""One look at every feed: fetch, read, draft. A feed in trouble is told; the others are read all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tayori.broadcast import proposing
from tayori.errors import NotFound, TayoriError
from tayori.feeds.drafting import OUTCOMES, Held, take_in
from tayori.feeds.entries import read_entries
from tayori.feeds.fetch import fetch
from tayori.feeds.rules import Feed, read_rules
from tayori.office import Office

ORIGIN: Final = "feed:"


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one feed: entries by how they ended, or the sentence that says why it was not read."""

    name: str
    counts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    trouble: str | None = None


def configured(office: Office) -> tuple[Feed, ...]:
    """Give the feeds that the ward's rules name; none where no rules are set."""
    path = office.settings.feeds_file
    return read_rules(path) if path is not None else ()


def look(office: Office, name: str) -> Looked:
    """Look at one feed; what is wrong with it or its rules is told, not raised.

    Raises:
        Unavailable: the warehouse cannot be reached; that is no feed's trouble.

    """
    try:
        feed = _feed(office, name)
        read = read_entries(fetch(feed.url, office.settings.feed_allowed_hosts), office.settings.feed_allowed_hosts)
    except TayoriError as trouble:
        return Looked(name, trouble=trouble.sentence)
    try:
        return Looked(name, take_in(office, feed, read))
    except Held as trouble:
        return Looked(name, trouble=trouble.sentence)


def _feed(office: Office, name: str) -> Feed:
    feed = next((one for one in configured(office) if one.name == name), None)
    if feed is None:
        raise NotFound("The rules name no such feed any more.")
    return feed


def drop_expired(office: Office) -> int:
    """Call off drafts of feeds that nobody took over in their time; give how many."""
    return proposing.drop_expired(office, ORIGIN)
