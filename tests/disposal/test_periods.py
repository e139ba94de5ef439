"""How long records are kept is data: every table in exactly one class, periods by fiscal years, the night by both."""

from datetime import date, timedelta

import pytest

from tayori.domain.columns import PERSON_RULES, Erasure, Nearness
from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import (
    ERASED,
    AtEnd,
    disposable_from,
    done_before,
    fiscal_year,
    record_classes,
)
from tayori.domain.ward import ward
from tayori.errors import NotFound, Refused
from tayori.warehouse import closing, events
from tayori.warehouse.erasure import EXPIRIES, rules_of
from tayori.warehouse.setup import STORES

TABLES = [table for schema in STORES.values() for table in schema.sorted_tables]
CLASSES = record_classes().classes
NEAR = frozenset(Nearness) - {Nearness.NONE}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_table_of_every_store_stands_in_exactly_one_class(table: object) -> None:
    """No table can be forgotten: its class says whose, how long, by what authority, and what becomes of it."""
    assert len([one for one in CLASSES if str(table) in one.tables]) == 1


def test_no_class_names_a_table_that_does_not_exist() -> None:
    """The list holds no table of yesterday."""
    assert {name for one in CLASSES for name in one.tables} == {table.name for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_what_is_near_a_resident_does_not_outlive_its_contract(table: object) -> None:
    """L16: only proof about nobody, pseudonyms that die with their key, and the roster stay after a contract's end."""
    kind = record_classes().of_table(str(table))
    near = {column for column in table.columns if column.info["nearness"] in NEAR}  # type: ignore[attr-defined]
    stays = {Erasure.SHREDDED_PSEUDONYM, Erasure.ROSTER}
    if any(column.info["erasure"] not in stays for column in near):
        assert kind.at_end in ERASED


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_persons_table_is_of_line_and_a_cases_table_of_the_letters(table: object) -> None:
    """A class's contract agrees with the schema's own erasure rules."""
    rules, kind = rules_of(table), record_classes().of_table(str(table))  # type: ignore[arg-type]
    if rules & PERSON_RULES:
        assert Contract.LINE in kind.contracts
    if rules & {Erasure.CASE_ROW, Erasure.CASE_KEY}:
        assert kind.contracts == {Contract.OPINIONS}


@pytest.mark.parametrize("contract", Contract)
def test_the_rows_of_a_shared_table_are_told_apart(contract: Contract) -> None:
    """Every table that ends with a contract says which of its rows are that contract's."""
    for store in STORES:
        for table, kind in closing.tables_to_erase(contract, store):
            shared = len(kind.contracts) > 1
            assert (closing.of_contract(table, contract) is not None) == shared


def test_a_shared_table_that_nothing_tells_apart_is_refused() -> None:
    """A table of both contracts without a rule stops the end of a contract; it is not guessed."""
    audit = STORES["warehouse"].tables["audit_entry"]
    with pytest.raises(Refused, match="audit_entry"):
        closing.of_contract(audit, Contract.LINE)


def test_a_table_without_a_class_is_refused() -> None:
    """A new table needs a line in the classes of record."""
    with pytest.raises(NotFound, match="record_classes"):
        record_classes().of_table("tomorrow")


def test_the_night_ends_what_the_table_says_and_nothing_else() -> None:
    """Retention by age is read from the classes; ids of events outlive the oldest follow that may come."""
    held = {(one.table.name, one.moment.name, one.kept) for one in EXPIRIES}
    assert held == {(age.table, age.since, timedelta(days=age.days)) for age in record_classes().ages()}
    assert record_classes().age_of("event_seen") == events.REMEMBERED


def test_every_class_says_by_whose_authority_and_every_official_record_is_returned() -> None:
    """Each class names a clause or a decision; what is 公文書 is handed over before it is erased here."""
    for one in CLASSES:
        assert one.authority
        assert one.contracts
        if one.is_document:
            assert one.at_end is AtEnd.RETURN


def test_every_addressee_stands_in_one_series_and_an_unknown_one_is_kept_longest() -> None:
    """No letter is without a period; where it is not known yet, the longest holds."""
    series = record_classes().series
    named = [addressee for one in series for addressee in one.addressees]
    assert sorted(named) == sorted(ward().addressees)
    longest = max(one.fiscal_years for one in series)
    assert [one.fiscal_years for one in series if "unknown" in one.addressees] == [longest]


@pytest.mark.parametrize(
    ("done_on", "years", "first"),
    [
        (date(2020, 4, 1), 5, date(2026, 4, 1)),
        (date(2021, 3, 31), 5, date(2026, 4, 1)),
        (date(2021, 4, 1), 5, date(2027, 4, 1)),
        (date(2024, 2, 29), 1, date(2025, 4, 1)),
    ],
)
def test_a_period_counts_from_april_after_the_year_of_its_end(done_on: date, years: int, first: date) -> None:
    """公文書: full fiscal years from 1 April after the fiscal year in which the case was done."""
    assert disposable_from(done_on, years) == first
    assert done_on < done_before(first, years)
    assert done_on >= done_before(first - timedelta(days=1), years)


def test_the_bound_of_a_day_and_the_first_day_of_a_record_agree_on_every_day() -> None:
    """What SQL asks (done before) and what is stated (disposable from) are the same rule, day by day."""
    today = date(2026, 11, 2)
    for offset in range(0, 4000, 7):
        done_on = today - timedelta(days=offset)
        for years in (0, 1, 3, 5):
            assert (done_on < done_before(today, years)) == (disposable_from(done_on, years) <= today)
    assert fiscal_year(date(2026, 3, 31)) == 2025
