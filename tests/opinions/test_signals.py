"""A planted surge, a new theme and a vanished one are found, and chance alone raises no alarm."""

import numpy as np
import pytest

from tayori.opinions.signals import Change, Course, discoveries, signals

THEMES = 20


def a_year(seed: int, *, years: int = 3, growth: float = 1.0, scatter: float = 1.3) -> list[Course]:
    """Series that change by chance alone: wide ones and narrow ones, letters that come in bunches."""
    chance = np.random.default_rng(seed)
    rates = chance.gamma(1.2, 40, THEMES)
    drawn = [
        [int(chance.negative_binomial(rate * grown / (scatter - 1), 1 / scatter)) for rate in rates]
        for grown in (*[1.0] * years, growth)
    ]
    return [
        Course("theme", f"分野{at:02d}", drawn[-1][at], tuple(year[at] for year in drawn[:-1])) for at in range(THEMES)
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
    assert found([*a_year(7, years=years), *planted]) == {
        ("急増", Change.RISEN),
        ("新規", Change.NEW),
        ("消滅", Change.VANISHED),
    }


def test_chance_alone_raises_at_most_one_alarm_in_twenty_reports() -> None:
    """Seeds 0 to 19, letters in bunches, with and without a year that is larger as a whole."""
    alarms = [found(a_year(seed, growth=growth)) for seed in range(20) for growth in (1.0, 1.4)]
    assert sum(len(one) for one in alarms) <= 1


def test_a_year_with_more_letters_is_no_rise_of_every_theme() -> None:
    """Half as many letters again everywhere is what all share; a theme beyond that still shows."""
    grown = a_year(3, growth=1.5)
    assert not found(grown)
    assert found([*grown, Course("theme", "急増", 150, (30, 30, 30))]) == {("急増", Change.RISEN)}


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
