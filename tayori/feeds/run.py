"""One look at every feed: fetch, read, draft. A feed in trouble keeps the others from nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tayori.broadcast import proposing
from tayori.errors import NotFound, TayoriError
from tayori.feeds.drafting import OUTCOMES, take_in
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
    """Look at one feed; whatever is wrong with it is told, not raised."""
    try:
        feed = next((one for one in configured(office) if one.name == name), None)
        if feed is None:
            raise NotFound("The rules name no such feed any more.")
        return Looked(name, take_in(office, feed, fetch(feed.url, office.settings.feed_allowed_hosts)))
    except TayoriError as trouble:
        return Looked(name, trouble=trouble.sentence)


def drop_expired(office: Office) -> int:
    """Call off drafts of feeds that nobody took over in their time; give how many."""
    return proposing.drop_expired(office, ORIGIN)
