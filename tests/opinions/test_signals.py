"""A planted surge, a new theme and a vanished one are found, and chance alone raises no alarm."""

from collections.abc import Sequence

import numpy as np
import pytest

from tayori.opinions.signals import Change, Course, discoveries, signals

THEMES = 20


TOTALS = {
    "even": (1, 1, 1, 1),
    "grown now": (1, 1, 1, 1.4),
    "grown before": (0.65, 0.68, 0.95, 1),
    "shrunk before": (1.6, 1.3, 1.1, 1),
    "to and fro": (1, 0.6, 1.4, 1),
}


def a_year(seed: int, total: Sequence[float] = TOTALS["even"], *, scatter: float = 1.3) -> list[Course]:
    """Series that change by chance alone, wide ones and narrow ones, letters in bunches; the total of each year."""
    chance = np.random.default_rng(seed)
    rates = chance.gamma(1.2, 40, THEMES)
    drawn = [
        [int(chance.negative_binomial(rate * one / (scatter - 1), 1 / scatter)) for rate in rates] for one in total
    ]
    return [
        Course("theme", f"分野{at:02d}", drawn[-1][at], tuple(year[at] for year in drawn[-2::-1]))
        for at in range(THEMES)
    ]


def found(courses: list[Course]) -> set[tuple[str, Change]]:
    return {(one.code, one.change) for one in signals(courses)}


@pytest.mark.parametrize("years", [1, 3])
def test_what_was_planted_is_found_and_nothing_else(years: int) -> None:
    """Three times the usual, never seen before, gone: each by its name."""
    planted = [
        Course("theme", "急増", 96, (30, 34, 31)[:years]),
        Course("theme", "新規", 22, (0, 0, 0)[:years]),
        Course("theme", "消滅", 0, (28, 31, 30)[:years]),
    ]
    assert found([*a_year(7, TOTALS["even"][-1 - years :]), *planted]) == {
        ("急増", Change.RISEN),
        ("新規", Change.NEW),
        ("消滅", Change.VANISHED),
    }


def test_chance_alone_raises_at_most_one_alarm_in_a_hundred_reports() -> None:
    """Seeds 0 to 19, letters in bunches, however the ward's total went."""
    alarms = [found(a_year(seed, total)) for seed in range(20) for total in TOTALS.values()]
    assert sum(len(one) for one in alarms) <= 1


def test_a_year_with_more_letters_is_no_rise_of_every_theme() -> None:
    """Half as many letters again everywhere is what all share; a theme beyond that still shows."""
    grown = a_year(3, (1, 1, 1, 1.5))
    assert not found(grown)
    assert found([*grown, Course("theme", "急増", 150, (30, 30, 30))]) == {("急増", Change.RISEN)}


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
def test_a_rise_is_told_however_the_total_went(total: Sequence[float]) -> None:
    """Years that were smaller or larger as a whole are brought to the size of today and hide no theme that doubled."""
    earlier = [round(60 * one) for one in total[-2::-1]]
    doubled = Course("theme", "倍増", round(120 * total[-1]), tuple(earlier))
    assert found([*a_year(4, total), doubled]) == {("倍増", Change.RISEN)}


def test_a_theme_that_only_grows_with_the_ward_is_no_rise() -> None:
    """From 200 to 600 letters as everything else did, over years that grew one by one."""
    total = (0.33, 0.5, 0.75, 1)
    assert not found([*a_year(3, total), Course("theme", "同率", 600, (450, 300, 198))])


def test_a_year_of_hardly_any_letters_hides_nothing() -> None:
    """The first year of a ward's records, most series at none: little is learnt from it, and nothing is lost."""
    total = (0.03, 1, 1, 1)
    assert found([*a_year(4, total), Course("theme", "倍増", 130, (60, 60, 1))]) == {("倍増", Change.RISEN)}


@pytest.mark.parametrize(("now", "earlier"), [(4, (0, 0, 0)), (0, (4, 4, 4)), (4, (1, 0, 0))])
def test_what_few_letters_say_is_never_a_signal(now: int, earlier: tuple[int, ...]) -> None:
    """Four letters prove nothing, however rare they were before."""
    assert not signals([*a_year(2), Course("theme", "少数", now, earlier)])


def test_without_an_earlier_year_nothing_is_said() -> None:
    """A first year has nothing to be held against."""
    assert not signals([Course("theme", "急増", 500, ())])
    assert not signals([])


def test_more_comparisons_ask_for_more() -> None:
    """The same count is a signal among few series and chance among many: all are judged together."""
    edge = Course("channel", "縁", 17, (5, 5, 5))
    assert found([*a_year(5)[:6], edge])
    assert not any(
        code == "縁" for code, _ in found([*a_year(5), *a_year(6), *a_year(8), *a_year(9), *a_year(10), edge])
    )


def test_discoveries_follow_benjamini_and_hochberg() -> None:
    """The worked case of the paper: four of fifteen chances count at 0.05."""
    chances = np.array(
        [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.426, 0.572, 0.653, 0.759, 1]
    )
    assert discoveries(chances, 0.05) == pytest.approx(0.0095)
    assert discoveries(np.array([0.5, 0.9]), 0.05) == -1
