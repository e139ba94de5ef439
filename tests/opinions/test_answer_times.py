"""Answer times say how long it took as a rule, and never how long one letter waited."""

from tayori.opinions.answer_times import quantile, taken


def test_median_ninth_tenth_and_share_within_the_target() -> None:
    """A hundred answers, one more open day each."""
    found = taken("全体", list(range(1, 101)), 14, 86, k=10)
    assert (found.answered, found.within, found.median, found.ninth_tenth) == (100, 14, 50, 90)


def test_a_figure_needs_k_letters_on_either_side() -> None:
    """Of fifty different waits the 90th percentile has six letters above: it stays unsaid, the median does not."""
    days = list(range(1, 51))
    assert quantile(days, 0.5, k=10) == 25
    assert quantile(days, 0.9, k=10) is None
    assert quantile([*days[:35], *[40] * 15], 0.9, k=10) == 40
    assert quantile([3] * 9, 0.5, k=10) is None
    assert quantile([], 0.5, k=10) is None
