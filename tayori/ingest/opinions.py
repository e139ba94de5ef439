"""Letters from files and from the call centre's database come in, each once (O1, O5, O10)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tayori.ingest.intake import Intake, OpinionCounts, Progress
from tayori.ingest.sources.call_centre import opinions_from_call_centre
from tayori.ingest.sources.database_mapping import DatabaseMapping
from tayori.ingest.sources.decoding import file_digest
from tayori.ingest.sources.file import letters_from_file
from tayori.ingest.sources.mapping import FileMapping
from tayori.ingest.verdict import Gate
from tayori.mail import require_nobodys
from tayori.office import Office
from tayori.warehouse import opinions
from tayori.warehouse.addresses import host_of
from tayori.warehouse.engines import writing
from tayori.warehouse.external import Watermark

FILE_DIGITS: Final = 8  # of the file's digest: row 5 of one file is not row 5 of another


def ingest_opinion_file(
    office: Office, path: Path, mapping: FileMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in a file of letters, scanned pages with it. Running it again takes in only what is new.

    Raises:
        BadInput, NotFound: the file has a structural fault, or a scan is not there; no row of it was used.

    """
    blocks = letters_from_file(path, mapping)
    intake = Intake(office, mapping.name, gate, on_progress, file=file_digest(path)[:FILE_DIGITS])
    for block in blocks:
        with office.writing_people() as stores:
            intake.take(stores, block.frame, block.files)
    return intake.counts


def ingest_call_centre(
    office: Office, url: str, mapping: DatabaseMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in the call centre's inquiries that are in scope, new or changed since the last time (O5).

    Raises:
        BadInput, Unavailable: the database cannot be read, or the mapping does not fit it; what was taken in stays.
        Refused: a rehearsal, and the database is on a real server.

    """
    require_nobodys(office.settings, host_of(url), "the call centre's database")
    intake = Intake(office, mapping.name, gate, on_progress, follows=True)
    with writing(office.warehouse) as people:
        stored = opinions.watermark(people, mapping.name)
    after = Watermark(**json.loads(stored)) if stored else None
    for chunk in opinions_from_call_centre(url, mapping, after=after, now=office.now()):
        with office.writing_people() as stores:
            intake.take(stores, chunk.frame)
            opinions.set_watermark(stores[0], mapping.name, json.dumps(asdict(chunk.upto)), office.now())
    return intake.counts
