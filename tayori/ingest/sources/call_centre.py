"""Inquiries from the call centre's database: rows in scope, mapped columns, what changed since (O5, O10)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from tayori.ingest.sources.database_mapping import DatabaseMapping
from tayori.ingest.sources.frame import CHUNK_ROWS, Cell, opinion_frame
from tayori.warehouse.external import ExternalPage, Watermark, read_external


@dataclass(frozen=True, slots=True)
class CallCentreChunk:
    """A frame of `FRAME_COLUMNS`, and the watermark to keep once the frame is safely stored."""

    frame: pd.DataFrame
    upto: Watermark


def opinions_from_call_centre(
    url: str, mapping: DatabaseMapping, *, after: Watermark | None, now: datetime, chunk_rows: int = CHUNK_ROWS
) -> Iterator[CallCentreChunk]:
    """Give the inquiries in scope that changed after the watermark, in order of change.

    `row` is a digest of the vendor's key. Rows younger than the mapping's `settle_minutes` wait for the next run, so
    that a change committed late is not passed over.

    Raises:
        Unavailable: the database is absent, locked or out of reach; the last chunk's watermark stays good.
        BadInput: the mapping does not fit the database.

    """
    until = now - timedelta(minutes=mapping.settle_minutes)
    pages = read_external(url, mapping.query, after=after, until=until, page_rows=chunk_rows)
    return (CallCentreChunk(_frame(page, mapping), page.upto) for page in pages)


def _frame(page: ExternalPage, mapping: DatabaseMapping) -> pd.DataFrame:
    turned: list[tuple[Cell, ...]] = list(zip(*page.rows, strict=True))
    columns = dict(zip(mapping.rules.columns, turned, strict=True))
    items = mapping.rules.items(columns, len(page.keys))
    items["source_key"] = list(page.keys)
    rows = [hashlib.sha256(f"{mapping.name}:{key}".encode()).hexdigest()[:12] for key in page.keys]
    return opinion_frame(rows, items)
