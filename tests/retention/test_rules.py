"""The eraser walks the schema: no table that holds a person can be forgotten (I2)."""

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

from tayori.domain.columns import CASE_RULES, PERSON_RULES, Erasure, Nearness
from tayori.errors import Refused
from tayori.warehouse import erasure, wrapped_keys
from tayori.warehouse.erasure import EXPIRIES, Way, rules_of, walks, walks_through
from tayori.warehouse.schema.columns import classed, plain
from tayori.warehouse.setup import STORES

OTHERWISE = {
    Erasure.EXPIRY,
    Erasure.LIST_KEY,
    Erasure.BACKUP_KEY,
    Erasure.SHREDDED_PSEUDONYM,
    Erasure.ROSTER,
    Erasure.KEPT,
} | CASE_RULES


def test_every_rule_is_walked_or_ends_in_another_named_way() -> None:
    """Each erasure rule is walked when a person leaves, or is one that leaving does not touch: no third."""
    assert set(Erasure) == PERSON_RULES | OTHERWISE
    assert not PERSON_RULES & OTHERWISE


@pytest.mark.parametrize("store", sorted(STORES))
def test_every_table_that_holds_a_person_is_on_the_way(store: str) -> None:
    """Every table with a column under a person's rule is walked, in every store, and no other table is."""
    holding = {table.name for table in STORES[store].sorted_tables if rules_of(table) & PERSON_RULES}
    assert {walk.table.name for walk in walks(store)} == holding


def test_each_way_is_the_one_that_its_table_needs() -> None:
    """Rows by number go, quarantine is blanked, lists lose the number: as the columns say, table by table."""
    ways = {walk.table.name: walk.way for walk in walks()}
    assert ways["person"] is ways["reception_settings"] is ways["genre_choice"] is Way.ROWS
    assert ways["quarantine"] is Way.BLANKED
    assert [name for name, way in ways.items() if way is Way.LISTS] == ["batch"]


def test_the_vaults_walk_is_the_keyrings_own() -> None:
    """The vault's tables under a person's rule are exactly those whose keys the keyring destroys."""
    keyring = {wrapped_keys.LIVE["person"].name, wrapped_keys.NEXT["person"].name}
    assert {walk.table.name for walk in walks("vault")} == keyring
    assert {walk.way for walk in walks("vault")} == {Way.KEYS}


def test_every_column_that_expires_has_its_age() -> None:
    """Every table with a column under the rule of expiry has an age after which it ends, and no other has."""
    expiring = {
        table for schema in STORES.values() for table in schema.sorted_tables if Erasure.EXPIRY in rules_of(table)
    }
    assert {expiry.table for expiry in EXPIRIES} == expiring
    assert len(EXPIRIES) == len(expiring)


def test_a_table_of_letters_is_never_walked() -> None:
    """Letters are 公文書: no table with a rule for cases is on the eraser's way."""
    assert not [walk.table.name for walk in walks() if rules_of(walk.table) & CASE_RULES]


@pytest.mark.parametrize(
    "column",
    [
        classed("sender", LargeBinary, Nearness.PERSONAL, Erasure.PERSON_ROW),
        classed("line_index", LargeBinary, Nearness.PSEUDONYMOUS, Erasure.PERSON_ROW, nullable=False),
        classed("members", LargeBinary, Nearness.PSEUDONYMOUS, Erasure.MEMBER_LIST),
    ],
    ids=["no number", "cannot be blanked", "a list without its span"],
)
def test_a_table_that_no_walk_can_forget_is_refused(column: "Column[bytes]") -> None:
    """A new table that holds a person in a way that no walk knows stops the eraser before anything is erased."""
    schema = MetaData()
    Table("novelty", schema, plain("novelty_no", Integer, primary_key=True), column)
    with pytest.raises(Refused, match="novelty"):
        walks_through(schema)


def test_a_table_behind_another_goes_before_it() -> None:
    """Rows that point at a person go before the person's own row."""
    order = [walk.table.name for walk in erasure.walks()]
    assert order.index("reception_settings") < order.index("person")
