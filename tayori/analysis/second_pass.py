"""Masked letters are read a second time, and what the second reader takes for a name waits for people to decide.

It is given the masked copy, never the letter. Nothing waits for it: neither an answer nor a report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tayori.analysis.mart import opened
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.doubts import doubts
from tayori.opinions.second_reader import SecondReader, words_for
from tayori.settings import Settings
from tayori.vault import audit
from tayori.warehouse import closing
from tayori.warehouse import doubts as queue
from tayori.warehouse.analysis import SealedRow
from tayori.warehouse.engines import reading, writing

BLOCK: Final = 100
MOST: Final = 2_000
"""Letters that one run of the flow reads, the newest first: what is left over waits for the next one."""


@dataclass(slots=True)
class SecondCounts:
    """How many letters were read a second time, and how many doubts that left."""

    letters: int = 0
    doubts: int = 0

    def plain(self) -> dict[str, Any]:
        """Give the counts as plain numbers."""
        return {"read_again": self.letters, "doubts": self.doubts}


def second_reader(settings: Settings) -> SecondReader:
    """Start the second reader of the settings.

    Raises:
        BadInput: the settings name none.
        Unavailable: it does not start.

    """
    if settings.ginza_python is None:
        raise BadInput("No second reader is set: name GiNZA's interpreter in TAYORI_GINZA_PYTHON (`make ginza`).")
    return SecondReader(words_for(Path(settings.ginza_python)))


def read_again(
    office: Office,
    reader: SecondReader,
    on_progress: Callable[[int], None] | None = None,
    *,
    most: int | None = MOST,
    again: bool = False,
) -> SecondCounts:
    """Read letters of the mart that wait for a second reading, block by block, the newest first; `most` None: all.

    With `again` also those that another reader read. What was read stays read if the reader breaks off: the rest is
    read next time.

    Raises:
        Unavailable: the reader broke off.

    """
    counts = SecondCounts()
    before: int | None = None
    seen = 0
    while limit := BLOCK if most is None else min(BLOCK, most - seen):
        rows = _waiting(office, reader.name, limit, before, again=again)
        if not rows:
            break
        seen, before = seen + len(rows), rows[-1].case_no
        _read_block(office, reader, rows, counts)
        if on_progress is not None:
            on_progress(len(rows))
    return counts


def _waiting(office: Office, reader: str, limit: int, before: int | None, *, again: bool) -> list[SealedRow]:
    with reading(office.warehouse) as people:
        if closing.is_frozen(people, Contract.OPINIONS):
            return []
        return queue.unread(people, reader, limit, before, again=again)


def _read_block(office: Office, reader: SecondReader, rows: list[SealedRow], counts: SecondCounts) -> None:
    held = opened(office, rows, "masked letters for the second reader")
    persons = reader.persons([text for _, text, _ in held])
    found = {row.case_no: doubts(text, seen) for (row, text, _), seen in zip(held, persons, strict=True)}
    with writing(office.warehouse) as people:
        audit.reserve(people)  # whoever else reads or decides waits here; what they changed, or what ended, is left out
        same = queue.as_it_was(people, {row.case_no: row.masked_text for row in rows})
        mine = {case_no: places for case_no, places in found.items() if case_no in same}
        counts.doubts += queue.add(people, reader.name, office.today(), mine)
    counts.letters += len(mine)
