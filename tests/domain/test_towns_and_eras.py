"""Years in both calendars, and towns that lead to one area each."""

import pytest

from tayori.domain.eras import both_years, fiscal_years, japanese_year
from tayori.domain.towns import ALL_ROWS, towns
from tayori.domain.ward import ward


@pytest.mark.parametrize(
    ("year", "named"),
    [
        (1900, "明治33年"),
        (1912, "明治45年・大正元年"),
        (1926, "大正15年・昭和元年"),
        (1985, "昭和60年"),
        (1989, "昭和64年・平成元年"),
        (2019, "平成31年・令和元年"),
        (2026, "令和8年"),
    ],
)
def test_a_year_has_its_name_and_a_year_of_change_both(year: int, named: str) -> None:
    """A year in which the era changed is called by either name; the first year is 元年."""
    assert japanese_year(year) == named
    assert both_years(year) == f"{year}年（{named}）"


def test_a_fiscal_year_is_named_as_one() -> None:
    """年度 stands in both names: 2026年度（令和8年度）, and never 2026年（令和8年）度."""
    assert fiscal_years(2026) == "2026年度（令和8年度）"


def test_years_before_the_list_are_refused() -> None:
    """No name is made up."""
    with pytest.raises(ValueError, match="1868"):
        japanese_year(1867)


def test_every_town_stands_in_one_row_under_its_reading() -> None:
    """A reading that begins with a voiced letter stands in the row of the plain one; none is lost."""
    listed = [town for _, named in towns().rows for town in named]
    assert sorted(listed) == sorted(towns().area_of)
    assert {row for row, _ in towns().rows} <= {f"{row[0]}行" for row in ALL_ROWS}


def test_towns_lead_to_areas_that_the_ward_has() -> None:
    """An area that is the ward's, and never 区外: who lives outside has no town here."""
    codes = set(towns().area_of.values())
    assert codes <= set(ward().areas)
    assert {ward().areas[code] for code in codes}.isdisjoint({"区外"})
