"""Years by the western and by the Japanese calendar; a year in which the era changed has both (元号法, 1979)."""

from typing import Final

ERAS: Final = (
    ("明治", 1868, 1912),
    ("大正", 1912, 1926),
    ("昭和", 1926, 1989),
    ("平成", 1989, 2019),
    ("令和", 2019, 9999),
)
"""Name, first and last western year; an era ends in the year in which the next begins."""


def japanese_year(year: int) -> str:
    """Give the Japanese name of a western year from 1868 on: 1985 is 昭和60年, 1989 is 昭和64年・平成元年."""
    names = [
        f"{name}{'元' if year == first else year - first + 1}年" for name, first, last in ERAS if first <= year <= last
    ]
    if not names:
        message = "years before 1868 have no name here"
        raise ValueError(message)
    return "・".join(names)


def both_years(year: int) -> str:
    """Give a year as residents read it: 1985年（昭和60年）."""
    return f"{year}年（{japanese_year(year)}）"


def fiscal_years(year: int) -> str:
    """Give a fiscal year (from April) in both calendars: 2026年度（令和8年度）."""
    return both_years(year).replace("年", "年度")
