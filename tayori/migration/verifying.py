"""Whether nothing was lost or changed: the old system read anew and held against what is stored here (O7).

It trusts nothing of the loading but the mapping: it reads every case again, opens what is stored here under the
cases' keys, and looks for what is missing, what is too much, what says something else, what belongs to nobody.
"""

import base64
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.ingest.sources.files import LetterFile
from tayori.ingest.uncollected import uncollected
from tayori.migration.cases import ITEMS, OldCase, OldSystem, files_text
from tayori.migration.comparing import FILES, RECEIPT, Checksums, Comparison, Values
from tayori.office import Office
from tayori.vault.audit import Action, Recorded, record
from tayori.vault.cases import keys_that_open, open_whole
from tayori.warehouse import arrivals, migrating, quarantine
from tayori.warehouse.engines import reading, writing

SAMPLES: Final = 200
CODED: Final = ("channel", "addressee", "answer_wanted", "kind", "department", "state")
Row = Mapping[str, Any]


@dataclass(slots=True)
class Verification:
    """What was found: the comparison, counts by code on both sides, samples looked at, rows that belong to nobody."""

    comparison: Comparison
    tables: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    samples: list[dict[str, object]] = field(default_factory=list)
    referential: dict[str, int] = field(default_factory=dict)
    read: int = 0


def verify(
    office: Office, by: HandlerId, old: OldSystem, on_progress: Callable[[int], None] | None = None
) -> Verification:
    """Read the old system from its beginning and hold every case against what is here. Opens, and changes nothing.

    Raises:
        NotFound: nothing was migrated from it.
        Unavailable: the old system or a store is away.

    """
    with reading(office.warehouse) as people:
        migrating.find(people, old.name)
    key = secrets.token_bytes(32)
    evidence = Evidence(by, Purpose.INSPECTION)
    verifier = _Verifier(office, old.name, evidence, Comparison(Checksums(key), Checksums(key)))
    for page in old.pages(None, None):
        verifier.page(page.cases)
        if on_progress:
            on_progress(len(page.cases))
    verifier.look_for_the_rest()
    for table, count in old.inspected().items():
        verifier.referential(f"source:{table}", count)
    return verifier.found


class _Verifier:
    """Holds pages of the old system against the stores."""

    def __init__(self, office: Office, source: str, evidence: Evidence, comparison: Comparison) -> None:
        self._office = office
        self._source = source
        self._evidence = evidence
        self._seen: set[int] = set()
        self._read: set[bytes] = set()
        self._theirs: dict[str, Counter[str]] = {column: Counter() for column in CODED}
        self._dice = Random(secrets.randbits(64))  # noqa: S311 - which cases are samples is no secret
        self.found = Verification(comparison)

    @uncollected
    def page(self, cases: Sequence[OldCase]) -> None:
        """Hold some cases against theirs here."""
        index = self._office.index
        indexes = [index.of_source_key(self._source, case.key) for case in cases]
        recorded = self._recorded(len(cases))
        with reading(self._office.warehouse) as people, reading(self._office.vault) as vault:
            stored = migrating.cases_by_key(people, indexes)
            opened = self._opened(vault, "opinion_case", list(stored.values()), recorded)
            files = self._files(people, vault, [row["case_no"] for row in stored.values()], recorded)
        ours = {key: _ours(row, files) for key, row in zip(stored, opened, strict=True)}
        for case, mine in zip(cases, indexes, strict=True):
            number = stored[mine]["case_no"] if mine in stored else None
            if mine in self._read:  # a clerk changed it since it was read
                self.found.comparison.found("moving", "", number)
                continue
            self._read.add(mine)
            self._case(case, number, ours.get(mine))
        self.found.read += len(cases)

    def _recorded(self, count: int) -> Recorded:
        with writing(self._office.warehouse) as log:
            what = f"verification of the migration from {self._source}"
            return record(log, self._evidence, Action.OPEN, what, count=count, now=self._office.now())

    def _case(self, case: OldCase, number: int | None, ours: Values | None) -> None:
        theirs = {**case.items, RECEIPT: case.key, FILES: files_text(case.files)}
        for column in CODED:
            self._theirs[column][theirs[column] or ""] += 1
        if number is None:
            self.found.comparison.lone(case.key, theirs)
            return
        self._seen.add(number)
        if ours is None:
            self.found.comparison.source.add(case.key, theirs)
            self.found.comparison.found("unopenable", "", number)
            return
        self.found.comparison.pair(case.key, number, theirs, ours)
        self._sample(number, theirs, ours)

    def _opened(
        self, vault: Connection, table: str, rows: Sequence[Row], recorded: Recorded
    ) -> list[dict[str, Any] | None]:
        return open_whole(vault, self._office.case_keys, table, rows, recorded)

    def _files(
        self, people: Connection, vault: Connection, numbers: Sequence[int], recorded: Recorded
    ) -> dict[int, str | None]:
        """Give the text that stands for a case's files; None where one of them does not open."""
        rows = [{name: getattr(row, name) for name in row.__slots__} for row in arrivals.files_of(people, numbers)]
        held: dict[int, list[dict[str, Any] | None]] = {}
        for row, opened in zip(rows, self._opened(vault, "letter_file", rows, recorded), strict=True):
            held.setdefault(row["case_no"], []).append(opened)
        return {number: _files_text(opened) for number, opened in held.items()}

    def _sample(self, number: int, theirs: Values, ours: Values) -> None:
        """Keep a sample of all cases, each as likely as another (reservoir)."""
        told: dict[str, object] = {"case_no": number, "columns": len(ours), "equal": theirs == ours}
        if len(self.found.samples) < SAMPLES:
            self.found.samples.append(told)
        elif (place_in := self._dice.randrange(len(self._seen))) < SAMPLES:
            self.found.samples[place_in] = told

    def look_for_the_rest(self) -> None:
        """Find what is here and not there, count both sides by code, and look for what belongs to nobody."""
        with reading(self._office.warehouse) as people, reading(self._office.vault) as vault:
            mine = migrating.numbers(people, self._source)
            ours = migrating.tabulated(people, self._source, CODED)
            unarrived = migrating.arrivals_missing(people, self._source)
            waiting = [row for row in quarantine.waiting(people) if row.source == self._source]
            keyed = keys_that_open(vault, self._office.case_keys, [number for number, _ in mine])
        for number, _ in mine:
            if number not in self._seen:
                self.found.comparison.found("extra", "", number)
        self.found.comparison.here.cases = len(mine)
        self.referential("here:cases without key", len(mine) - len(keyed))
        self.referential("here:cases without arrival", unarrived)
        self.referential("here:set aside by the gate", len(waiting), counts=False)
        for column in CODED:
            counted = {value or "": count for value, count in ours[column].items()}
            self.found.tables[column] = {"source": dict(sorted(self._theirs[column].items())), "here": counted}
            for value in {*counted, *self._theirs[column]}:
                if counted.get(value, 0) != self._theirs[column].get(value, 0):
                    self.found.comparison.found("count", column)

    def referential(self, what: str, count: int, *, counts: bool = True) -> None:
        """Note how many rows a check found; with `counts`, any is a difference."""
        self.found.referential[what] = count
        if counts and count:
            self.found.comparison.differs["referential", what] += count


def _ours(row: Row | None, files: Mapping[int, str | None]) -> Values | None:
    """Give an opened case as texts; nothing where it or one of its files did not open."""
    if row is None or (row["case_no"] in files and files[row["case_no"]] is None):
        return None
    return {item: _text(row[item]) for item in (RECEIPT, *ITEMS)} | {FILES: files.get(row["case_no"])}


def _text(value: Any) -> str | None:  # noqa: ANN401 - a column's value, whatever its type
    return value if value is None or isinstance(value, str) else str(value.isoformat())


def _files_text(rows: Sequence[Row | None]) -> str | None:
    try:
        return files_text([_file(row) for row in rows if row is not None]) if None not in rows else None
    except ValueError:
        return None


def _file(row: Row) -> LetterFile:
    return LetterFile(row["role"], row["title"], row["media_type"], base64.b64decode(row["content"]))
