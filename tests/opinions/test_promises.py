"""What answers of earlier years promised, and what became of it: what an answer said stays as it was said."""

from datetime import date

import pandas as pd
import pytest

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.settle import settle
from tayori.certificates.pdf import pdf_available
from tayori.desk import handling
from tayori.desk.dispatching import issue
from tayori.domain.answering import Response, leading
from tayori.office import Office
from tayori.opinions.disclosure.editions import Stack, placed
from tayori.opinions.disclosure.release import release, release_beside
from tayori.opinions.disclosure.tables import cell
from tayori.opinions.editions import Truth, places
from tayori.opinions.period import Period
from tayori.opinions.trends import figures_of
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.desk import desk_case
from tests.desk.builders import Staff, decided, sent, the_staff
from tests.opinions.builders import dice, whole_facts
from tests.support.letters import ALetter, receive

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
BEFORE = Period(date(2025, 4, 1), date(2026, 3, 31))


@pytest.fixture
def staff(office: Office) -> Staff:
    """Give the staff of an office on either store."""
    return the_staff(office)


def years() -> pd.DataFrame:
    """Letters of a year and of the two before."""
    spans = [YEAR.months, YEAR.years_before(1), YEAR.years_before(2)]
    held = [
        whole_facts(dice(at), 300, months).assign(mart_key=range(1000 * at, 1000 * at + 300))
        for at, months in enumerate(spans, 1)
    ]
    return pd.concat(held, ignore_index=True)


@pytest.mark.pdf
@pytest.mark.skipif(not pdf_available(), reason="Pango is not installed")
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_a_promise_is_counted_as_said_and_its_outcome_as_it_is_now(office: Office, staff: Staff) -> None:
    """検討 when the answer left; half a year later it is done: the measure stays, the outcome is another."""
    receipt_no = decided(office, staff, response=Response.CONSIDERED)
    issue(office, staff["sakura"], receipt_no)
    sent(office, staff, receipt_no)
    mask_done_cases(office)
    settle(office)
    told = facts_of(office, "2026-10", "2026-10")[["measure", "outcome"]]
    assert told.to_numpy().tolist() == [["considered", "open"]]
    handling.follow_up(office, staff["clerk"], receipt_no, Response.DONE, "工事が終わった")
    told = facts_of(office, "2026-10", "2026-10")[["measure", "outcome"]]
    assert told.to_numpy().tolist() == [["considered", "done"]]


@pytest.mark.parametrize(
    ("said", "now", "outcome"),
    [("planned", "done", "done"), ("planned", "planned", "open"), ("done", "done", None), ("difficult", "done", None)],
)
def test_only_what_was_promised_has_an_outcome(office: Office, said: str, now: str, outcome: str | None) -> None:
    """実施済 at once was no promise, nor was 困難."""
    (number,) = receive(office, ALetter(masked=False))
    with writing(office.warehouse) as people:
        row = {"case_no": number, "fiscal_year": 2020, "file_no": 1, "arrived_on": date(2020, 4, 2)}
        people.execute(desk_case.insert().values(row | {"answered_as": said, "response": now}))
    mask_done_cases(office)
    settle(office)
    told = facts_of(office, "2020-04", "2020-04")["outcome"]
    assert told.dropna().tolist() == ([] if outcome is None else [outcome])


def test_the_table_counts_the_same_months_of_each_earlier_year() -> None:
    """What was said and what became of it add up to the same number; this year's promises are not among them."""
    facts = years()
    figures = figures_of(facts, YEAR)
    matters, table = figures.values, next(one for one in figures.tables if one.name == "promised")  # noqa: PD011
    assert table.rows == ("令和6年度（2024年度）", "令和7年度（2025年度）")
    for keys, back in zip(table.keys, (2, 1), strict=True):
        mine = facts[facts["month"].isin(YEAR.years_before(back)) & facts["outcome"].notna()]
        considered, planned, whole, kept, rest = (matters.get(key, 0) for key in keys)
        assert (whole, kept) == (len(mine), int((mine["outcome"] == "done").sum()))
        assert considered + planned == kept + rest == whole


def test_without_an_earlier_year_nothing_was_promised() -> None:
    """A first year has no such table."""
    figures = figures_of(whole_facts(dice(1), 300, YEAR.months), YEAR)
    assert "promised" not in {table.name for table in figures.tables}


def test_editions_count_the_same_places_as_the_report() -> None:
    """What a later report holds against an edition is what the edition counted: promises, parts and all."""
    facts = years()
    figures, place = figures_of(facts, YEAR), places(YEAR, 1)
    truth = Truth(facts, [placed(1, figures, None, place)])
    letters = figures.letters
    apart = {key for key in figures.cells() if key and key[0][0] in {"unit", "topic"}}
    for key in set(figures.cells()) - apart:
        count = truth(place(key))
        assert (count.matters, count.letters) == (figures.values.get(key, 0), letters.get(key, 0)), key  # noqa: PD011
    assert cell(part="*") in figures.cells()


@pytest.mark.parametrize(
    ("responses", "whole"),
    [(["done", "considered"], "considered"), (["difficult", "done"], "difficult"), (["planned"], "planned")],
)
def test_an_answer_comes_back_while_any_matter_is_considered(responses: list[str], whole: str) -> None:
    """検討 of one matter keeps the whole letter coming back; else the first matter speaks for it."""
    assert leading([Response(one) for one in responses]) == whole


def test_a_measure_that_an_edition_hid_is_not_told_by_its_promises() -> None:
    """Five answers said 検討, thirty 実施予定, which an edition printed: their total would tell the five."""
    facts = years()
    answers = facts.index[facts["month"].isin(BEFORE.months) & (facts["state"] == "answered")]
    facts.loc[answers, ["measure", "outcome"]] = ["done", None]
    facts.loc[answers[:41], "measure"] = ["considered"] * 5 + ["difficult"] * 6 + ["planned"] * 30
    facts.loc[[*answers[:5], *answers[11:41]], "outcome"] = ["done", "open"] * 17 + ["done"]
    first, second, beside = figures_of(facts, BEFORE), figures_of(facts, YEAR), places(YEAR, 2)
    out = placed(1, first, release(first, k=10), places(BEFORE, 1))
    assert out.cells[beside(cell(measure="planned", years_before="1"))] == 30
    new = placed(2, second, None, beside)
    tables = release_beside(second, [Stack(new, (out,), Truth(facts, (new, out)), 10)], beside, k=10)
    considered, _, whole, *became = next(one for one in tables if one.name == "promised").cells[-1]
    assert (considered, whole) == (None, None)
    assert None in became
