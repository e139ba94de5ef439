"""The old system's database as cases: read in the order of change, while its clerks go on working."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from tayori.ingest.sources.files import ATTACHMENT, LetterFile
from tayori.mail import require_nobodys
from tayori.migration.cases import ITEMS, OldCase, OldPage
from tayori.migration.mapping import OldMapping
from tayori.settings import Settings
from tayori.warehouse.addresses import host_of
from tayori.warehouse.external import ExternalPage, Watermark, read_external
from tayori.warehouse.old_system import OldDatabase

PAGE_ROWS: Final = 2_000
MEDIA: Final = "application/octet-stream"


class OldDatabaseSystem:
    """Reads the old system by its mapping."""

    def __init__(self, url: str, mapping: OldMapping, database: OldDatabase) -> None:
        """Read an opened database; see `opened`."""
        self.name = mapping.name
        self._url = url
        self._mapping = mapping
        self._database = database

    def pages(self, after: Watermark | None, now: datetime | None) -> Iterator[OldPage]:
        """Give the cases in scope that changed after a mark; what is younger than `settle_minutes` waits.

        Without `now` nothing waits: whoever looks for what is gone sees a case that a clerk changes this minute.

        Raises:
            Unavailable: the database is away or locked; the last page's mark stays good.
            BadInput: the mapping does not fit it.

        """
        until = now - timedelta(minutes=self._mapping.settle_minutes) if now is not None else None
        for page in read_external(self._url, self._mapping.query, after=after, until=until, page_rows=PAGE_ROWS):
            yield OldPage(tuple(self._cases(page)), page.upto)

    def inspected(self) -> Mapping[str, int]:
        """Count rows of the scattered tables that belong to no case."""
        query = self._mapping.query
        places = {(one.table, one.of) for one in self._mapping.gathered.values()}
        if self._mapping.files:
            places.add((self._mapping.files.table, self._mapping.files.of))
        return {table: self._database.orphans(query, table, of) for table, of in sorted(places)}

    def _cases(self, page: ExternalPage) -> Iterator[OldCase]:
        turned = list(zip(*page.rows, strict=True))
        items = {
            rule.item: rule.applied(cells) for rule, cells in zip(self._mapping.columns.values(), turned, strict=True)
        }
        texts = {item: self._database.texts(one, page.keys) for item, one in self._mapping.gathered.items()}
        files = self._database.files(self._mapping.files, page.keys) if self._mapping.files else {}
        for place, key in enumerate(page.keys):
            given = {item: cells[place] for item, cells in items.items()}
            given |= {item: found.get(key) or None for item, found in texts.items()}
            held = tuple(LetterFile(ATTACHMENT, title, MEDIA, content) for title, content in files.get(key, ()))
            yield OldCase(key, {item: given.get(item) for item in ITEMS}, held)


@contextlib.contextmanager
def opened(settings: Settings, url: str, mapping: OldMapping) -> Iterator[OldDatabaseSystem]:
    """Open the old system's database, every table and column of the mapping checked against its catalogue first.

    Raises:
        BadInput, Unavailable: the address or the mapping is wrong, or the database is not there.
        Refused: a rehearsal, and the database is on a real server.

    """
    require_nobodys(settings, host_of(url), "an old system")
    database = OldDatabase(url)
    try:
        for one in mapping.gathered.values():
            database.require(one.table, one.of, one.column, one.order, *one.where)
        if mapping.files:
            held = mapping.files
            database.require(held.table, held.of, held.title, held.content, held.order)
        yield OldDatabaseSystem(url, mapping, database)
    finally:
        database.close()
