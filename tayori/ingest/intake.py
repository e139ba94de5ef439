"""One way in for every letter: through the gate, into cases under their own keys, or into counts (O1, O10).

Whatever channel it came by, a letter is a row of a frame and the files that belong to it.
"""

import base64
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import orjson
import pandas as pd
from sqlalchemy import Connection

from tayori.domain.calendar import WardCalendar, reply_due
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.opinions import DOUBTFUL, answerable, recorded_as_person
from tayori.domain.states import CaseState
from tayori.ingest.quarantine import SetAside, set_aside
from tayori.ingest.sources.files import REVISION, LetterFile
from tayori.ingest.sources.frame import ITEMS, PERSONAL_ITEMS
from tayori.ingest.uncollected import uncollected
from tayori.ingest.verdict import Gate
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.blind_index import BlindIndex
from tayori.vault.cases import place_of
from tayori.vault.envelope import seal, seal_items
from tayori.warehouse import arrivals, closing, migrating, opinions
from tayori.warehouse.arrivals import FileRow

EVIDENCE: Final = Evidence("flow:ingest", Purpose.INTAKE)
SUITE: Final = "opinions"
CHANGED: Final = "changed_since_it_was_read"
NOBODY: Final = "回答を要しない問合せ"
SHORTEST_LINKED: Final = 20  # signs; 「ありがとう」 says the same in every letter and links nothing
Progress = Callable[[int], None]
Row = dict[str, Any]
MARK: Final = "mark"
Files = Mapping[str, Sequence[LetterFile]]
"""The files of letters, by `source_key`."""


@dataclass(slots=True)
class OpinionCounts:
    """What became of the letters that were read: read = accepted + quarantined, always."""

    read: int = 0
    recorded: int = 0
    counted: int = 0
    duplicate: int = 0
    changed: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    left_behind: Counter[str] = field(default_factory=Counter)
    """What was not read and stays at its source, by the reason; not part of `read`."""
    cleared: int = 0
    """What was taken in long ago and is deleted at its source now; not part of `read`."""

    @property
    def accepted(self) -> int:
        """Letters that passed the gate: recorded with their writer, only counted, known already, or changed since."""
        return self.recorded + self.counted + self.duplicate + self.changed

    def add(self, other: "OpinionCounts") -> None:
        """Add other counts to these."""
        self.read += other.read
        self.recorded += other.recorded
        self.counted += other.counted
        self.duplicate += other.duplicate
        self.changed += other.changed
        self.quarantined.update(other.quarantined)
        self.left_behind.update(other.left_behind)
        self.cleared += other.cleared

    def plain(self) -> dict[str, Any]:
        """Give the counts as plain numbers."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "recorded": self.recorded,
            "counted": self.counted,
            "duplicate": self.duplicate,
            "changed": self.changed,
            "quarantined": sum(self.quarantined.values()),
            "rules": dict(sorted(self.quarantined.items())),
        } | self._at_the_source()

    def _at_the_source(self) -> dict[str, Any]:
        told: dict[str, Any] = {"cleared": self.cleared} if self.cleared else {}
        return told | ({"left_behind": dict(sorted(self.left_behind.items()))} if self.left_behind else {})


class Intake:
    """One reading of one source: every frame goes in whole, or not at all."""

    def __init__(
        self,
        office: Office,
        source: str,
        gate: Gate,
        on_progress: Progress | None = None,
        *,
        file: str | None = None,
        follows: bool = False,
    ) -> None:
        """Read a source; `file` tells row 5 of one file from row 5 of another.

        `follows`: the source keeps its letters and changes them, each by its key: a change is recorded with the case.
        Elsewhere a known key with another text is another letter under a number used twice, and waits for somebody.
        """
        self._follows = follows
        self._office = office
        self._source = source
        self._place = f"{source}@{file}" if file else source
        self._gate = gate
        self._calendar = WardCalendar()
        self._version = self._calendar.version
        self._due: dict[date, date] = {}
        self._on_progress = on_progress or (lambda _: None)
        self.counts = OpinionCounts()

    @uncollected
    def take(self, stores: tuple[Connection, Connection], frame: pd.DataFrame, files: Files | None = None) -> None:
        """Judge a frame, set the refused rows aside, count those without a person, record the others."""
        closing.require_open(stores[0], Contract.OPINIONS)
        held = files or {}
        verdict = self._gate(frame, SUITE, self._office.now())
        refused = [(_rows(frame.iloc[[position]])[0], rule) for position, rule in verdict.refused]
        fresh, changed = self._told_apart(stores[0], _rows(verdict.accepted))
        recorded: dict[bytes, Row] = {}
        counted: dict[bytes, Row] = {}
        for key, row in fresh.items():
            (recorded if _is_recorded(row) else counted)[key] = row
        waiting = self._revise(stores, changed) if self._follows else changed
        refused += [(row, CHANGED) for row in waiting]
        self._set_aside(stores[0], refused, held)
        self._count(stores[0], counted)
        self._record(stores, recorded, held)
        self.counts.read += len(frame)
        self.counts.duplicate += len(frame) - len(refused) - len(fresh) - (len(changed) - len(waiting))
        self._on_progress(len(frame))

    def refuse(self, people: Connection, refused: Sequence[tuple[Row, str]], files: Files) -> None:
        """Set rows aside that are no letters, each under the rule that says so."""
        closing.require_open(people, Contract.OPINIONS)
        self._set_aside(people, refused, files)
        self.counts.read += len(refused)
        self._on_progress(len(refused))

    def _set_aside(self, people: Connection, refused: Iterable[tuple[Row, str]], files: Files) -> None:
        rows = [SetAside(row_number(str(row["row"])), rule, _kept_form(row, files)) for row, rule in refused]
        set_aside(self._office, people, self._place, rows)
        self.counts.quarantined.update(row.rule for row in rows)

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
                row[MARK] = mark
                fresh[index], marks[index] = row, mark
        return fresh, changed

    def _revise(self, stores: tuple[Connection, Connection], changed: Sequence[Row]) -> list[Row]:
        """Record what a source says of known letters since it changed them, sealed with each case.

        The case keeps its first text; the desk is shown that there is a later one. Give the rows of cases whose keys
        are not here: they wait for somebody, and keep no other row back.
        """
        if not changed:
            return []
        people, vault = stores
        told = {self._office.index.of_source_key(self._source, row["source_key"]): row for row in changed}
        cases = {key: number for key, (number, _) in migrating.marks_by_key(people, list(told)).items()}
        keys = self._office.case_keys.open(vault, sorted(cases.values()))
        rows = {key: row for key, row in told.items() if cases[key] in keys}
        what, now = f"changes at source {self._source}", self._office.now()
        record(people, EVIDENCE, Action.WRITE, what, count=len(rows), now=now)
        listed = [(cases[key], keys[cases[key]], (_revision(row, now),)) for key, row in rows.items()]
        add_files(people, listed)
        opinions.set_marks(people, [(self._mark(row), cases[key]) for key, row in rows.items()])
        self.counts.changed += len(rows)
        return [row for key, row in told.items() if key not in rows]

    def _mark(self, row: Row) -> bytes:
        return self._office.index.of_content(orjson.dumps([row[name] for name in ITEMS]))

    def _count(self, people: Connection, fresh: Mapping[bytes, Row]) -> None:
        by_month = Counter((row["received_on"][:7], row["channel"], NOBODY) for row in fresh.values())
        opinions.count_letters(people, self._source, by_month, sorted(fresh))
        self.counts.counted += len(fresh)

    def _record(self, stores: tuple[Connection, Connection], fresh: Mapping[bytes, Row], files: Files) -> None:
        if not fresh:
            return
        people, vault = stores
        now = self._office.now()
        record(people, EVIDENCE, Action.WRITE, f"source {self._source}", count=len(fresh), now=now)
        numbers = opinions.reserve_cases(people, len(fresh))
        keys = self._office.case_keys.create(vault, numbers)
        cases = list(zip(numbers, keys, fresh.items(), strict=True))
        opinions.add_new_cases(people, (self._case(number, key, index, row) for number, key, (index, row) in cases))
        arrivals.add_arrivals(
            people,
            (
                (number, text_mark(self._office.index, row["opinion"]), str(row["opinion"]).count(DOUBTFUL))
                for number, _, (_, row) in cases
            ),
        )
        add_files(people, [(number, key, files.get(row["source_key"], ())) for number, key, (_, row) in cases])
        self.counts.recorded += len(fresh)

    def _case(self, number: int, key: bytes, index: bytes, row: Row) -> tuple[Any, ...]:
        """Give a new case's values in the order of `opinions.NEW_CASE`."""
        received = date.fromisoformat(row["received_on"])
        target = self._target(received) if row["answer_wanted"] != "no" and answerable(row) else None
        return (
            number,
            f"R{received.year}-{number:07d}",
            self._source,
            index,
            received,
            target,
            self._version if target else None,
            CaseState.RECEIVED,
            row[MARK],
            *[row[name] for name in opinions.MANAGED],
            *seal_items(key, "opinion_case", number, {item: row[item] for item in PERSONAL_ITEMS}),
        )

    def _target(self, received: date) -> date:
        """Give the day by which a letter should be answered; letters of one day share it."""
        if received not in self._due:
            self._due[received] = reply_due(received, self._calendar)
        return self._due[received]


def row_number(written: str) -> int:
    """Give a row's number at its source; a digest's beginning where the source has none."""
    return int(written) if written.isdecimal() else int(written, 16)


def text_mark(index: BlindIndex, opinion: str) -> bytes | None:
    """Give what letters of one wording share, however their blanks and widths differ; nothing for a few words."""
    plain = "".join(unicodedata.normalize("NFKC", opinion).split())
    return index.of_content(b"text|" + plain.encode()) if len(plain) >= SHORTEST_LINKED else None


def add_files(people: Connection, held: Sequence[tuple[int, bytes, Sequence[LetterFile]]]) -> None:
    """Seal the files of cases, each given by its number and key, and add them."""
    listed = [(number, key, file) for number, key, files in held for file in files]
    if listed:
        numbers = arrivals.reserve_files(people, len(listed))
        arrivals.add_files(people, (_file(no, *one) for no, one in zip(numbers, listed, strict=True)))


def _is_recorded(row: Row) -> bool:
    return recorded_as_person(row["channel"], row["addressee"], row["answer_wanted"])


def _file(file_no: int, case_no: int, key: bytes, file: LetterFile) -> FileRow:
    row = {"case_no": case_no, "file_no": file_no}
    title = seal(key, file.title.encode(), place_of("letter_file", "title", row))
    content = seal(key, base64.b64encode(file.content), place_of("letter_file", "content", row))
    return FileRow(file_no, case_no, file.role, file.media_type, title, content)


def _revision(row: Row, now: datetime) -> LetterFile:
    said = _sealed_form({name: row[name] for name in ITEMS})
    return LetterFile(REVISION, f"{now:%Y-%m-%dT%H:%MZ}.json", "application/json", said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    columns = {
        str(name): frame[name].to_numpy(dtype=object, na_value=None).tolist()  # type: ignore[call-overload]
        for name in frame.columns
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _sealed_form(row: Row) -> bytes:
    return json.dumps(dict(row), ensure_ascii=False).encode()


def _kept_form(row: Row, files: Files) -> bytes:
    """Write a row and its files down as one: what is set aside is set aside whole."""
    listed = [file.plain() for file in files.get(row["source_key"] or "", ())]
    return _sealed_form(row | {"files": listed} if listed else row)
