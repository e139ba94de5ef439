"""Counts masked facts by month, way, department, field, kind and outcome, and against the same months of earlier years.

Counts are matters (件): a letter (通) with two matters counts in both. Only what passed disclosure control comes back.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tayori.domain.organisation import organisation
from tayori.errors import BadInput
from tayori.opinions import promises, taking_part
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.disclosure.tables import TOTAL, Dimension, Figures, Key, SuppressedTable, Table, at_least
from tayori.opinions.period import EARLIER, Period, quarter_of
from tayori.opinions.report_tables import (
    BEFORE,
    COMPARED,
    FIRSTS,
    FOLDED,
    FURTHER,
    LETTERS,
    NO_TOPIC,
    OTHER,
    REPEATS,
    SINGLES,
    UNSET,
    dimensions_of,
    ordered,
    pairs_of,
    tables_of,
    years_before,
)
from tayori.opinions.signals import Course
from tayori.opinions.themes import theme_rules
from tayori.opinions.words import ThemeWords, theme_words

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("mart_key", "month", "channel", "department", "kind", "theme", "state")
"""What facts hold at least; `wanted`, `sender`, `pace`, `measure`, `lateness`, `outcome`, `related`, `topic` and
`repeats` give further tables."""
COURSES: Final = ("theme", "department", "channel")
_NAMED: Final = frozenset(COLUMNS[1:]) | {"wanted", "sender", "pace", "measure", "lateness", "topic"}
_TOLD_ASIDE: Final = frozenset({"related", "outcome"})


def tabulate(facts: "pd.DataFrame", k: int = EXTERNAL_K, *, period: Period) -> list[SuppressedTable]:
    """The tables of a report with every count under k protected and audited.

    `facts` holds one row per matter with the columns COLUMNS; rows of other months are left out, except the same
    months of earlier years, which become the comparison. Raises BadInput for a missing column or no letter,
    NotReleased when the audit finds a way back.
    """
    return release(figures_of(facts, period, k), k=k)


def field_words(counts: Mapping[str, Mapping[str, int]], k: int = EXTERNAL_K) -> list[ThemeWords]:
    """The words that mark each field, from at least k texts each; letters without a field or kept out have none.

    `counts` are texts by word, by field.
    """
    silent = {theme_rules().withheld, theme_rules().undecided}
    told = {theme: words for theme, words in counts.items() if theme not in silent}
    found = {entry.theme: entry for entry in theme_words(told, k=k)}
    return [found[theme] for theme in ordered(list(found))]


def figures_of(facts: "pd.DataFrame", period: Period, k: int = EXTERNAL_K) -> Figures:
    """The true counts of a report, not to be shown to anyone before `release`."""
    rows, before = within(facts, period.months), within(facts, period.months_before)
    if rows.empty:
        raise BadInput("There is no letter in the period; choose another period. Nothing was written.")
    earlier, rows = earlier_years(facts, period), _rare_folded(rows, k)
    before = before if earlier else before.head(0)
    compared = before.rename(columns={name: f"{name}_before" for name in COMPARED})
    dimensions = dimensions_of(_occurring(rows, before), period)
    pairs = pairs_of(dimensions, period, rows["mart_key"].nunique(), k)
    names = {name for pair in pairs for name in pair} | {*SINGLES, *COMPARED} & dimensions.keys()
    wanted = [(rows, names) for names in ((), *((name,) for name in sorted(names)), *pairs)]
    wanted += [(compared, (f"{name}_before",)) for name in COMPARED if earlier]
    tables, further = _beside(rows, facts, period, earlier, dimensions["department"])
    wanted += further
    merged = {key: pair for held, names in wanted for key, pair in _count(held, names).items()}
    merged |= _units(rows) | _years(facts, period)
    figures = Figures(
        tables=(*tables_of(dimensions, pairs, period, earlier, texts="repeats" in rows.columns), *tables),
        values={key: pair[0] for key, pair in merged.items()},
        letters={key: pair[1] for key, pair in merged.items()},
        known=frozenset({taking_part.NEVER}) if "related" in rows.columns else frozenset(),
        alone=_alone(wanted),
    )
    return at_least(figures, _known_of(dimensions, earlier, k))


def _beside(
    rows: "pd.DataFrame", facts: "pd.DataFrame", period: Period, earlier: int, departments: Dimension
) -> tuple[list[Table], list[tuple["pd.DataFrame", tuple[str, ...]]]]:
    """Tables that do not count each matter once, for the columns there are, with what is counted for them."""
    tables, wanted = [], []
    if "related" in rows.columns:
        tables.append(taking_part.table(departments))
        wanted += taking_part.wanted(rows)
    if "outcome" in facts.columns and earlier:
        tables.append(promises.table(period, earlier))
        wanted += promises.wanted(facts, period, earlier)
    return tables, wanted


def _occurring(rows: "pd.DataFrame", before: "pd.DataFrame") -> dict[str, set[str]]:
    """What occurs of each dimension, now or a year before: a field without a letter now has its row."""
    found = {name: set(rows[name].dropna()) for name in rows.columns if name in _NAMED | {"quarter"}}
    return found | {name: found[name] | set(before[name]) for name in COMPARED if name != "month" and len(before)}


def _known_of(dimensions: Mapping[str, Dimension], earlier: int, k: int) -> dict[Key, int]:
    """What a reader knows without a count: a topic has its row from k letters on, a year is compared from ten on."""
    topics = dimensions["topic"].labels if "topic" in dimensions else ()
    least: dict[Key, int] = {(("topic", code),): k for code in topics if code not in {OTHER, NO_TOPIC}}
    return least | ({BEFORE: EXTERNAL_K} if earlier else {})


def courses_of(facts: "pd.DataFrame", period: Period) -> list[Course]:
    """Letters by field, department, way and, if there are several, month, with those of the earlier years there are.

    A month is held against the same month of those years.
    """
    spans = [period.months, *(period.years_before(back) for back in range(1, earlier_years(facts, period) + 1))]
    counted = [
        {name: rows.groupby(name, observed=True)["mart_key"].nunique() for name in COURSES if name in rows.columns}
        for rows in (within(facts, months) for months in spans)
    ]
    silent = {theme_rules().undecided, theme_rules().withheld, UNSET, OTHER}
    courses = [
        Course(
            name, code, int(counted[0][name].get(code, 0)), tuple(int(one[name].get(code, 0)) for one in counted[1:])
        )
        for name in counted[0]
        for code in sorted({code for one in counted for code in one[name].index} - silent)
    ]
    if len(period.months) == 1:
        return courses
    by_month = facts.groupby("month", observed=True)["mart_key"].nunique()
    months = [[int(by_month.get(month, 0)) for month in same] for same in zip(*spans, strict=True)]
    return [*courses, *(Course("month", at, now, (*then,)) for at, (now, *then) in zip(spans[0], months, strict=True))]


def within(facts: "pd.DataFrame", months: Sequence[str]) -> "pd.DataFrame":
    """The rows of some months, with "not decided" written out."""
    missing = [column for column in COLUMNS if column not in facts.columns]
    if missing:
        raise BadInput(f"The facts lack the columns {', '.join(missing)}. Nothing was written.")
    rows = facts.loc[facts["month"].isin(months)]
    rows = rows.assign(**{name: rows[name].astype("category") for name in rows.columns if name in _NAMED | _TOLD_ASIDE})
    rows = rows.assign(department=_under_divisions(rows["department"]))
    unset = {"department": UNSET, "kind": UNSET, "theme": theme_rules().undecided, "topic": NO_TOPIC}
    told = {name: _filled(rows[name], value) for name, value in unset.items() if name in rows.columns}
    return rows.assign(**told, quarter=rows["month"].map(quarter_of).astype("category"))


def earlier_years(facts: "pd.DataFrame", period: Period) -> int:
    """How many earlier years, without a gap, have letters in the same months: as many as any report may print."""
    years = 0
    while years < EARLIER and _letters(facts, period.years_before(years + 1)) >= EXTERNAL_K:
        years += 1
    return years


def _letters(facts: "pd.DataFrame", months: Sequence[str]) -> int:
    return int(facts.loc[facts["month"].isin(months), "mart_key"].nunique())


def _under_divisions(named: "pd.Series[Any]") -> "pd.Series[Any]":
    """Offices as the ward lists them: a section under its division, what is no office of the ward under one label.

    Sources write those names; what the ward does not list is printed nowhere, however many letters bear it.
    """
    told = {code: organisation().counted_under(code) or OTHER for code in named.cat.categories}
    return named.map(told).astype("category")


def _filled(named: "pd.Series[Any]", value: str) -> "pd.Series[Any]":
    """A column with "not decided" written out, among the names in the order of code points."""
    known = sorted({*named.cat.categories, value})
    return named.cat.set_categories(known).fillna(value)


def _rare_folded(rows: "pd.DataFrame", k: int) -> "pd.DataFrame":
    """Topics of fewer than k letters as one: their labels are made of what letters say, and a label hides nothing."""
    for name in FOLDED:
        if name in rows.columns:
            letters = rows.groupby(name, observed=True)["mart_key"].nunique()
            rare = {code for code in letters.index[letters < k] if code not in {UNSET, NO_TOPIC}}
            if rare:
                named = {code: OTHER if code in rare else code for code in rows[name].cat.categories}
                rows = rows.assign(**{name: rows[name].map(named).astype("category")})
    return rows


def _units(rows: "pd.DataFrame") -> dict[Key, tuple[int, int]]:
    """Letters, further matters of a letter, and letters whose text came before; with the letters behind each.

    Further matters say how the desk divided letters, not what anybody wrote: they are of all letters, however few.
    """
    letters = int(rows["mart_key"].nunique())
    counted = {LETTERS: (letters, letters), FURTHER: (len(rows) - letters, letters)}
    if "repeats" in rows.columns:
        repeats = int(rows.loc[rows["repeats"], "mart_key"].nunique())
        counted |= {FIRSTS: (letters - repeats, letters - repeats), REPEATS: (repeats, repeats)}
    return counted


def _years(facts: "pd.DataFrame", period: Period) -> dict[Key, tuple[int, int]]:
    """Everything of the same months in each earlier year that has letters."""
    counted = {}
    for back in range(1, earlier_years(facts, period) + 1):
        rows = facts.loc[facts["month"].isin(period.years_before(back)), "mart_key"]
        counted[years_before(back)] = (len(rows), int(rows.nunique()))
    return counted


def _count(rows: "pd.DataFrame", names: Sequence[str]) -> dict[Key, tuple[int, int]]:
    """Matters and letters of every cell of some dimensions."""
    if not names:
        return {TOTAL: (len(rows), int(rows["mart_key"].nunique()))}
    grouped = rows.groupby(list(names), sort=True, observed=True)["mart_key"].agg(["size", "nunique"])
    sizes = zip(grouped.index, grouped["size"], grouped["nunique"], strict=True)
    return {_key(names, codes): (int(size), int(unique)) for codes, size, unique in sizes}


def _alone(wanted: Sequence[tuple["pd.DataFrame", Sequence[str]]]) -> tuple[frozenset[Key], ...]:
    """For every letter that stands alone in cells, which cells those are: its writer knows all of them."""
    held: dict[str, set[Key]] = {}
    for rows, names in wanted:
        if not names:
            continue
        grouped = rows.groupby(list(names), sort=True, observed=True)["mart_key"].agg(["nunique", "first"])
        single = grouped[grouped["nunique"] == 1]
        for codes, letter in zip(single.index, single["first"], strict=True):
            held.setdefault(letter, set()).add(_key(names, codes))
    return tuple(frozenset(held[letter]) for letter in sorted(held))


def _key(names: Sequence[str], codes: "str | tuple[str, ...]") -> Key:
    """The key of a group, which pandas names by a value or by a tuple of values."""
    return tuple(sorted(zip(names, codes if isinstance(codes, tuple) else (codes,), strict=True)))
