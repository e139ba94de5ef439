"""Whatever happened to a person before: once they left and the night is over, nothing of them is in any table."""

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tayori.desk.surveys import publish
from tayori.domain.identifiers import RunId
from tayori.domain.states import BatchState
from tayori.ingest.quarantine import SetAside, set_aside
from tayori.office import Office
from tayori.retention.erase import erase_leavers, sweep_keys
from tayori.warehouse import people, surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import Chosen
from tests.support.builders import TestClock, a_line_id, an_office
from tests.support.frozen import a_batch
from tests.support.people import choose, follow, leave
from tests.support.traces import tables_with_bytes, tables_with_number
from tests.surveys.builders import a_survey, published

PEOPLE = 2
KEY = bytes(32)
NAMED, NAMELESS = "library", "visits"
who = st.integers(1, PEOPLE)
steps = st.one_of(
    st.tuples(st.just("follow"), who),
    st.tuples(st.just("choose"), who),
    st.tuples(st.just("answer"), who),
    st.tuples(st.just("leave"), who),
    st.tuples(st.just("quarantine"), who),
    st.tuples(st.sampled_from(["batch planned", "batch settled", "night"]), st.just(0)),
)


@dataclass
class Ward:
    """A ward that people come to and leave, told step by step; every number that anybody ever had is remembered."""

    office: Office
    clock: TestClock
    following: dict[int, int] = field(default_factory=dict)
    ever: dict[int, list[int]] = field(default_factory=dict)
    rows: int = 0

    def take(self, step: str, one: int) -> None:
        """Take one step; a step that cannot happen now (leaving twice) does nothing."""
        self.clock.forward(hours=1)
        match step:
            case "follow" if one not in self.following:
                self._come(one)
            case "choose" if one in self.following:
                chosen = Chosen(
                    self.following[one], "2026-11", self.office.now(), 1970 + one, 1, one, frozenset({1, 11})
                )
                choose(self.office, [chosen])
            case "answer" if one in self.following:
                self._answer(one)
            case "leave" if one in self.following:
                leave(self.office, [self.following.pop(one)])
            case "quarantine":
                self._quarantine(one)
            case "batch planned" | "batch settled" if self.following:
                state = BatchState.PLANNED if step == "batch planned" else BatchState.ACCEPTED
                a_batch(self.office, sorted(self.following.values()), state)
            case "night":
                self.night()

    def night(self) -> None:
        """Let the eraser walk."""
        erase_leavers(self.office, RunId("retention-any"), KEY, size=2)
        sweep_keys(self.office)

    def _come(self, one: int) -> None:
        index = self.office.index.of_line_id(a_line_id(one))
        with writing(self.office.warehouse) as warehouse:
            known = people.find_people(warehouse, [index])
            detached = self.office.index.of_detached
            numbers = [person.person_no for person in known.values()]
            people.detach(warehouse, [(number, detached(a_line_id(one), number)) for number in numbers])
        (number,) = follow(self.office, [a_line_id(one)])
        self.following[one] = number
        self.ever.setdefault(one, []).append(number)

    def _answer(self, one: int) -> None:
        """Answer a survey by name, and another one without: its token follows from the look-up value."""
        (token,) = self.tokens(one)
        with writing(self.office.warehouse) as warehouse:
            surveys.put_answer(warehouse, NAMED, self.following[one], b"sealed")
            if not surveys.spent(warehouse, NAMELESS, [token]):
                surveys.spend(warehouse, NAMELESS, [token], self.office.now() + timedelta(days=30))

    def tokens(self, one: int) -> list[bytes]:
        """Give what would tell that somebody has answered the survey without names."""
        return self.office.survey_keys.tokens(NAMELESS, [self.office.index.of_line_id(a_line_id(one))])

    def _quarantine(self, one: int) -> None:
        self.rows += 1
        index = self.office.index.of_line_id(a_line_id(one)) if one in self.following else None
        with writing(self.office.warehouse) as warehouse:
            set_aside(self.office, warehouse, "inbox", [SetAside(self.rows, "a rule", a_line_id(one).encode(), index)])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(steps, min_size=6, max_size=18))
def test_nothing_of_a_leaver_remains_whatever_happened_before(history: list[tuple[str, int]]) -> None:
    """For any history: a former number stands in the journal alone, a leaver's look-up value nowhere at all."""
    clock = TestClock()
    with tempfile.TemporaryDirectory() as folder:
        office = an_office(Path(folder), clock)
        ward = Ward(office, clock)
        _, by = published(office, name=NAMED)
        publish(office, by, a_survey(name=NAMELESS, anonymous=True))
        for step in history:
            ward.take(*step)
        ward.night()
        for one in range(1, PEOPLE + 1):
            former = [number for number in ward.ever.get(one, []) if number != ward.following.get(one)]
            assert all(tables_with_number(office, number) == {"erasure_journal"} for number in former)
            if one not in ward.following:
                line_id = a_line_id(one)
                sought = (office.index.of_line_id(line_id), line_id.encode(), *ward.tokens(one))
                assert not tables_with_bytes(office, *sought)
        with reading(office.warehouse) as warehouse:
            assert people.count_people(warehouse) == len(ward.following)
        office.close()
