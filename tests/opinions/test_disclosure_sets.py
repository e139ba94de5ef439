"""Tables of every shape hold: two and three ways, linked, zeros, what letters know, rounding, the sheet."""

import contextlib
import io
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tayori.opinions.disclosure.attack import Attack, Knowledge, Range
from tayori.opinions.disclosure.audit import audit
from tayori.opinions.disclosure.intervals import COMPLEMENTARY, HEAD, PRIMARY, hidden_cells
from tayori.opinions.disclosure.problem import problem_of, sensitive
from tayori.opinions.disclosure.refusal import NotReleased
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.rounding import rounded
from tayori.opinions.disclosure.suppression import Suppression, hide, suppress
from tayori.opinions.disclosure.tables import TOTAL, Figures, Key, Sum, SuppressedTable, cell, three_way, two_way
from tests.opinions.builders import a_dimension
from tests.opinions.table_sets import a_grid, a_table_set

SEEDS = (*range(5), 144, 709)


def a_table(*rows: tuple[int, ...], letters: dict[tuple[int, int], int] | None = None) -> Figures:
    """A two-way table of given counts; `letters` where fewer stand behind a cell."""
    height, width = len(rows), len(rows[0])
    values = {cell(a=f"a{at}", b=f"b{to}"): rows[at][to] for at, to in product(range(height), range(width))}
    values |= {cell(a=f"a{at}"): sum(row) for at, row in enumerate(rows)}
    values |= {cell(b=f"b{to}"): sum(row[to] for row in rows) for to in range(width)}
    values[TOTAL] = sum(map(sum, rows))
    fewer = {cell(a=f"a{at}", b=f"b{to}"): count for (at, to), count in (letters or {}).items()}
    table = two_way("ab", "表", a_dimension("a", height), a_dimension("b", width))
    return Figures((table,), values, values | fewer)


def printed_by(figures: Figures, published: list[SuppressedTable]) -> dict[Key, int | None]:
    return {
        key: count
        for table, out in zip(figures.tables, published, strict=True)
        for keys, counts in zip(table.keys, out.cells, strict=True)
        for key, count in zip(keys, counts, strict=True)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_no_hidden_count_is_narrowed_below_its_interval(seed: int) -> None:
    """Least and greatest of every count under k, found by solving, leave none and k or more possible."""
    figures, k = a_table_set(seed)
    published = release(figures, k=k)
    held = [one for one in hidden_cells(figures, published, k=k) if one.needed is not None]
    assert len(held) == len(sensitive(figures, k))
    assert all(one.holds for one in held)


@pytest.mark.parametrize("seed", SEEDS)
def test_hiding_only_what_is_small_is_caught_or_enough(seed: int) -> None:
    """The auditor lets primary suppression alone pass only where nothing more was hidden in the released tables."""
    figures, k = a_table_set(seed)
    primary = frozenset(sensitive(figures, k))
    if suppress(figures, k=k).hidden == primary:
        audit(figures, hide(figures, Suppression(primary, primary), k=k), k=k)
    else:
        with pytest.raises(NotReleased):
            audit(figures, hide(figures, Suppression(primary, primary), k=k), k=k)


@pytest.mark.parametrize("rows", [((1, 7), (6, 30)), ((2, 9), (0, 4)), ((3, 3), (12, 40)), ((0, 1), (1, 0))])
def test_every_table_that_a_reader_can_think_of_was_tried(rows: tuple[tuple[int, int], ...]) -> None:
    """By trying all tables of whole counts: each hidden small count can still be none and can still reach k."""
    figures, k, most = a_table(*rows), 5, 48
    shown = printed_by(figures, release(figures, k=k))
    grid = np.indices((most,) * 4, dtype=np.int16)
    one, two, three, four = grid
    all_cells = {
        cell(a="a0", b="b0"): one,
        cell(a="a0", b="b1"): two,
        cell(a="a1", b="b0"): three,
        cell(a="a1", b="b1"): four,
        cell(a="a0"): one + two,
        cell(a="a1"): three + four,
        cell(b="b0"): one + three,
        cell(b="b1"): two + four,
        TOTAL: one + two + three + four,
    }
    agree = np.ones(one.shape, dtype=bool)
    for key, counts in all_cells.items():
        if (count := shown[key]) is not None:
            agree &= counts == count
    for key in sensitive(figures, k):
        assert all_cells[key][agree].min() == 0
        assert all_cells[key][agree].max() >= k


def test_a_letter_that_knows_its_own_cell_learns_no_other() -> None:
    """Two letters alone in a row of two hidden cells could each subtract themselves; so more is hidden."""
    figures = a_table((1, 1, 50), (40, 60, 70), (80, 90, 99))
    two_alone = frozenset({cell(a="a0", b="b0"), cell(a="a0", b="b1"), cell(a="a1", b="b0"), cell(a="a1", b="b1")})
    with pytest.raises(NotReleased, match="could be worked out"):
        audit(figures, hide(figures, Suppression(frozenset(), two_alone), k=3), k=3)
    release(figures, k=3)


def test_cells_of_one_letter_are_known_together() -> None:
    """Who is alone in two cells knows both: said so, more has to be hidden, and the auditor asks for it."""
    figures = a_table((1, 4, 50), (3, 1, 60), (70, 80, 90))
    both = frozenset({cell(a="a0", b="b0"), cell(a="a1", b="b1")})
    together = replace(figures, alone=(both,))
    assert problem_of(together, k=5).insiders == (both,)
    assert len(problem_of(figures, k=5).insiders) == 2
    four = both | {cell(a="a0", b="b1"), cell(a="a1", b="b0")}
    with pytest.raises(NotReleased, match="could be worked out"):
        audit(together, hide(together, Suppression(frozenset(), four), k=5), k=5)
    release(together, k=5)


def test_a_total_of_one_part_is_its_part() -> None:
    """Where one column is the whole, a letter counts itself in it too, and the tables can be released."""
    figures = a_table((1,), (4,), (60,))
    several = a_table((1, 0), (2, 2), (60, 60))
    inner = cell(a="a0", b="b0")
    assert cell(b="b0") in problem_of(figures, k=10).above[inner]
    known = replace(a_table((1, 0), (4, 60)), known=frozenset({cell(a="a0", b="b1")}))
    for one in (figures, several, known):
        release(replace(one, alone=(frozenset({inner, cell(a="a0")}),)), k=10)


def test_what_everybody_knows_protects_nobody() -> None:
    """A cell that cannot occur is printed as zero and takes no part in protecting others."""
    figures = a_table((3, 0, 50), (40, 60, 70))
    usual = suppress(figures, k=5).hidden
    known = replace(figures, known=frozenset({cell(a="a0", b="b1")}))
    published = release(known, k=5)
    assert printed_by(known, published)[cell(a="a0", b="b1")] == 0
    assert cell(a="a0", b="b1") not in suppress(known, k=5).hidden
    assert usual


def test_three_ways_share_every_margin() -> None:
    """A cube is printed as layers, and each margin is the sum over one dimension more."""
    tables = three_way("abc", "表", a_dimension("c", 2), a_dimension("a", 3), a_dimension("b", 2))
    assert [table.name for table in tables] == ["abc_all", "abc_c0", "abc_c1"]
    assert Sum(cell(a="a1"), (cell(a="a1", c="c0"), cell(a="a1", c="c1"))) in tables[0].sums
    assert cell(a="a2", b="b0", c="c1") in {key for line in tables[2].keys for key in line}
    assert len({key for table in tables for line in table.keys for key in line}) == (2 + 1) * (3 + 1) * (2 + 1)


@pytest.mark.parametrize("base", [1, 3, 5, 10])
def test_rounded_tables_are_audited_too(base: int) -> None:
    """Rounding is to the nearest multiple; what was hidden cannot be worked out from rounded counts either."""
    figures = a_grid(3, 5, 6)
    published = rounded(release(figures, k=10), base)
    audit(figures, published, k=10, base=base)
    for key, count in printed_by(figures, published).items():
        assert count is None or (count % base == 0 and abs(count - figures.values[key]) <= base / 2)


def test_rounding_alone_protects_nobody() -> None:
    """A small count that is printed rounded is refused, and so is a count rounded to another base than said."""
    figures = a_table((3, 50), (40, 60))
    naked = rounded(hide(figures, Suppression(frozenset(), frozenset()), k=10), 5)
    with pytest.raises(NotReleased, match="could be worked out"):
        audit(figures, naked, k=10, base=5)
    with pytest.raises(NotReleased, match="not the true one"):
        audit(figures, rounded(release(figures, k=10), 10), k=10, base=5)
    with pytest.raises(ValueError, match="from 1"):
        rounded(naked, 0)


def test_the_sheet_names_every_hidden_cell_once_and_no_true_count() -> None:
    """Each hidden cell has its reason and what a reader can make of it; a line has no place for the count itself."""
    figures = a_grid(2, 5, 6)
    published = release(figures, k=10)
    sheet = hidden_cells(figures, published, k=10)
    hidden = [key for key, count in printed_by(figures, published).items() if count is None]
    assert len(sheet) == len(hidden)
    assert {one.reason for one in sheet} <= {PRIMARY, COMPLEMENTARY}
    assert all(len(one.plain()) == len(HEAD) and one.plain()[-1] == "適" for one in sheet)


def test_the_attack_finds_what_subtraction_finds() -> None:
    """One hidden part of a printed total is known exactly; two are not; a total of unknown parts has no greatest."""
    whole = (Sum(TOTAL, (cell(a="1"), cell(a="2"), cell(a="3"))),)
    attack = Attack({TOTAL: (20, 20), cell(a="1"): (10, 10), cell(a="2"): (7, 7)}, whole)
    assert attack.range(cell(a="3")) == Range(3, 3)
    assert list(attack.exposed(Knowledge({}, {cell(a="3"): (0, 10)}))) == [cell(a="3")]
    attack = Attack({TOTAL: (20, 20), cell(a="1"): (10, 10)}, whole)
    assert attack.range(cell(a="3")) == Range(0, 10)
    assert list(attack.exposed(Knowledge({}, {cell(a="3"): (0, 10)}))) == []
    assert list(attack.exposed(Knowledge({cell(a="2"): 7}, {cell(a="3"): (0, 10)}))) == [cell(a="3")]
    assert Attack({cell(a="1"): (10, 10)}, whole).range(TOTAL) == Range(10, None)


def test_whole_counts_are_narrower_than_fractions() -> None:
    """Where only halves would leave room, whole counts leave none, and the attack sees it: people come whole."""
    x, y, z, w = (cell(p=name) for name in "xyzw")
    sums = [Sum(cell(t="xy"), (x, y)), Sum(cell(t="yz"), (y, z)), Sum(cell(t="xzw"), (x, z, w))]
    attack = Attack({one.total: (9, 9) for one in sums}, sums)  # so 2x + w is 9, and w is odd
    assert list(attack.exposed(Knowledge({}, {w: (1, 9)}))) == []
    assert list(attack.exposed(Knowledge({}, {w: (0, 9)}))) == [w]


def test_print_that_contradicts_itself_is_refused() -> None:
    """Parts that do not add up to their printed total are no tables to judge."""
    with pytest.raises(NotReleased, match="contradict"):
        Attack({TOTAL: (5, 5), cell(a="1"): (2, 2), cell(a="2"): (2, 2)}, [Sum(TOTAL, (cell(a="1"), cell(a="2")))])


def test_a_large_table_is_released() -> None:
    """Twenty by twenty-four cells hold like small ones."""
    figures = a_grid(1, 20, 24)
    assert 0 < sum(table.hidden for table in release(figures, k=10)) < 120


def test_the_page_for_others_runs_as_printed() -> None:
    """The example of docs/disclosure.md prints what the page says that it prints."""
    page = Path("docs/disclosure.md").read_text("utf-8")
    code, said = re.findall(r"```(?:python)?\n(.*?)```", page, re.DOTALL)[:2]
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(code, {})  # noqa: S102 our own page
    assert told.getvalue() == said
