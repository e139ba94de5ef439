"""What earlier editions already gave away: a new edition is protected and attacked together with them.

A count is placed by what it counts and by the months that it counts over. The year of one edition and the twelve months
of another are then sums of the same parts, and so are the months that one covers and the other does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from tayori.opinions.disclosure.attack import Attack, Knowledge
from tayori.opinions.disclosure.problem import Interval, Problem
from tayori.opinions.disclosure.tables import Figures, Key, Sum, SuppressedTable

_WHEN: Final = "~when"
_REST: Final = "~rest"


class Place(NamedTuple):
    """What a cell counts, and over which months (YYYY-MM)."""

    what: Key
    when: frozenset[str]

    @property
    def key(self) -> Key:
        """The place as the name of a cell."""
        return (*self.what, (_WHEN, ",".join(sorted(self.when))))


class PlacedSum(NamedTuple):
    """A total and its parts, by their places."""

    total: Place
    parts: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What one edition printed: each count by its place (None: hidden), and the sums that hold between them."""

    number: int
    cells: Mapping[Place, int | None] = field(repr=False)
    sums: tuple[PlacedSum, ...] = field(repr=False)

    @property
    def months(self) -> frozenset[str]:
        """Every month that some count of it covers."""
        return frozenset[str]().union(*(place.when for place in self.cells))

    @property
    def periods(self) -> list[frozenset[str]]:
        """Its longest spans of months: the period, and the one that it is compared with."""
        spans = {place.when for place in self.cells if not place.what}
        return sorted((span for span in spans if not any(span < other for other in spans)), key=sorted)


class Count(NamedTuple):
    """The true count of a place today: matters, and the letters that they come from."""

    matters: int
    letters: int


Truth = Callable[[Place], Count]


def placed(
    number: int, figures: Figures, published: Sequence[SuppressedTable] | None, place: Callable[[Key], Place]
) -> Edition:
    """The edition that these tables make; every cell counts as hidden where nothing is published yet."""
    cells: dict[Place, int | None] = {}
    for at, table in enumerate(figures.tables):
        for line, keys in enumerate(table.keys):
            for column, key in enumerate(keys):
                cells[place(key)] = None if published is None else published[at].cells[line][column]
    sums = (PlacedSum(place(one.total), tuple(map(place, one.parts))) for one in figures.sums_of_tables())
    return Edition(number, cells, tuple(dict.fromkeys(sums)))


@dataclass(frozen=True)
class Stack:
    """A new edition and the earlier ones that share months with it, as one system of sums over today's counts."""

    new: Edition
    earlier: tuple[Edition, ...]
    truth: Truth = field(repr=False)
    k: int
    never: frozenset[Key] = frozenset()  # what cannot occur by nature, in whatever months

    @cached_property
    def known(self) -> frozenset[Key]:
        """Counts that an earlier edition printed and that are the same today, and noughts that cannot be otherwise."""
        printed = (
            place.key
            for edition in self.earlier
            for place, count in edition.cells.items()
            if count is not None and self.truth(place).matters == count
        )
        nought = (Place(what, when).key for what in self.never for when in self.places.get(what, ()))
        return frozenset(printed) | frozenset(nought)

    @cached_property
    def moved(self) -> Mapping[Key, Interval]:
        """Counts that changed by fewer than k since they were printed, and what must stay possible for the change.

        Whoever could subtract would read off what one late letter says.
        """
        found: dict[Key, Interval] = {}
        for edition in self.earlier:
            for place, count in edition.cells.items():
                if count is not None and 0 < abs(change := self.truth(place).matters - count) < self.k:
                    bounds = (count, count + self.k) if change > 0 else (max(0, count - self.k), count)
                    found[place.key] = Interval(*bounds)
        return found

    @cached_property
    def places(self) -> Mapping[Key, list[frozenset[str]]]:
        """For everything counted the months that counts of it cover, and what editions share and do not share."""
        shared = _shared(period for edition in (self.new, *self.earlier) for period in edition.periods)
        spans: dict[Key, dict[frozenset[str], None]] = {}
        for edition in (self.new, *self.earlier):
            for place in edition.cells:
                spans.setdefault(place.what, dict.fromkeys(shared))[place.when] = None
        return {what: list(held) for what, held in spans.items()}

    @cached_property
    def sums(self) -> tuple[Sum, ...]:
        """Every sum: those of the editions, the same for the months that are shared, and those over months."""
        return tuple(dict.fromkeys([*self._of_editions(), *self._over_months()]))

    @cached_property
    def values(self) -> dict[Key, Count]:
        """Today's count of every cell."""
        counted = {
            Place(what, when).key: self.truth(Place(what, when))
            for what, spans in self.places.items()
            for when in spans
        }
        for edition in (self.new, *self.earlier):
            counted |= {place.key: self.truth(place) for place in edition.cells}
        for what, spans in self.places.items():
            for when in _finest(spans):
                counted[Place(what, when).key] = self.truth(Place(what, when))
        for entry in self._of_editions():
            if entry.parts[-1][0][0] == _REST:
                rest = counted[entry.total].matters - sum(counted[part].matters for part in entry.parts[:-1])
                counted[entry.parts[-1]] = Count(rest, rest)
        return counted

    @cached_property
    def told(self) -> frozenset[Key]:
        """What some edition has a cell for, and the same over the months that subtracting such cells leaves.

        All else stands in the sums for what follows from it, as what no table of a report prints does.
        """
        own: dict[Key, dict[frozenset[str], None]] = {}
        for edition in (self.new, *self.earlier):
            for place in edition.cells:
                own.setdefault(place.what, {})[place.when] = None
        return frozenset(
            Place(what, when).key for what, spans in own.items() for when in (*_shared(spans), *_finest(list(spans)))
        )

    @cached_property
    def needs(self) -> Mapping[Key, Interval]:
        """Everything that must stay uncertain: counts of fewer than k letters, and changes of fewer than k."""
        small = {
            key: Interval(0, count.matters + self.k - count.letters)
            for key, count in self.values.items()
            if 0 < count.letters < self.k and key not in self.known and (key in self.told or key[0][0] == _REST)
        }
        return small | {key: need for key, need in self.moved.items() if key not in self.known}

    def exposed(self, printed: Mapping[Key, int]) -> frozenset[Key]:
        """What readers of all editions can narrow down when the new one prints these counts."""
        return self._narrowed(printed, self.needs)

    def given_away(self, exposed: Iterable[Key]) -> frozenset[Key]:
        """What of it the earlier editions narrow down alone: nothing that the new one hides takes it back."""
        return self._narrowed({}, {key: self.needs[key] for key in exposed})

    def _narrowed(self, printed: Mapping[Key, int], needs: Mapping[Key, Interval]) -> frozenset[Key]:
        known = {key: self.values[key].matters for key in self.known}
        shown = {key: (count, count) for key, count in (known | dict(printed)).items()}
        wanted = {key: (need.low, need.high) for key, need in needs.items()}
        attack, today = Attack(shown, self.sums), {key: count.matters for key, count in self.values.items()}
        for table in ({}, *self._tables):
            attack.suggest(today | table)
        exposed = frozenset(attack.exposed(Knowledge({}, wanted)))
        self._tables.extend(attack.found())
        return exposed

    @cached_property
    def _tables(self) -> list[dict[Key, int]]:
        """Other tables that were found by now: what agrees with a print agrees with one that hides more."""
        return []

    def problem(self, found: Iterable[Key], hidden: Iterable[Key]) -> Problem:
        """What is found exposed as a problem of the new edition, among everything that is out already.

        What is `hidden` stays hidden, so what is safe by now, from insiders too, stays safe: more may be hidden beside
        it, for the readers of several editions. Insiders are not played across editions.
        """
        own, wanted = {place.key for place in self.new.cells}, set(found)
        return Problem(
            values={key: count.matters for key, count in self.values.items()},
            sums=self.sums,
            needs={key: need for key, need in self.needs.items() if key in wanted},
            known=self.known,
            unseen=frozenset(self.values.keys() - own - self.known) | frozenset(hidden),
        )

    def _of_editions(self) -> Iterator[Sum]:
        for edition in (self.new, *self.earlier):
            for entry in edition.sums:
                spans = {part.when for part in (entry.total, *entry.parts)}
                whens = [entry.total.when]
                if len(spans) == 1:
                    held = [self.places[one.what] for one in (entry.total, *entry.parts)]
                    whens = [when for when in held[0] if when <= entry.total.when and all(when in one for one in held)]
                for when in whens:
                    yield self._closed(edition, entry, when if len(spans) == 1 else None)

    def _closed(self, edition: Edition, entry: PlacedSum, when: frozenset[str] | None) -> Sum:
        """The sum for some months; with what came since under no label of that edition, if anything did."""
        total = entry.total if when is None else Place(entry.total.what, when)
        parts = entry.parts if when is None else tuple(Place(part.what, when) for part in entry.parts)
        rest = self.truth(total).matters - sum(self.truth(part).matters for part in parts)
        names = tuple(part.key for part in parts)
        if rest:
            names += (((_REST, f"{edition.number} {parts[0].what}"), *total.key),)
        return Sum(total.key, names)

    def _over_months(self) -> Iterator[Sum]:
        for what, spans in self.places.items():
            atoms = _finest(spans)
            for when in spans:
                parts = tuple(Place(what, atom).key for atom in atoms if atom <= when)
                if len(parts) > 1:
                    yield Sum(Place(what, when).key, parts)


def _shared(periods: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """What periods share pairwise, and what one has and another lacks."""
    held = list(dict.fromkeys(periods))
    found = [part for one in held for other in held if one != other for part in (one & other, one - other)]
    return [part for part in dict.fromkeys([*held, *found]) if part]


def _finest(spans: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """The parts that no span cuts: months that lie in the same spans belong together."""
    by_spans: dict[tuple[int, ...], set[str]] = {}
    for month in sorted(frozenset[str]().union(*spans)):
        by_spans.setdefault(tuple(at for at, span in enumerate(spans) if month in span), set()).add(month)
    return [frozenset(months) for months in by_spans.values()]
