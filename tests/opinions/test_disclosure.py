"""Nobody can be found in a released table, and the proof does not rest on the code that made it."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.errors import Refused
from tayori.opinions.disclosure.audit import audit
from tayori.opinions.disclosure.intervals import hidden_cells
from tayori.opinions.disclosure.problem import sensitive
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.suppression import Suppression, hide, suppress
from tayori.opinions.disclosure.tables import TOTAL, Figures, Series, at_least, cell, side_by_side, two_way
from tests.opinions.builders import a_dimension, dice, random_figures


def small_figures(*counts: tuple[int, int]) -> Figures:
    """A table of given rows with two columns."""
    table = two_way("ab", "表", a_dimension("a", len(counts)), a_dimension("b", 2))
    values = {
        cell(a=f"a{row}", b=f"b{column}"): counts[row][column] for row, column in product(range(len(counts)), (0, 1))
    }
    values |= {cell(a=f"a{row}"): sum(pair) for row, pair in enumerate(counts)}
    values |= {cell(b=f"b{column}"): sum(pair[column] for pair in counts) for column in (0, 1)}
    values[TOTAL] = sum(map(sum, counts))
    return Figures((table,), values, values)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 30, 300, 2000]), st.sampled_from([5, 10]), st.sampled_from([0, 4]))
def test_every_release_survives_the_attack(seed: int, letters: int, k: int, third: int) -> None:
    """Whatever the letters: no count under k is shown, none can be worked out, every shown count is the true one."""
    figures = random_figures(dice(seed), letters, third=third)
    published = release(figures, k=k)
    for table, printed in zip(figures.tables, published, strict=True):
        for keys, cells in zip(table.keys, printed.cells, strict=True):
            for key, count in zip(keys, cells, strict=True):
                assert count is None or count == figures.values.get(key, 0)
                assert count is None or not 0 < count < k


@pytest.mark.parametrize("seed", range(5))
def test_hiding_only_what_is_small_is_refused(seed: int) -> None:
    """Primary suppression alone can be solved from the sums; the audit sees it and lets nothing go."""
    figures = random_figures(dice(seed), 400)
    primary = frozenset(sensitive(figures, 10))
    with pytest.raises(Refused, match="could be worked out"):
        audit(figures, hide(figures, Suppression(primary, primary), k=10), k=10)


def test_one_hidden_cell_takes_its_neighbours_along() -> None:
    """A single small count in a full table needs a rectangle of hidden cells around it."""
    figures = small_figures((3, 50), (40, 60), (70, 80))
    hidden = suppress(figures, k=10).hidden
    assert cell(a="a0", b="b0") in hidden
    assert len(hidden) == 4


def test_a_cell_hidden_here_may_not_be_printed_there() -> None:
    """Tables that share a total are one system: a total hidden in one and printed in the other is refused."""
    figures = random_figures(dice(1), 60, third=4)
    first, second = release(figures, k=10)
    hidden_row = next(row for row, cells in enumerate(first.cells) if cells[-1] is None)
    cells = [list(row) for row in second.cells]
    cells[hidden_row][-1] = figures.values.get(figures.tables[1].keys[hidden_row][-1], 0)
    leaking = replace(second, cells=tuple(tuple(row) for row in cells))
    with pytest.raises(Refused, match="hidden in one place and printed in another"):
        audit(figures, [first, leaking], k=10)


def test_a_changed_count_is_refused() -> None:
    """The audit compares what is printed with the truth: nothing leaves rounded or wrong."""
    figures = small_figures((30, 50), (40, 60))
    (table,) = release(figures, k=10)
    with pytest.raises(Refused, match="not the true"):
        audit(figures, [replace(table, cells=((31, *table.cells[0][1:]), *table.cells[1:]))], k=10)


def test_a_table_of_few_letters_shows_nothing_of_them() -> None:
    """With three letters in all, every count above none is hidden, the grand total too."""
    (table,) = release(small_figures((1, 0), (0, 2)), k=10)
    assert all(count in {None, 0} for row in table.cells for count in row)
    assert table.cells[-1][-1] is None


def test_many_matters_of_few_letters_are_small() -> None:
    """Twelve matters from one letter are one person: the threshold counts letters, not matters."""
    figures = small_figures((12, 50), (40, 60), (70, 80))
    few = replace(figures, letters={**figures.letters, cell(a="a0", b="b0"): 1})
    (table,) = release(few, k=10)
    assert table.cells[0][0] is None


def a_column(*counts: int) -> Figures:
    """A table of one column, each row with its count."""
    keys = tuple(cell(a=f"a{at}") for at in range(len(counts)))
    table = side_by_side("a", "表", "行", [f"a{at}" for at in range(len(counts))], [Series("数", TOTAL, keys)])
    values = {**dict(zip(keys, counts, strict=True)), TOTAL: sum(counts)}
    return Figures((table,), values, values)


def test_what_a_row_says_by_standing_there_is_known() -> None:
    """A row that stands from ten letters on cannot hide four of its twelve: a third one has to be hidden with it."""
    figures, rows = a_column(4, 12, 40), [cell(a="a1"), cell(a="a2")]
    (plain,) = release(figures, k=10)
    assert [count for (count,) in plain.cells] == [None, None, 40, 56]
    with pytest.raises(Refused, match="could be worked out"):
        audit(at_least(figures, dict.fromkeys(rows, 10)), [plain], k=10)
    (aware,) = release(at_least(figures, dict.fromkeys(rows, 10)), k=10)
    assert [count for (count,) in aware.cells] == [None, 12, None, 56]


def test_the_sheet_tells_what_is_known_beside_the_print() -> None:
    """What everybody knows of a hidden count is in its range."""
    figures = at_least(a_column(4, 12, 40), {cell(a="a2"): 10})
    sheet = {one.row: one.range.least for one in hidden_cells(figures, release(figures, k=10), k=10)}
    assert sheet["a0"] == 0
    assert sheet.get("a2", 10) >= 10


def test_a_full_table_hides_nothing() -> None:
    """Where every count reaches k, every count is printed."""
    (table,) = release(small_figures((30, 50), (40, 60)), k=10)
    assert table.hidden == 0
    assert table.cells == ((30, 50, 80), (40, 60, 100), (70, 110, 180))
