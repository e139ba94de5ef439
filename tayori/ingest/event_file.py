"""A file of events, one JSON value a line: read as a stream, each line accounted for, none held longer than a block.

A line is an event, an event in a wrapper (`{"destination", "event"}`), a whole webhook body, or a list of events.
"""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from tayori.domain.identifiers import Contract, RunId
from tayori.errors import BadInput, NotFound
from tayori.ingest import events
from tayori.ingest.counts import Counts
from tayori.ingest.event_frame import EventColumns
from tayori.ingest.inbox import DIRECT
from tayori.ingest.quarantine import KEPT_UNPARSED, SetAside, set_aside
from tayori.ingest.verdict import Gate
from tayori.line.webhook import reduce_event
from tayori.office import Office
from tayori.warehouse import closing
from tayori.warehouse import events as seen

BLOCK_EVENTS: Final = 100_000
NOT_JSON: Final = "not_json"
PIECE: Final = 4 << 20
LONGEST_LINE: Final = 16 << 20
BOM: Final = codecs.BOM_UTF8
Progress = Callable[[int], None]


@dataclass(slots=True)
class _Read:
    """A block of lines, read: events with their line numbers, and lines that are no JSON."""

    events: EventColumns = field(default_factory=EventColumns)
    broken: list[SetAside] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.events.row_no) + len(self.broken)


def ingest_event_file(
    office: Office, path: Path, gate: Gate, on_progress: Progress | None = None, run_id: RunId = DIRECT
) -> Counts:
    """Take in a file of events and give what became of each; running it again takes in only what is new.

    `on_progress` is told how many events each block had.

    Raises:
        NotFound: there is no such file.
        BadInput: the file is empty, not UTF-8, not lines, or no line of it is JSON; nothing of it was used.

    """
    source = f"file:{_checked(path)}"
    _refuse_another_kind(path)
    total = Counts()
    for block in _blocks(path):
        counts = _take(office, gate, source, block, run_id)
        total.add(counts)
        if on_progress is not None:
            on_progress(counts.received)
    return total


def _take(office: Office, gate: Gate, source: str, block: _Read, run_id: RunId) -> Counts:
    judged = events.judge(office, gate, source, block.events)
    broken = Counts(received=len(block.broken))
    broken.quarantined.update(row.rule for row in block.broken)
    with office.writing_people() as stores:
        closing.require_open(stores[0], Contract.LINE)
        counts = events.apply(office, stores, judged, run_id)
        set_aside(office, stores[0], source, block.broken, KEPT_UNPARSED)
        seen.add_tally(stores[0], run_id, broken.tallied(), office.now())
    counts.add(broken)
    return counts


def _checked(path: Path) -> str:
    """Read the file once through, refuse it whole if it is not lines of UTF-8, and give its digest (16 digits)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    digest = hashlib.sha256()
    empty, without_end = True, 0
    with _opened(path) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            empty = empty and not piece.removeprefix(BOM).strip()
            without_end = 0 if b"\n" in piece else without_end + len(piece)
            if without_end > LONGEST_LINE:
                raise BadInput("The file of events is not one JSON value a line: a line has more than 16 MiB.")
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                raise BadInput(
                    "The file of events is not in UTF-8; save it as UTF-8. Nothing of it was used."
                ) from None
    if empty:
        raise BadInput("The file of events is empty; nothing was done.")
    return digest.hexdigest()[:16]


def _refuse_another_kind(path: Path) -> None:
    """Refuse a file of which no line is JSON: it is another kind of file. The first line that is one ends the look."""
    with _opened(path) as file:
        file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
        if not any(_is_json(line) for line in file):
            raise BadInput(
                "No line of the file is a JSON object, so it is no file of events; letters go in with "
                "`tayori ingest opinions`. Nothing of it was used."
            )


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict | list)
    except orjson.JSONDecodeError:
        return False


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound("There is no such file of events; check its name.") from None
    except OSError:
        raise BadInput("The file of events cannot be read: it is a folder, or not ours to read.") from None


def _blocks(path: Path) -> Iterator[_Read]:
    block = _Read()
    with _opened(path) as file:
        file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
        for row_no, line in enumerate(file, start=1):
            _read_line(block, row_no, line)
            if len(block) >= BLOCK_EVENTS:
                yield block
                block = _Read()
    if len(block):
        yield block


def _read_line(block: _Read, row_no: int, line: bytes) -> None:
    try:
        found = _events_in(orjson.loads(line))
    except orjson.JSONDecodeError:
        if written := line.strip():
            block.broken.append(SetAside(row_no, NOT_JSON, written))
        return
    for event in found:
        block.events.add(row_no, reduce_event(event))


def _events_in(value: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and "type" not in value:
        if "event" in value:
            return [value["event"]]
        if isinstance(value.get("events"), list):
            return list(value["events"])
    return [value]
