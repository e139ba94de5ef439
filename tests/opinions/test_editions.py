"""A second report gives away nothing that the first one hid: neither by other months, nor by another version."""

from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from tayori.opinions.disclosure.attack import Attack, Knowledge
from tayori.opinions.disclosure.editions import Edition, Place, Stack, placed
from tayori.opinions.disclosure.release import release, release_beside
from tayori.opinions.disclosure.tables import Key, Sum, SuppressedTable, cell
from tayori.opinions.editions import Truth, places
from tayori.opinions.period import Period, whole_months
from tayori.opinions.report_tables import OTHER, UNSET
from tayori.opinions.trends import figures_of
from tests.opinions.builders import dice, facts_frame, whole_facts

FIRST = Period(date(2025, 4, 1), date(2026, 3, 31))
SECOND = Period(date(2026, 4, 1), date(2027, 3, 31))
ROLLING = Period(date(2025, 7, 1), date(2026, 6, 30))
K = 10


@dataclass
class Shelf:
    """The editions that were given out, and the facts as they are today."""

    facts: pd.DataFrame
    out: list[Edition] = field(default_factory=list)

    def beside(self, period: Period) -> Stack:
        """A new report of a period, and what is out already."""
        number = len(self.out) + 1
        new = placed(number, figures_of(self.facts, period, K), None, places(period, number))
        return Stack(new, tuple(self.out), Truth(self.facts, (new, *self.out)), K)

    def publish(self, period: Period) -> list[SuppressedTable]:
        """Release a report and put it on the shelf."""
        stack, figures = self.beside(period), figures_of(self.facts, period, K)
        place = places(period, stack.new.number)
        tables = release_beside(figures, [stack], place, k=K)
        self.out.append(placed(stack.new.number, figures, tables, place))
        return tables


def a_shelf() -> Shelf:
    return Shelf(facts_frame(dice(1), 600, (*FIRST.months, *SECOND.months)))


def printed(edition: Edition) -> dict[Key, int]:
    return {place.key: count for place, count in edition.cells.items() if count is not None}


def test_twelve_other_months_are_judged_beside_the_year() -> None:
    """Tables that hold alone give counts away by subtraction from the year's; released beside it, they do not."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    stack, figures = shelf.beside(ROLLING), figures_of(shelf.facts, ROLLING, K)
    alone = placed(2, figures, release(figures, k=K), places(ROLLING, 2))
    assert stack.exposed(printed(alone))
    shelf.publish(ROLLING)
    assert not stack.exposed(printed(shelf.out[-1]))


def test_months_their_quarter_and_the_year_come_out_one_after_the_other() -> None:
    """A ward's year of reports: none is refused for those before it, and together they give nothing away."""
    shelf = a_shelf()
    spans = [
        (date(2025, 4, 1), date(2025, 4, 30)),
        (date(2025, 5, 1), date(2025, 5, 31)),
        (date(2025, 6, 1), date(2025, 6, 30)),
    ]
    for first, last in [*spans, (date(2025, 4, 1), date(2025, 6, 30))]:
        shelf.publish(Period(first, last))
    stack = shelf.beside(FIRST)
    shelf.publish(FIRST)
    assert not stack.exposed(printed(shelf.out[-1])) - stack.given_away(stack.needs)


def test_what_subtraction_leaves_is_asked_for_and_what_no_report_prints_is_not() -> None:
    """A quarter less two of its months is the third; a field and a kind in one month stand in no table."""
    shelf = a_shelf()
    april, may, june = ("2025-04", "2025-05", "2025-06")
    for first, last in ((april, april), (may, may)):
        shelf.publish(whole_months(first, last))
    stack = shelf.beside(whole_months(april, june))
    theme, kind = ("theme", "動物"), ("kind", "thanks")
    assert {Place((theme,), frozenset(span)).key for span in ({june}, {may, june}, {april, may, june})} <= stack.told
    assert Place((kind, theme), frozenset({april, may, june})).key in stack.told
    for month in (april, may, june):
        alone = Place((kind, theme), frozenset({month})).key
        assert alone in stack.values  # noqa: PD011 - no frame
        assert alone not in stack.told


def test_tables_that_were_found_are_tables_for_who_prints_less() -> None:
    """Each attack leaves other tables behind; they agree with what stays of the print, and need not be sought again."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    stack, figures = shelf.beside(ROLLING), figures_of(shelf.facts, ROLLING, K)
    alone = placed(2, figures, release(figures, k=K), places(ROLLING, 2))
    shown = {key: (count, count) for key, count in printed(alone).items()}
    before, after = Attack(shown, stack.sums), Attack(dict(list(shown.items())[::2]), stack.sums)
    wanted = Knowledge({}, {key: (need.low, need.high) for key, need in stack.needs.items()})
    open_before = stack.needs.keys() - set(before.exposed(wanted))
    tables = list(before.found())
    today = {key: count.matters for key, count in stack.values.items()}  # noqa: PD011 - no frame
    assert tables
    for table in tables:
        after.suggest(today | table)
    assert not set(after.exposed(Knowledge({}, {key: wanted.needs[key] for key in open_before})))
    assert not list(after.found()), "nothing was left to be sought"


def test_what_cannot_be_is_nought_beside_other_editions_too() -> None:
    """An office that is not known has part in nothing, in whatever months: no count can hide behind it."""
    shelf = Shelf(whole_facts(dice(1), 300, (*FIRST.months, *SECOND.months)))
    shelf.publish(FIRST)
    never = cell(related=UNSET)
    judged = replace(shelf.beside(ROLLING), never=frozenset({never}))
    spans = judged.places.get(never, [])
    assert {Place(never, when).key for when in spans} <= judged.known
    assert spans


def test_what_cannot_move_at_once_is_moved_apart() -> None:
    """Two counts of which one alone can be high are both open: one table that serves both is not asked for."""
    one, two, both = cell(a="1"), cell(a="2"), cell(a="*")
    attack = Attack({both: (9, 9)}, [Sum(both, (one, two))])
    assert not set(attack.exposed(Knowledge({}, {one: (0, 9), two: (0, 9)})))
    assert set(attack.exposed(Knowledge({}, {one: (0, 10), two: (0, 9)}))) == {one}


def test_a_year_is_judged_beside_the_one_that_it_is_compared_with() -> None:
    """The comparison with the year before prints that year's months again: what was hidden of them stays hidden."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    stack = shelf.beside(SECOND)
    assert Place((), frozenset(FIRST.months)).key in stack.known
    shelf.publish(SECOND)
    assert not stack.exposed(printed(shelf.out[-1]))


def test_the_months_that_two_editions_do_not_share_are_a_count() -> None:
    """A year less eleven of its months is a month: what few letters say in it is asked to stay uncertain."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    stack = shelf.beside(Period(date(2025, 4, 1), date(2026, 2, 28)))
    march = [name for name in stack.needs if ("~when", "2026-03") in name]
    assert march
    assert any(name in march for name in stack.exposed(printed_whole(stack)))


def printed_whole(stack: Stack) -> dict[Key, int]:
    """Everything of the new edition, nothing hidden."""
    return {place.key: stack.truth(place).matters for place in stack.new.cells}


def test_one_late_letter_must_not_show() -> None:
    """A count that grew by one since it was printed is asked to stay unknown: the one is what a letter says."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    late = shelf.facts[shelf.facts["month"] == FIRST.months[0]].head(1).assign(mart_key="f" * 32)
    shelf.facts = pd.concat([shelf.facts, late], ignore_index=True)
    stack = shelf.beside(FIRST)
    whole = Place((), frozenset(FIRST.months))
    was = shelf.out[0].cells[whole]
    assert was is not None
    assert (stack.moved[whole.key].low, stack.moved[whole.key].high) == (was, was + K)
    assert whole.key in stack.exposed(printed_whole(stack))


def test_many_late_letters_may_show() -> None:
    """Ten letters that came in since are as many as a report may print."""
    shelf = a_shelf()
    shelf.publish(FIRST)
    month = shelf.facts[shelf.facts["month"] == FIRST.months[0]].iloc[[0] * 40]
    shelf.facts = pd.concat([shelf.facts, month.assign(mart_key=[f"f{at:031x}" for at in range(40)])])
    assert Place((), frozenset(FIRST.months)).key not in shelf.beside(FIRST).moved


def test_folded_topics_of_two_editions_are_two_things() -> None:
    """「その他」 folds other topics in each edition; what it counts is what no label of that edition names."""
    shelf = a_shelf()
    shelf.facts = shelf.facts.assign(topic="0001")
    shelf.facts.loc[shelf.facts.index[:4], ["topic", "month"]] = ["0009", FIRST.months[0]]
    shelf.publish(FIRST)
    (only,) = [place for place in shelf.out[0].cells if ("topic", f"{OTHER}#1") in place.what]
    assert shelf.beside(SECOND).truth(only).matters == 4
    assert "0009" not in str(shelf.out[0].cells)


def test_a_repeat_of_the_same_report_prints_the_same() -> None:
    """Made again without a change, a report hides what it hid, and nothing more comes out."""
    shelf = a_shelf()
    first = shelf.publish(FIRST)
    again = shelf.publish(FIRST)
    assert [table.cells for table in again] == [table.cells for table in first]
