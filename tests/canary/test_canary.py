"""The canary run (I3): marked people and letters go through every flow and failure; then everything is searched."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox.demo.world import ROOT
from tayori.retention import canaries
from tayori.vault.residue_forms import Needles
from tayori.warehouse.engines import reading
from tayori.warehouse.schema.records import run
from tests.canary import opened, scenes, visits
from tests.canary.form import refuses
from tests.canary.marks import Marks
from tests.canary.search import Found, in_columns, in_database, in_folder, in_texts
from tests.canary.walk import FLOWS, Met
from tests.canary.world import World, running_world
from tests.support.prefect_server import PrefectServer

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(1_200)]  # it walks every flow
TYPED = {
    "ingest": ("order", "seconds"),
    "broadcast": ("order", "broadcast_id"),
    "opinion_analysis": ("period", "first"),
}


@dataclass(frozen=True)
class Walked:
    """A walk that is over: its world, what was met, and what is sought."""

    world: World
    met: list[Met]
    needles: Needles


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, prefect_server: PrefectServer) -> Iterator[Walked]:
    """Let the marked go through everything once."""
    marks = Marks("cafe5eed")
    with running_world(tmp_path_factory.mktemp("canary"), prefect_server, marks) as world:
        met = scenes.everything(world)
        yield Walked(world, met, marks.needles(*_marks_of_the_nights(world)))


def _marks_of_the_nights(world: World) -> list[str]:
    with reading(world.office.warehouse) as connection:
        nights = connection.execute(select(run.c.run_id).where(run.c.story == "retention")).scalars().all()
    return [mark for night in nights for mark in canaries.markers(world.office, night)]


def test_every_flow_is_walked(walked: Walked) -> None:
    """A flow that is added has to be walked too, both to its end and into a failure."""
    assert {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"} == set(FLOWS)
    for expected in ("COMPLETED", "FAILED"):
        assert {one.flow for one in walked.met if one.outcome.type == expected} >= set(FLOWS)


def test_everything_ended_as_it_had_to(walked: Walked) -> None:
    """Each failure happened, and each flow got to its end: what is searched is what such runs leave."""
    astray = [(one.flow, one.what, one.outcome) for one in walked.met if one.outcome.type != one.expected]
    assert astray == []
    assert sum(one.outcome.stumbled for one in walked.met) >= len(FLOWS)


def test_the_marked_are_under_the_seals(walked: Walked) -> None:
    """People, letters and what was refused really came in: opened, they show their marks."""
    world, marks = walked.world, walked.world.marks
    gone = scenes.BLOCKED + scenes.QUIT
    assert sorted(opened.line_ids(world.office)) == sorted(scenes.residents(world)[gone:])
    letters, mails = opened.letters(world.office, mailed=False), opened.letters(world.office, mailed=True)
    assert len(letters) > 200
    assert all(marks.word in letter["opinion"] for letter in letters)
    assert sum(marks.word in mail["opinion"] for mail in mails) > 20  # others lose it: what is quoted is no letter
    answers = opened.answers(world.office, "library")
    assert len(answers) == visits.TOGETHER + 2 - gone
    assert all(marks.word in one for one in answers)
    assert opened.counted(world.office, "parks") == visits.TOGETHER + 1  # who erased themself is nobody by then
    assert not any(f"out-{marks.word}" in item for letter in [*letters, *mails] for item in letter.values())
    aside = opened.set_aside(world.office, [marks.talk.encode(), marks.word.encode(), marks.tail.encode()])
    assert set(scenes.RULES) <= set(aside), aside


def test_no_mark_in_what_the_stores_hold_open(walked: Walked) -> None:
    """Outside the sealed columns, no value of any table of warehouse, vault and inbox holds a mark."""
    assert_clean(in_columns(walked.world.office, walked.needles))


@pytest.mark.parametrize("place", ["home", "said", "tmp", "out"])
def test_no_mark_in_any_file(walked: Walked, place: str) -> None:
    """Raw database files, reports, certificates, logs and output of processes: nothing is there but what is sealed."""
    folder = walked.world.folder / place
    if place in {"tmp", "out"} and not any(path.is_file() for path in folder.rglob("*")):
        return  # nothing was left there at all
    assert_clean(in_folder(folder, walked.needles))


def test_no_mark_at_prefect(walked: Walked) -> None:
    """Runs, states, parameters, names, logs, events, artifacts and results: in the files, and value by value."""
    server = walked.world.prefect
    _wait_until_quiet(server)
    assert_clean(in_folder(server.home, walked.needles))
    assert_clean(in_database(server.database, walked.needles))


def test_no_mark_in_mail(walked: Walked) -> None:
    """What the desk is told by mail holds no mark; and it was told something."""
    mails = {str(at): mail.as_bytes() for at, mail in enumerate(walked.world.mail.received)}
    assert mails
    assert_clean(in_texts(mails, walked.needles))


def test_the_search_reads_what_is_there(walked: Walked) -> None:
    """What may be there is found where it is written: runs by their ids, the certificate by its number."""
    with reading(walked.world.office.warehouse) as connection:
        runs = connection.execute(select(run.c.run_id).where(run.c.outcome == "done")).scalars().all()
    assert in_columns(walked.world.office, Needles.of(runs)).hits > 0
    number = Needles.of(["L-2026-0001", "L-2027-0001"])
    assert in_database(walked.world.prefect.database, number).hits > 0
    assert in_folder(walked.world.folder / "home", number).hits > 0
    assert in_folder(walked.world.folder / "said", number).hits > 0


@pytest.mark.parametrize("flow", TYPED)
def test_an_id_typed_into_the_form_starts_nothing(walked: Walked, flow: str) -> None:
    """Where staff type a LINE id instead of what is asked for, the server refuses it, and keeps nothing of it."""
    from importlib import import_module  # noqa: PLC0415 - with the next: start-up time, seconds

    from prefect.utilities.callables import parameter_schema  # noqa: PLC0415

    schema = parameter_schema(getattr(import_module(f"flows.{flow}"), flow)).model_dump_for_openapi()
    model, field = TYPED[flow]
    typed = {model: {field: walked.world.marks.resident(7)}}
    assert refuses(walked.world.prefect, flow.replace("_", "-"), schema, typed)


def assert_clean(found: Found) -> None:
    assert found.bytes_read > 0
    assert (found.hits, found.where) == (0, ())


def _wait_until_quiet(server: PrefectServer) -> None:
    """Wait until the server has written what it was told."""
    sizes, until = [-1, 0], time.monotonic() + 20
    while sizes[-1] != sizes[-2] and time.monotonic() < until:
        time.sleep(1)
        sizes.append(sum(path.stat().st_size for path in _files(server.home)))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
