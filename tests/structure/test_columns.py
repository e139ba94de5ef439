"""Every column says what it is, which entry of the register allows it, and how it ends (I1, I2)."""

import re

import pytest
from sqlalchemy import Column

from tayori.domain.columns import CASE_RULES, NEEDS_ITEM, PERSON_RULES, Erasure, Nearness
from tayori.domain.register import register
from tayori.warehouse.erasure import EXPIRIES, walks
from tayori.warehouse.setup import STORES

COLUMNS = [column for store in STORES.values() for table in store.sorted_tables for column in table.columns]
TABLES = [table for store in STORES.values() for table in store.sorted_tables]
SOUNDS_PERSONAL = re.compile(r"person|line|user|name|address|mail|phone|fax|birth|sex|area|genre|opinion|answer|member")
ABOUT_NOBODY = {
    "segment.name",  # the name that staff give to a condition
    "broadcast.genre",  # what a broadcast is about, not who chose it
    "broadcast_version.genre",  # the same, of an earlier text
    "standing.genre",  # what a plan or template is about
    "lease.name",  # the name of a lock
    "person_counter.kind",
    "survey.name",  # the name that staff give to a survey
    "survey_tally.answers",  # a count of anonymous or counted answers
    "erasure_tally.table_name",  # a table of ours
}


def _named(column: Column[object]) -> str:
    return f"{column.table.name}.{column.name}"


@pytest.mark.parametrize("column", COLUMNS, ids=_named)
def test_every_column_is_classed_and_has_an_erasure_rule(column: Column[object]) -> None:
    """I2: a class, a rule, and for what is personal an entry of the register that exists (I1)."""
    nearness, rule, item = (column.info[fact] for fact in ("nearness", "erasure", "item"))
    assert isinstance(nearness, Nearness)
    assert isinstance(rule, Erasure)
    assert item is None or item in register().names()
    if nearness in NEEDS_ITEM:
        assert item is not None
    assert (nearness is Nearness.NONE) == (rule is Erasure.KEPT)


def test_every_entry_of_the_register_that_is_built_has_a_column() -> None:
    """The register holds nothing that nobody stores, but for what the roadmap plans."""
    used = {column.info["item"] for column in COLUMNS}
    assert register().names() == used - {None}


@pytest.mark.parametrize("column", COLUMNS, ids=_named)
def test_a_column_that_sounds_personal_is_classed_as_near_to_a_person(column: Column[object]) -> None:
    """What would be overlooked: a column with a person's word in its name, declared as about nobody."""
    if SOUNDS_PERSONAL.search(column.name) and _named(column) not in ABOUT_NOBODY:
        assert column.info["nearness"] is not Nearness.NONE


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_whatever_is_near_to_a_person_has_a_way_to_its_end(table: object) -> None:
    """I2: a table under a person's rule is on the eraser's way, one under expiry has a date, one of cases a case."""
    rules = {column.info["erasure"] for column in table.columns}  # type: ignore[attr-defined]
    if rules & PERSON_RULES:
        assert table in [walk.table for store in STORES for walk in walks(store)]
    if Erasure.EXPIRY in rules:
        assert table in [expiry.table for expiry in EXPIRIES]
    if rules & CASE_RULES:
        assert {"case_no", "number"} & {column.name for column in table.columns}  # type: ignore[attr-defined]


def test_letters_and_line_ids_are_stored_sealed_only() -> None:
    """P8: what a key protects is bytes, never text."""
    sealed = {Erasure.PERSON_KEY, Erasure.CASE_KEY}
    for column in COLUMNS:
        if column.info["erasure"] in sealed and column.info["nearness"] is Nearness.PERSONAL:
            assert column.type.python_type is bytes, _named(column)
