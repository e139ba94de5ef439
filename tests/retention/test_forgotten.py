"""Whatever happened to people before: once they left and the tombstones ended, no byte of them is in any file."""

import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tayori.domain.states import BatchState
from tayori.ingest.inbox import ingest_inbox
from tayori.ingest.quarantine import KIND, SetAside, set_aside
from tayori.ingest.verdict import Verdict
from tayori.office import Office
from tayori.retention import run
from tayori.vault.residue import probe
from tayori.vault.residue_forms import Needles
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import people
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.hygiene import store_files
from tests.ingest.builders import NOON_MS, an_event, deliver, rows, submit
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.frozen import a_batch
from tests.support.traces import tables_with_number

PEOPLE: Final = 3
STORES: Final = ("warehouse", "vault", "inbox")
who = st.integers(1, PEOPLE)
steps = st.one_of(
    st.tuples(st.sampled_from(["follow", "unfollow", "settings", "refused", "replay"]), who),
    st.tuples(st.sampled_from(["batch planned", "batch sent", "night", "days"]), st.just(0)),
)


def open_gate(frame: pd.DataFrame, _suite: str, _now: datetime) -> Verdict:
    """Let everything through: all that comes here is well-formed, and the rule is not about the gate."""
    return Verdict(frame, ())


@dataclass
class Ward:
    """A ward told step by step through the inbox, as the door fills it; what was delivered may come again later."""

    office: Office
    clock: TestClock
    delivered: list[dict[str, Any]] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    ever: dict[int, set[int]] = field(default_factory=dict)
    rows: int = 0

    def take(self, step: str, one: int) -> None:
        """Take one step."""
        self.clock.forward(hours=1)
        match step:
            case "follow" | "unfollow":
                self._event(step, one)
            case "settings" if self._number(one) is not None:
                self.rows += 1
                changes = {"number": self.rows, "confirmed_at": self.office.now().isoformat()}
                self.submitted.append({"person": one, **changes})
                submit(self.office, **self.submitted[-1])
            case "refused":
                self._refused(one)
            case "replay":
                self._replay(one)
            case "batch planned" | "batch sent" if numbers := self._following():
                a_batch(self.office, numbers, BatchState.PLANNED if step == "batch planned" else BatchState.ACCEPTED)
            case "night":
                self.night()
            case "days":
                self.clock.forward(days=3, hours=1)
        self._take_in()

    def night(self) -> None:
        """Let a night erase, rotate, expire and clean up."""
        run_id = run.begin(self.office)
        run.erase_leavers(self.office, run_id)
        run.rotate_keys(self.office, run_id)
        run.expire(self.office)
        run.clean_stores(self.office, run_id)

    def _event(self, kind: str, one: int) -> None:
        at = int(self.clock.moment.timestamp() * 1000) - NOON_MS
        self.delivered.append(an_event(kind, one, at=at))
        deliver(self.office, self.delivered[-1])

    def _refused(self, one: int) -> None:
        self.rows += 1
        index = self.office.index.of_line_id(a_line_id(one)) if self._number(one) is not None else None
        if index is not None:
            row = SetAside(self.rows, "a rule", a_line_id(one).encode(), index)
            with writing(self.office.warehouse) as warehouse:
                set_aside(self.office, warehouse, "file:test", [row])

    def _replay(self, one: int) -> None:
        """Deliver what came before again, as a redelivery and under another id; settings too."""
        mine = [event for event in self.delivered if event["source"]["userId"] == a_line_id(one)]
        for event in mine[-2:]:
            deliver(self.office, event, event | {"webhookEventId": an_event()["webhookEventId"]})
        for given_before in [before for before in self.submitted if before["person"] == one][-1:]:
            self.rows += 1
            submit(self.office, **(given_before | {"number": self.rows}))

    def _take_in(self) -> None:
        before = self.ever.copy()
        ingest_inbox(self.office, open_gate)
        for one in range(1, PEOPLE + 1):
            if (number := self._number(one)) is not None:
                self.ever[one] = before.get(one, set()) | {number}

    def _number(self, one: int) -> int | None:
        index = self.office.index.of_line_id(a_line_id(one))
        with reading(self.office.warehouse) as warehouse:
            known = people.find_people(warehouse, [index]).get(index)
        return known.person_no if known is not None and not known.left else None

    def _following(self) -> list[int]:
        return sorted(number for one in range(1, PEOPLE + 1) if (number := self._number(one)) is not None)

    def everybody_leaves(self) -> None:
        """Let all leave and be erased, and let the tombstones end."""
        self.clock.forward(hours=1)
        for one in range(1, PEOPLE + 1):
            self._event("unfollow", one)
        self._take_in()
        self.night()
        self.clock.forward(hours=73)
        self.night()


def kept_in_quarantine(office: Office) -> list[bytes]:
    """Give the content of every quarantined row that still has one."""
    held = rows(office, "SELECT epoch, sealed FROM quarantine WHERE sealed IS NOT NULL")
    return [office.box_keys.open(KIND, Sealed(epoch, bytes(sealed))) for epoch, sealed in held]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(steps, max_size=14))
def test_no_byte_of_a_leaver_remains_in_any_file(history: list[tuple[str, int]]) -> None:
    """For any history of follow, settings, refusal, broadcast, leaving, return and replay, in every encoding."""
    with tempfile.TemporaryDirectory() as folder:
        clock = TestClock()
        office = an_office(Path(folder), clock)
        ward = Ward(office, clock)
        for step in history:
            ward.take(*step)
        ward.everybody_leaves()
        ids = [a_line_id(one) for one in range(1, PEOPLE + 1)]
        files = {name: path for store in STORES for name, path in store_files(getattr(office, store)).items()}
        report = probe(files, Needles.of(ids).and_values(office.index.of_line_ids(ids)))
        assert report.hits == 0, report.hit_files
        everyone = {number for numbers in ward.ever.values() for number in numbers}
        assert all(tables_with_number(office, number) <= {"erasure_journal"} for number in everyone)
        assert not [content for content in kept_in_quarantine(office) for one in ids if one.encode() in content]
        assert rows(office, "SELECT * FROM tombstone") == []
        office.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(steps, max_size=10))
def test_who_comes_back_is_a_new_person(history: list[tuple[str, int]]) -> None:
    """After any history and a leaving a new follow is a number and a key that were never used, with nothing set."""
    with tempfile.TemporaryDirectory() as folder:
        clock = TestClock()
        office = an_office(Path(folder), clock)
        ward = Ward(office, clock)
        for step in history:
            ward.take(*step)
        ward.take("unfollow", 1)
        before = {number for numbers in ward.ever.values() for number in numbers}
        ward.take("follow", 1)
        (again,) = ward.ever[1] - before
        assert rows(office, f"SELECT * FROM reception_settings WHERE person_no = {again}") == []  # noqa: S608
        assert tables_with_number(office, again) == {"person", "person_key"}
        office.close()
