"""Which news of which feed became drafts: digests and moments, so that none becomes one twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, text

from tayori.domain.identifiers import BroadcastId
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.results import feed_entry

FEEDS_LOCK: Final = 7413


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry that became a draft: digest of its content, digest of feed and id, the draft, its moments."""

    content: bytes
    entry: bytes
    broadcast_id: BroadcastId
    published_at: datetime
    seen_at: datetime


def one_at_a_time(connection: Connection) -> None:
    """Let nobody else take news in until the transaction ends: two runs at once see each other's drafts.

    SQLite has one writer at a time anyway.
    """
    if not is_sqlite(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({FEEDS_LOCK})"))


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
