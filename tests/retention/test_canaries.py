"""Canaries are in no send, no count and no scan: every query on persons says on what ground it may see them (L14)."""

import ast
from itertools import pairwise
from pathlib import Path
from typing import Final

from sqlalchemy import select

from tayori.domain.columns import Erasure
from tayori.domain.identifiers import RunId
from tayori.domain.segments import Everyone
from tayori.domain.ward import ward
from tayori.office import Office
from tayori.retention import canaries, erase
from tayori.warehouse import analysis, audience, erasure, journal, lineids, people, surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import Chosen
from tayori.warehouse.schema.columns import warehouse as schema
from tests.broadcast.builders import add_people
from tests.ingest.builders import take_in
from tests.support.builders import a_line_id
from tests.support.people import choose, follow, leave
from tests.surveys import builders as answerers
from tests.surveys.builders import published

WAREHOUSE: Final = Path(people.__file__).parent
TABLES: Final = frozenset({"person", "genre_choice", "reception_settings", "survey_answer"})
ALIASES: Final = frozenset({"CHOICE", "CONCERNED", "FOLLOWS", "MISSING", "UNSEEN"})
RESIDENTS_ONLY: Final = {
    "audience.audience",
    "analysis.genre_choices",
    "analysis.with_settings",
    "audience.audience_numbers",
    "audience.next_numbers",
    "audience.still_in",
    "audience.overlap",
    "closing.subjects",
    "closing.unfinished",
    "earlier._in_audience",
    "erasure.waiting_since",
    "lineids.first_numbers",
    "people.count_people",
    "reconcile.note_first_sight",
    "reconcile.some_seen",
    "reconcile.sighting",
    "reconcile.tally",
    "surveys.answers_of",
    "surveys.count_answers",
}
"""Queries that no canary is in: by a bound of their own, or through the audience."""
BY_NUMBER: Final = {
    "audience.condition",  # conditions alone
    "lineids._sealed_between",
    "lineids.sealed_ids",
    "lineids.sealed_ids_of_list",
    "orphans.still_without_person",
    "own.find_own",
    "own.answered_by",
    "own.settings_of",
    "people.add_people",
    "people.confirmations",
    "people.detach",
    "people.drop_choices",
    "people.find_people",
    "people.mark_left",
    "people.put_settings",
    "people.touch",
    "reconcile.hold_people",
    "reconcile.indexes_of",
    "reconcile.put_misses",
    "reconcile.still_missing",
    "restored.leavers_of",
    "staff_links.numbers_of",
    "surveys.put_answer",
}
"""Queries about people whose numbers or look-up values the caller has from another one."""
EVERYBODY: Final = {
    "erasure.next_leavers",  # canaries first, then residents: asked for one or the other
    "orphans.keys_without_person",
    "orphans.people_without_key",
    "people.leavers",  # who waits for erasure, canaries included
    "restored.journalled_people",  # erased again after a restore, canaries of before included
    "surveys.forget_answers",  # of a survey that is closed for everybody
}
"""Queries that have to see canaries."""
SEALED: Final = [
    column for table in schema.sorted_tables for column in table.columns if column.info["erasure"] is Erasure.PERSON_KEY
]


def names_in(node: ast.AST) -> set[str]:
    """Give the tables that a function names, in code or in SQL."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found |= {inner.id} & (TABLES | ALIASES)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            words = inner.value.replace("(", " ").split()
            found |= {after for verb, after in pairwise(words) if verb in {"FROM", "UPDATE", "JOIN"}}
    return found & (TABLES | ALIASES)


def queries() -> set[str]:
    """Give every function of the warehouse that asks a table of persons."""
    found = set()
    for path in WAREHOUSE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and names_in(node):
                found.add(f"{path.stem}.{node.name}")
    return found


def test_every_query_on_persons_is_classed() -> None:
    """A new query says whether canaries may be in it; none that is gone stays on the list."""
    assert queries() == RESIDENTS_ONLY | BY_NUMBER | EVERYBODY


def some_of_each(office: Office) -> tuple[list[int], list[int]]:
    """Give the numbers of five residents and of three canaries, all of whom chose every genre."""
    residents = list(follow(office, [a_line_id(one) for one in range(1, 6)]))
    add_people(office, [a_line_id(one) for one in range(50, 53)], canaries=True)
    marked = [-1, -2, -3]
    genres = frozenset(ward().genres)
    choose(office, [Chosen(no, "2026-11", office.now(), genres=genres) for no in residents])
    return residents, marked


def test_canaries_are_in_no_audience_and_no_count(office: Office) -> None:
    """Whatever is asked for a number of people: residents alone are in it."""
    residents, marked = some_of_each(office)
    with reading(office.warehouse) as warehouse:
        assert people.count_people(warehouse) == analysis.with_settings(warehouse) == 5
        assert set(analysis.genre_choices(warehouse).values()) == {5}
        assert lineids.first_numbers(warehouse, 100) == residents
        for genre in ward().genres:
            assert audience.audience_numbers(warehouse, genre, Everyone()).tolist() == residents
            assert audience.count_audience(warehouse, genre, Everyone()) == 5
            assert audience.still_in(warehouse, genre, Everyone(), -10, 100).tolist() == residents
    leave(office, marked, "unfollow")
    with reading(office.warehouse) as warehouse:
        assert erasure.waiting_since(warehouse, office.now()) == 0


def test_canaries_stand_wherever_something_is_sealed_under_a_persons_key(office: Office) -> None:
    """What a probe seeks was sealed in every such column; answers to surveys are counted and opened without them."""
    survey, _ = published(office)
    answerers.follow(office, [1])
    answerers.answer(office, survey, 1, often="a")
    take_in(office)
    run_id = RunId("retention-test")
    canaries.plant(office, run_id)
    with reading(office.warehouse) as warehouse:
        for column in SEALED:
            marked = select(column).where(column.table.c.person_no < 0, column.is_not(None))
            assert len(warehouse.execute(marked).all()) == canaries.CANARIES
        assert surveys.count_answers(warehouse, survey.name) == len(surveys.answers_of(warehouse, survey.name)) == 1
    erase.erase_leavers(office, run_id, bytes(32))
    with reading(office.warehouse) as warehouse:
        assert surveys.count_answers(warehouse, survey.name) == 1


def test_a_night_counts_its_canaries_apart(office: Office) -> None:
    """They are planted, erased and sought in every run, and stand in no figure of residents."""
    residents, _ = some_of_each(office)
    leave(office, residents[:2])
    run_id = RunId("retention-test")
    canaries.plant(office, run_id)
    erased = erase.erase_leavers(office, run_id, bytes(32))
    assert (erased.residents, erased.canaries) == (2, canaries.CANARIES)
    with writing(office.warehouse) as warehouse:
        assert journal.journalled(warehouse, run_id).residents == 2
        assert len(journal.commitments(warehouse, run_id)) == 2
