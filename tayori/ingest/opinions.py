"""Letters come in: through the gate, into cases under their own keys, or into counts without a person (O1, O10)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from tayori.domain.calendar import WardCalendar, reply_due
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.opinions import answerable, recorded_as_person
from tayori.domain.states import CaseState
from tayori.ingest.quarantine import SetAside, set_aside
from tayori.ingest.sources.call_centre import opinions_from_call_centre
from tayori.ingest.sources.database_mapping import DatabaseMapping
from tayori.ingest.sources.decoding import file_digest
from tayori.ingest.sources.file import opinions_from_file
from tayori.ingest.sources.frame import ITEMS, PERSONAL_ITEMS
from tayori.ingest.sources.mapping import FileMapping
from tayori.ingest.verdict import Gate
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal
from tayori.warehouse import closing, opinions
from tayori.warehouse.engines import writing
from tayori.warehouse.external import Watermark

EVIDENCE: Final = Evidence("flow:ingest", Purpose.INTAKE)
SUITE: Final = "opinions"
FILE_DIGITS: Final = 8  # of the file's digest: row 5 of one file is not row 5 of another
CHANGED: Final = "changed_since_it_was_read"
NOBODY: Final = "回答を要しない問合せ"
Progress = Callable[[int], None]
Row = Mapping[str, Any]


@dataclass(slots=True)
class OpinionCounts:
    """What became of the letters that were read: read = recorded + counted + duplicate + quarantined, always."""

    read: int = 0
    recorded: int = 0
    counted: int = 0
    duplicate: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        """Letters that passed the gate, whether recorded with their writer, only counted, or known already."""
        return self.recorded + self.counted + self.duplicate

    def add(self, other: "OpinionCounts") -> None:
        """Add other counts to these."""
        self.read += other.read
        self.recorded += other.recorded
        self.counted += other.counted
        self.duplicate += other.duplicate
        self.quarantined.update(other.quarantined)

    def plain(self) -> dict[str, Any]:
        """Give the counts as plain numbers."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "recorded": self.recorded,
            "counted": self.counted,
            "duplicate": self.duplicate,
            "quarantined": sum(self.quarantined.values()),
            "rules": dict(sorted(self.quarantined.items())),
        }


def ingest_opinion_file(
    office: Office, path: Path, mapping: FileMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in a file of letters. Running it again takes in only what is new.

    Raises:
        BadInput, NotFound: the file has a structural fault; no row of it was used.

    """
    frames = opinions_from_file(path, mapping)
    intake = _Intake(office, mapping.name, gate, on_progress, file=file_digest(path)[:FILE_DIGITS])
    for frame in frames:
        with office.writing_people() as stores:
            intake.take(stores, frame)
    return intake.counts


def ingest_call_centre(
    office: Office, url: str, mapping: DatabaseMapping, gate: Gate, on_progress: Progress | None = None
) -> OpinionCounts:
    """Take in the call centre's inquiries that are in scope and changed since the last time (O5)."""
    intake = _Intake(office, mapping.name, gate, on_progress)
    with writing(office.warehouse) as people:
        stored = opinions.watermark(people, mapping.name)
    after = Watermark(**json.loads(stored)) if stored else None
    for chunk in opinions_from_call_centre(url, mapping, after=after, now=office.now()):
        with office.writing_people() as stores:
            intake.take(stores, chunk.frame)
            opinions.set_watermark(stores[0], mapping.name, json.dumps(asdict(chunk.upto)), office.now())
    return intake.counts


def ingest_frame(
    office: Office, source: str, gate: Gate, stores: tuple[Connection, Connection], frame: pd.DataFrame
) -> OpinionCounts:
    """Take in a frame of letters in the caller's transactions; each of them once.

    Raises:
        Refused: the contract has ended.

    """
    intake = _Intake(office, source, gate, None)
    intake.take(stores, frame)
    return intake.counts


class _Intake:
    """One reading of one source: every frame goes in whole, or not at all."""

    def __init__(
        self, office: Office, source: str, gate: Gate, on_progress: Progress | None, file: str | None = None
    ) -> None:
        self._office = office
        self._source = source
        self._place = f"{source}@{file}" if file else source
        self._gate = gate
        self._calendar = WardCalendar()
        self._on_progress = on_progress or (lambda _: None)
        self.counts = OpinionCounts()

    def take(self, stores: tuple[Connection, Connection], frame: pd.DataFrame) -> None:
        """Judge a frame, set the refused rows aside, count those without a person, record the others."""
        closing.require_open(stores[0], Contract.OPINIONS)
        verdict = self._gate(frame, SUITE, self._office.now())
        refused = [(_rows(frame.iloc[[position]])[0], rule) for position, rule in verdict.refused]
        fresh, changed = self._told_apart(stores[0], _rows(verdict.accepted))
        recorded = {key: row for key, row in fresh.items() if _is_recorded(row)}
        counted = {key: row for key, row in fresh.items() if not _is_recorded(row)}
        self._set_aside(stores[0], [*refused, *((row, CHANGED) for row in changed)])
        self._count(stores[0], counted)
        self._record(stores, recorded)
        self.counts.read += len(frame)
        self.counts.duplicate += len(frame) - len(refused) - len(fresh) - len(changed)
        self._on_progress(len(frame))

    def _told_apart(self, people: Connection, rows: list[Row]) -> tuple[dict[bytes, Row], list[Row]]:
        """Give the rows that are new, and those whose key is known and that say something else than they did.

        A letter that was only counted and is now to be answered is new: nobody's case holds it yet.
        """
        indexes = [self._office.index.of_source_key(self._source, row["source_key"]) for row in rows]
        marks = opinions.marks_of_cases(people, indexes)
        counted = opinions.counted_before(people, indexes)
        fresh: dict[bytes, Row] = {}
        changed: list[Row] = []
        for index, row in zip(indexes, rows, strict=True):
            mark = self._mark(row)
            if index in marks:
                if marks[index] not in {None, mark}:
                    changed.append(row)
            elif _is_recorded(row) or index not in counted:
                fresh[index], marks[index] = row, mark
        return fresh, changed

    def _mark(self, row: Row) -> bytes:
        return self._office.index.of_content(_sealed_form({name: row[name] for name in ITEMS}))

    def _set_aside(self, people: Connection, refused: Iterable[tuple[Row, str]]) -> None:
        rows = [SetAside(self._row_number(row, rule), rule, _sealed_form(row)) for row, rule in refused]
        set_aside(self._office, people, self._place, rows)
        self.counts.quarantined.update(row.rule for row in rows)

    def _row_number(self, row: Row, rule: str) -> int:
        """Give a row's number at its source; in a database, which can change a row often, each change has its own."""
        if rule == CHANGED and self._place == self._source:
            return int.from_bytes(self._mark(row)[:6])
        written = str(row["row"])
        return int(written) if written.isdecimal() else int(written, 16)

    def _count(self, people: Connection, fresh: Mapping[bytes, Row]) -> None:
        by_month = Counter((row["received_on"][:7], row["channel"], NOBODY) for row in fresh.values())
        opinions.count_letters(people, self._source, by_month, sorted(fresh))
        self.counts.counted += len(fresh)

    def _record(self, stores: tuple[Connection, Connection], fresh: Mapping[bytes, Row]) -> None:
        if not fresh:
            return
        people, vault = stores
        now = self._office.now()
        record(people, EVIDENCE, Action.WRITE, f"source {self._source}", count=len(fresh), now=now)
        numbers = opinions.reserve_cases(people, len(fresh))
        keys = self._office.case_keys.create(vault, numbers)
        opinions.add_cases(
            people,
            (
                self._case(number, key, index, row)
                for number, key, (index, row) in zip(numbers, keys, fresh.items(), strict=True)
            ),
        )
        self.counts.recorded += len(fresh)

    def _case(self, number: int, key: bytes, index: bytes, row: Row) -> dict[str, Any]:
        received = date.fromisoformat(row["received_on"])
        target = reply_due(received, self._calendar) if answerable(row) and row["answer_wanted"] != "no" else None
        managed = {name: row[name] for name in ("channel", "addressee", "answer_wanted", "department", "kind")}
        sealed = {item: _seal(key, number, item, row[item]) for item in PERSONAL_ITEMS}
        return {
            "case_no": number,
            "receipt_no": f"R{received:%Y}-{number:07d}",
            "source": self._source,
            "source_key": index,
            "received_on": received,
            "target_on": target,
            "calendar_version": self._calendar.version if target else None,
            "theme": None,
            "state": CaseState.RECEIVED,
            "done_on": None,
            "answer": None,
            "content_mark": self._mark(row),
            **managed,
            **sealed,
        }


def _is_recorded(row: Row) -> bool:
    return recorded_as_person(row["channel"], row["addressee"], row["answer_wanted"])


def _seal(key: bytes, number: int, item: str, value: str | None) -> bytes | None:
    return None if value is None else seal(key, value.encode(), place("opinion_case", item, number))


def _rows(frame: pd.DataFrame) -> list[Row]:
    columns = {str(name): [None if pd.isna(cell) else cell for cell in frame[name]] for name in frame.columns}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _sealed_form(row: Row) -> bytes:
    return json.dumps(dict(row), ensure_ascii=False).encode()
