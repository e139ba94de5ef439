"""News becomes drafts, each once, by the ward's rules; a feed proposes and can do nothing else (I7)."""

import itertools
import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import desk, proposing
from tayori.broadcast.desk import Writing
from tayori.broadcast.proposing import Proposed
from tayori.domain.identifiers import BroadcastId
from tayori.domain.material import Material
from tayori.errors import BadInput, NotFound, Refused
from tayori.feeds.entries import Entry, Reading
from tayori.feeds.rules import Feed, Rule
from tayori.office import TOKYO, Office
from tayori.warehouse import broadcasts, feeds, segments
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.feeds import EntryRow

MOST_AT_ONCE: Final = 20  # a site that was moved shows all its old news as new
AHEAD: Final = timedelta(minutes=15)  # how far clocks may differ
REPLACED: Final = "the feed brought a newer version"
NOTE: Final = "区のサイトの新着情報から作られた案です。起案する人が引き取って、本文・対象・期限を確かめてください。"
OUTCOMES: Final = ("drafted", "known", "old", "unmatched", "undated", "elsewhere", "no_id", "no_title", "unfit")


class Held(Refused):
    """The ward's rules or the feed's haste hold it: nothing of it was drafted, somebody has to look."""


def take_in(office: Office, feed: Feed, read: Reading) -> dict[str, int]:
    """Turn what was read of a feed into drafts; give how many entries ended how, by the words of `OUTCOMES`.

    Raises:
        Held: a rule names a segment that is not stored, or there is more news at once than anybody writes.

    """
    counts = Counter({name: read.unfit[name] for name in OUTCOMES})
    wanted = _segments(office, feed)
    chosen: list[tuple[Entry, Writing]] = []
    with writing(office.warehouse) as connection:
        feeds.one_at_a_time(connection)
        known = feeds.known_contents(connection, [entry.content for entry in read.entries])
        for entry in read.entries:
            outcome = _why_not(office, feed, entry, known)
            if outcome is None and (new := _written(office, feed, entry, wanted)) is not None:
                chosen.append((entry, new))
                known.add(entry.content)
                outcome = "drafted"
            counts[outcome or "unfit"] += 1
        if len(chosen) > MOST_AT_ONCE:
            raise Held(f"The feed brings {len(chosen)} new entries at once, more than {MOST_AT_ONCE}; look at it.")
        replaced = feeds.earlier(connection, [entry.key for entry, _ in chosen])
        broadcasts.lock_all(connection, itertools.chain.from_iterable(replaced.values()))
        for entry, new in chosen:
            _propose(connection, office, feed, entry, new)
    return {name: counts[name] for name in OUTCOMES}


def _segments(office: Office, feed: Feed) -> Mapping[str, str]:
    with reading(office.warehouse) as connection:
        try:
            return {rule.segment: segments.find(connection, rule.segment) for rule in feed.rules}
        except NotFound as missing:
            raise Held(missing.sentence) from None


def _why_not(office: Office, feed: Feed, entry: Entry, known: set[bytes]) -> str | None:
    """Why an entry becomes no draft; None if it does."""
    age = office.now() - entry.published
    if age < -AHEAD:
        return "undated"
    if age > feed.max_age:
        return "old"
    if _rule(feed, entry) is None:
        return "unmatched"
    return "known" if entry.content in known else None


def _rule(feed: Feed, entry: Entry) -> Rule | None:
    return next((rule for rule in feed.rules if rule.matches(entry.title, entry.categories)), None)


def _written(office: Office, feed: Feed, entry: Entry, wanted: Mapping[str, str]) -> Writing | None:
    """Give what a draft of an entry would say; None if no message can say it (too long)."""
    rule = _rule(feed, entry)
    if rule is None:
        return None
    day = entry.published.astimezone(TOKYO)
    said = rule.template.substitute(
        title=entry.title, summary=entry.summary, link=entry.link, day=f"{day.month}月{day.day}日"
    )
    messages = [{"type": "text", "text": said.strip()}]
    begins = office.now()
    try:
        where = json.loads(wanted[rule.segment])
        return desk.written(rule.genre, where, messages, begins, begins + rule.open_for, _sites(office))
    except BadInput:
        return None


def _sites(office: Office) -> Material:
    """Give what a feed's draft may use: links to the ward's own sites, those of its feeds among them."""
    return Material(frozenset({*office.settings.link_hosts, *office.settings.feed_allowed_hosts}))


def _propose(connection: Connection, office: Office, feed: Feed, entry: Entry, new: Writing) -> None:
    for earlier in feeds.earlier(connection, [entry.key]).get(entry.key, []):
        _replace(connection, office, earlier)
    broadcast_id = proposing.propose(connection, office, feed.proposer, Proposed(new, NOTE, entry.published))
    feeds.add(connection, EntryRow(entry.content, entry.key, broadcast_id, entry.published, office.now()))


def _replace(connection: Connection, office: Office, earlier: BroadcastId) -> None:
    row = broadcasts.find(connection, earlier, lock=True)
    if proposing.is_untaken(row):
        proposing.withdraw(connection, office, row, REPLACED)
