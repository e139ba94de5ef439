"""Places the counts of a report among those of other editions: what is counted, and over which months."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from tayori.opinions.disclosure.editions import Count, Edition, Place
from tayori.opinions.disclosure.tables import Key
from tayori.opinions.trends import OTHER, Period, quarter_of, within

if TYPE_CHECKING:
    import pandas as pd

_BEFORE: Final = "_before"


def places(period: Period, number: int) -> Callable[[Key], Place]:
    """How the cells of a report are placed; its folded departments are its own: each edition folds others."""

    def place(key: Key) -> Place:
        what, when = [], frozenset(period.months)
        for name, code in key:
            if name == "month":
                when = frozenset({code})
            elif name == "quarter":
                when = frozenset(month for month in period.months if quarter_of(month) == code)
            elif name == "month_before":
                when = frozenset(period.months_before if code == "*" else (code,))
            elif name.endswith(_BEFORE):
                what.append((name.removesuffix(_BEFORE), code))
                when = frozenset(period.months_before)
            else:
                what.append((name, f"{code}#{number}" if (name, code) == ("department", OTHER) else code))
        return Place(tuple(sorted(what)), when)

    return place


class Truth:
    """Today's counts of any place, from the masked facts of every month that some edition covers."""

    def __init__(self, facts: "pd.DataFrame", editions: Iterable[Edition]) -> None:
        held = list(editions)
        months = frozenset[str]().union(*(edition.months for edition in held))
        self._rows = within(facts, sorted(months))
        self._listed = {edition.number: _departments(edition) for edition in held}
        self._counted = cache(self._count)
        self._placed: Callable[[Place], Count] = cache(self._of)

    def __call__(self, place: Place) -> Count:
        """Matters and letters of a place."""
        return self._placed(place)

    def _of(self, place: Place) -> Count:
        what = dict(place.what)
        if unit := what.get("unit"):
            whole = self(Place((), place.when))
            return Count(whole.letters, whole.letters) if unit == "letters" else Count(whole.matters - whole.letters, 0)
        folded = what.get("department", "")
        if folded.startswith(f"{OTHER}#"):
            rest = [pair for pair in place.what if pair[0] != "department"]
            named = self._listed[int(folded.removeprefix(f"{OTHER}#"))]
            whole = self(Place(tuple(rest), place.when))
            parts = [self(Place(tuple(sorted([*rest, ("department", name)])), place.when)) for name in named]
            return Count(
                whole.matters - sum(one.matters for one in parts), whole.letters - sum(one.letters for one in parts)
            )
        counted = self._counted(tuple(what))
        found = [counted.get((*what.values(), month), (0, 0)) for month in place.when]
        return Count(sum(pair[0] for pair in found), sum(pair[1] for pair in found))

    def _count(self, names: tuple[str, ...]) -> dict[tuple[str, ...], tuple[int, int]]:
        grouped = self._rows.groupby([*names, "month"], observed=True)["mart_key"].agg(["size", "nunique"])
        codes = [code if isinstance(code, tuple) else (code,) for code in grouped.index]
        return {
            code: (int(size), int(letters))
            for code, size, letters in zip(codes, grouped["size"], grouped["nunique"], strict=True)
        }


def _departments(edition: Edition) -> tuple[str, ...]:
    """The departments that an edition names."""
    named = {code for place in edition.cells for name, code in place.what if name == "department"}
    return tuple(sorted(code for code in named if not code.startswith(f"{OTHER}#")))
