"""Cases of the old system come over: page by page, resumable, caught up with while the old system works (O7).

Until the cut-over the old system says what a case is: one that changed there is written anew here, under its own key.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection

from tayori.domain.calendar import WardCalendar, reply_due
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.domain.opinions import DOUBTFUL, answerable
from tayori.domain.states import CaseState
from tayori.errors import Refused, Unavailable
from tayori.ingest.intake import Progress, add_files, text_mark
from tayori.ingest.quarantine import SetAside, set_aside
from tayori.ingest.uncollected import uncollected
from tayori.ingest.verdict import Gate
from tayori.migration.cases import FRAME_COLUMNS, SEALED, SUITE, OldCase, OldSystem
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import seal_items
from tayori.warehouse import arrivals, closing, migrating, opinions
from tayori.warehouse.engines import writing
from tayori.warehouse.external import Watermark

EVIDENCE: Final = Evidence("flow:migration", Purpose.INTAKE)


@dataclass(slots=True)
class LoadCounts:
    """What became of the cases that were read: read = added + changed + same + disposed + refused, always."""

    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    disposed: int = 0
    """Disposed of here (廃棄) while the old system still has them: they do not come back."""
    refused: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """Give the counts as plain numbers."""
        told = {name: getattr(self, name) for name in ("read", "added", "changed", "same", "disposed")}
        return told | {"refused": self.refused.total(), "rules": dict(sorted(self.refused.items()))}


def load(office: Office, old: OldSystem, gate: Gate, on_progress: Progress | None = None) -> LoadCounts:
    """Bring over what is new or changed since the last time. Killed anywhere, the next run goes on from there.

    Raises:
        Refused: the cut-over is done; from then on cases live here.
        BadInput, Unavailable: the old system cannot be read; what came over stays.

    """
    with writing(office.warehouse) as people:
        stood = migrating.begun(people, old.name, office.now())
        _require_before_cut_over(stood)
    after = Watermark(**json.loads(stood.watermark)) if stood.watermark else None
    loader = _Loader(office, old.name, gate)
    for page in old.pages(after, office.now()):
        with office.writing_people() as stores:
            _require_before_cut_over(migrating.find(stores[0], old.name))
            loader.take(stores, page.cases)
            mark = json.dumps(asdict(page.upto))
            migrating.note(stores[0], old.name, watermark=mark, loaded_at=office.now(), report=None)
        if on_progress:
            on_progress(len(page.cases))
    return loader.counts


def _require_before_cut_over(row: migrating.MigrationRow) -> None:
    if row.phase == migrating.CUT_OVER:
        raise Refused("The cut-over is done: cases live here now, and nothing is read from the old system any more.")


class _Loader:
    """Writes pages of cases."""

    def __init__(self, office: Office, source: str, gate: Gate) -> None:
        self._office = office
        self._source = source
        self._gate = gate
        self._calendar = WardCalendar()
        self._version = self._calendar.version
        self.counts = LoadCounts()

    @uncollected
    def take(self, stores: tuple[Connection, Connection], cases: Sequence[OldCase]) -> None:
        """Judge a page; write what is new, write anew what changed, leave what is the same."""
        people, vault = stores
        closing.require_open(people, Contract.OPINIONS)
        judged = self._judged(people, cases)
        disposed = opinions.disposed_before(people, list(judged))
        good = {index: case for index, case in judged.items() if index not in disposed}
        known = migrating.marks_by_key(people, list(good))
        marks = {index: self._office.index.of_content(case.content()) for index, case in good.items()}
        fresh = {index: case for index, case in good.items() if index not in known}
        changed = {index: case for index, case in good.items() if index in known and known[index][1] != marks[index]}
        old = {index: known[index][0] for index in changed}
        keys = self._office.case_keys.open(vault, sorted(old.values())) if old else {}
        if len(keys) < len(old):
            lost = len(old) - len(keys)
            raise Unavailable(f"{lost} cases that changed have no key in the vault; restore it. Nothing was written.")
        new = self._created(stores, fresh)
        numbers, keys = old | dict(zip(fresh, new, strict=True)), keys | new
        migrating.clear(people, list(old.values()))
        self._write(
            people, [(numbers[i], keys[numbers[i]], i, marks[i], case) for i, case in (fresh | changed).items()]
        )
        self.counts.read += len(cases)
        self.counts.added += len(fresh)
        self.counts.changed += len(changed)
        self.counts.disposed += len(disposed)
        self.counts.same += len(good) - len(fresh) - len(changed)

    def _judged(self, people: Connection, cases: Sequence[OldCase]) -> dict[bytes, OldCase]:
        """Give the cases that the gate lets through, by the look-up value of their number; the others are set aside."""
        verdict = self._gate(_frame(cases), SUITE, self._office.now())
        refused = dict(verdict.refused)
        rows = [
            SetAside(self._row_no(cases[position]), rule, cases[position].content())
            for position, rule in refused.items()
        ]
        set_aside(self._office, people, self._source, rows)
        self.counts.refused.update(row.rule for row in rows)
        index = self._office.index
        return {
            index.of_source_key(self._source, case.key): case
            for position, case in enumerate(cases)
            if position not in refused
        }

    def _row_no(self, case: OldCase) -> int:
        return int.from_bytes(self._office.index.of_content(case.content())[:6])

    def _created(self, stores: tuple[Connection, Connection], fresh: Mapping[bytes, OldCase]) -> dict[int, bytes]:
        """Give numbers of new cases, in their order, each with its key."""
        if not fresh:
            return {}
        people, vault = stores
        numbers = opinions.reserve_cases(people, len(fresh))
        return dict(zip(numbers, self._office.case_keys.create(vault, numbers), strict=True))

    def _write(self, people: Connection, cases: Sequence[tuple[int, bytes, bytes, bytes, OldCase]]) -> None:
        if not cases:
            return
        what, now = f"migration from {self._source}", self._office.now()
        record(people, EVIDENCE, Action.WRITE, what, count=len(cases), now=now)
        opinions.add_cases(people, (self._row(*one) for one in cases))
        arrivals.add_arrivals(people, (self._arrival(number, case) for number, _, _, _, case in cases))
        add_files(people, [(number, key, case.files) for number, key, _, _, case in cases])

    def _arrival(self, number: int, case: OldCase) -> tuple[int, bytes | None, int]:
        opinion = case.items["opinion"] or ""
        return number, text_mark(self._office.index, opinion), opinion.count(DOUBTFUL)

    def _row(self, number: int, key: bytes, index: bytes, mark: bytes, case: OldCase) -> dict[str, Any]:
        items = case.items
        received, state = date.fromisoformat(items["received_on"] or ""), CaseState(items["state"] or "")
        waits = state is CaseState.RECEIVED and answerable(items) and items["answer_wanted"] != "no"
        managed = {name: items[name] for name in opinions.MANAGED}
        given = {item: items[item] for item in SEALED}
        return {
            "case_no": number,
            "receipt_no": case.key,
            "source": self._source,
            "source_key": index,
            "received_on": received,
            "target_on": reply_due(received, self._calendar) if waits else None,
            "calendar_version": self._version if waits else None,
            "theme": None,
            "state": state,
            "done_on": date.fromisoformat(items["done_on"]) if items["done_on"] else None,
            "content_mark": mark,
            **managed,
            **dict(zip(SEALED, seal_items(key, "opinion_case", number, given), strict=True)),
        }


def _frame(cases: Sequence[OldCase]) -> pd.DataFrame:
    columns: dict[str, list[str | None]] = {
        name: [case.items.get(name) for case in cases] for name in FRAME_COLUMNS if name not in {"row", "source_key"}
    }
    keys: list[str | None] = [case.key for case in cases]
    columns |= {"row": [str(number) for number in range(len(cases))], "source_key": keys}
    return pd.DataFrame({name: columns[name] for name in FRAME_COLUMNS}, dtype="str")
