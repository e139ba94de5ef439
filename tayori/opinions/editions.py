"""Places the counts of a report among those of other editions: what is counted, and over which months."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from tayori.opinions.disclosure.editions import Count, Edition, Place
from tayori.opinions.disclosure.tables import Key
from tayori.opinions.period import Period, quarter_of
from tayori.opinions.report_tables import ANY, FOLDED, OTHER
from tayori.opinions.taking_part import rows_of, whatever
from tayori.opinions.trends import within

if TYPE_CHECKING:
    import pandas as pd

_BEFORE: Final = "_before"


def places(period: Period, number: int) -> Callable[[Key], Place]:
    """How the cells of a report are placed; what it folds together is its own: each edition folds others."""

    def place(key: Key) -> Place:
        what, when = [], frozenset(period.months)
        for name, code in key:
            if name == "month":
                when = frozenset({code})
            elif name == "quarter":
                when = frozenset(month for month in period.months if quarter_of(month) == code)
            elif name == "month_before":
                when = frozenset(period.months_before if code == ANY else (code,))
            elif name == "years_before":
                when = frozenset(period.years_before(int(code)))
            elif name.endswith(_BEFORE):
                what.append((name.removesuffix(_BEFORE), code))
                when = frozenset(period.months_before)
            else:
                what.append((name, f"{code}#{number}" if name in FOLDED and code == OTHER else code))
        return Place(tuple(sorted(what)), when)

    return place


class Truth:
    """Today's counts of any place, from the masked facts of every month that some edition covers."""

    def __init__(self, facts: "pd.DataFrame", editions: Iterable[Edition]) -> None:
        held = list(editions)
        months = frozenset[str]().union(*(edition.months for edition in held))
        self._rows = within(facts, sorted(months))
        self._listed = {edition.number: _listed(edition) for edition in held}
        self._counted = cache(self._count)
        self._placed: Callable[[Place], Count] = cache(self._of)

    def __call__(self, place: Place) -> Count:
        """Matters and letters of a place."""
        return self._placed(place)

    def _of(self, place: Place) -> Count:
        what = dict(place.what)
        if unit := what.get("unit"):
            return self._unit(unit, place.when)
        for name in FOLDED:
            if what.get(name, "").startswith(f"{OTHER}#"):
                return self._folded(place, name, int(what[name].removeprefix(f"{OTHER}#")))
        counted = self._counted(tuple(what), tuple(name for name, code in what.items() if code == ANY))
        found = [counted.get((*what.values(), month), (0, 0)) for month in place.when]
        return Count(sum(pair[0] for pair in found), sum(pair[1] for pair in found))

    def _unit(self, unit: str, when: frozenset[str]) -> Count:
        """Letters, further matters, first and repeated texts of some months."""
        whole = self(Place((), when))
        if unit == "letters":
            return Count(whole.letters, whole.letters)
        if unit == "further":
            return Count(whole.matters - whole.letters, 0)
        repeated = self._rows["month"].isin(when) & self._rows["repeats"]
        repeats = int(self._rows.loc[repeated, "mart_key"].nunique())
        count = repeats if unit == "repeats" else whole.letters - repeats
        return Count(count, count)

    def _folded(self, place: Place, name: str, edition: int) -> Count:
        """What an edition put together: all of it, less what that edition names."""
        rest = [pair for pair in place.what if pair[0] != name]
        whole = self(Place(tuple(rest), place.when))
        parts = [self(Place(tuple(sorted([*rest, (name, code)])), place.when)) for code in self._listed[edition][name]]
        return Count(
            whole.matters - sum(one.matters for one in parts), whole.letters - sum(one.letters for one in parts)
        )

    def _count(self, names: tuple[str, ...], whole: tuple[str, ...]) -> dict[tuple[str, ...], tuple[int, int]]:
        """Matters and letters by some columns and the month; of `whole` ones whatever they say, if anything."""
        rows = rows_of(self._rows, names)
        for name in whole:
            rows = whatever(rows.loc[rows[name].notna()], name)
        grouped = rows.groupby([*names, "month"], observed=True)["mart_key"].agg(["size", "nunique"])
        codes = [code if isinstance(code, tuple) else (code,) for code in grouped.index]
        return {
            code: (int(size), int(letters))
            for code, size, letters in zip(codes, grouped["size"], grouped["nunique"], strict=True)
        }


def _listed(edition: Edition) -> dict[str, tuple[str, ...]]:
    """The values of folded dimensions that an edition names."""
    named = {pair for place in edition.cells for pair in place.what if pair[0] in FOLDED}
    return {
        name: tuple(sorted(code for held, code in named if held == name and not code.startswith(f"{OTHER}#")))
        for name in FOLDED
    }
