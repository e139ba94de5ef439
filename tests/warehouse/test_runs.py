"""The table of runs: what ran, how it ended, what it counted."""

from random import Random

import pytest

from tayori.domain.identifiers import RunId
from tayori.errors import NotFound
from tayori.office import Office
from tayori.warehouse import runs
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.runs import Outcome
from tests.support.builders import TestClock


def test_a_run_is_written_down_from_its_beginning_to_its_counts(office: Office, clock: TestClock) -> None:
    """A run that has begun stands in the table without an outcome, and at its end with counts."""
    with writing(office.warehouse) as connection:
        run_id = runs.begin(connection, "retention", clock(), Random(1))  # noqa: S311 - replayable
        begun = runs.latest(connection, "retention")
        runs.end(connection, run_id, Outcome.DONE, {"erased": 3}, clock.forward(minutes=2))
        ended = runs.find(connection, run_id)
    assert begun is not None
    assert (begun.run_id, begun.outcome, begun.counts) == (run_id, None, {})
    assert ended is not None
    assert (ended.outcome, ended.counts, ended.ended_at) == (Outcome.DONE, {"erased": 3}, clock())


def test_the_latest_run_is_of_the_story_and_outcome_asked_for(office: Office, clock: TestClock) -> None:
    """Another story's runs and runs that failed do not count as the last one done."""
    with writing(office.warehouse) as connection:
        done = runs.begin(connection, "retention", clock(), Random(1))  # noqa: S311 - replayable
        runs.end(connection, done, "done", {}, clock())
        failed = runs.begin(connection, "retention", clock.forward(hours=1), Random(2))  # noqa: S311 - replayable
        runs.end(connection, failed, "failed", {}, clock())
        runs.begin(connection, "ingest", clock.forward(hours=1), Random(3))  # noqa: S311 - replayable
    with reading(office.warehouse) as connection:
        last, last_done = runs.latest(connection, "retention"), runs.latest(connection, "retention", Outcome.DONE)
    assert last is not None
    assert last.run_id == failed
    assert last_done is not None
    assert last_done.run_id == done


def test_a_run_that_was_never_begun_cannot_end(sqlite_office: Office, clock: TestClock) -> None:
    """Ending an unknown run is refused with its id."""
    with writing(sqlite_office.warehouse) as connection, pytest.raises(NotFound, match="retention-x"):
        runs.end(connection, RunId("retention-x"), Outcome.DONE, {}, clock())


def test_a_run_that_was_killed_ends_as_failed_a_day_later(office: Office, clock: TestClock) -> None:
    """A row that stayed open is closed by the next run of its story after a day, a younger one is not."""
    with writing(office.warehouse) as connection:
        killed = runs.begin(connection, "ingest", clock(), Random(1))  # noqa: S311 - replayable
        young = runs.begin(connection, "ingest", clock.forward(hours=20), Random(2))  # noqa: S311 - replayable
        runs.begin(connection, "ingest", clock.forward(hours=5), Random(3))  # noqa: S311 - replayable
        ended, other = runs.find(connection, killed), runs.find(connection, young)
    assert ended is not None
    assert other is not None
    assert (ended.outcome, ended.ended_at, other.outcome) == (Outcome.FAILED, clock(), None)
