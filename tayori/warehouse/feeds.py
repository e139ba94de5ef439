"""Which news of which feed became drafts: digests and moments, so that none becomes one twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from tayori.domain.identifiers import BroadcastId
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.schema.results import feed_entry


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry that became a draft: digest of its content, digest of feed and id, the draft, its moments."""

    content: bytes
    entry: bytes
    broadcast_id: BroadcastId
    published_at: datetime
    seen_at: datetime


def known_contents(connection: Connection, contents: Sequence[bytes]) -> set[bytes]:
    """Give those of these contents that became drafts before, in whatever feed."""
    return {bytes(row[0]) for row in rows_where_in(connection, feed_entry, "content", contents, ("content",))}


def earlier(connection: Connection, entries: Sequence[bytes]) -> dict[bytes, list[BroadcastId]]:
    """Give the drafts that earlier versions of these entries became."""
    found: dict[bytes, list[BroadcastId]] = {}
    for entry, broadcast_id in rows_where_in(connection, feed_entry, "entry", entries, ("entry", "broadcast_id")):
        found.setdefault(bytes(entry), []).append(BroadcastId(broadcast_id))
    return found


def add(connection: Connection, row: EntryRow) -> None:
    """Write down that an entry became a draft; a content that did before is a conflict."""
    connection.execute(insert(feed_entry).values({name: getattr(row, name) for name in EntryRow.__slots__}))
