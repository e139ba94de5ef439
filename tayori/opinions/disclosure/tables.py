"""Tables of counts that share their totals, so that what one hides no other gives away.

A cell is named by what it counts (`(("channel", "email"), ("month", "2026-04"))`), not by where it is printed:
the month total of two tables is one cell. Margins are cells like others; the grand total is `()`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

Key = tuple[tuple[str, str], ...]
TOTAL: Key = ()
TOTAL_LABEL = "計"
_LEAST = "~least"
_BEYOND = "~beyond"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way of telling letters apart: its name in keys, its term in print, and its values with their labels."""

    name: str
    term: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sum:
    """A total that is printed or implied: it equals the sum of its parts."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it will be printed: labels of rows and columns, margins included, and the key of every cell."""

    name: str
    title: str
    corner: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    keys: tuple[tuple[Key, ...], ...]
    sums: tuple[Sum, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Figures:
    """All tables of one report with the true counts: matters (件) per cell, and the letters (通) they come from.

    `known` are cells that everybody knows without the tables (what cannot occur is zero). `alone` says for letters
    that stand alone in cells which cells those are; without it each such cell is taken for a letter of its own.
    `beside` are sums that no table prints and everybody knows: see `at_least`.
    """

    tables: tuple[Table, ...]
    values: Mapping[Key, int]
    letters: Mapping[Key, int]
    known: frozenset[Key] = frozenset()
    alone: tuple[frozenset[Key], ...] = ()
    beside: tuple[Sum, ...] = field(default=(), repr=False)

    def sums(self) -> tuple[Sum, ...]:
        """Every sum of every table, and those that are known beside them, each once."""
        return tuple(dict.fromkeys([*self.sums_of_tables(), *self.beside]))

    def sums_of_tables(self) -> tuple[Sum, ...]:
        """Every sum of every table, each once."""
        return tuple(dict.fromkeys(entry for table in self.tables for entry in table.sums))

    def cells(self) -> tuple[Key, ...]:
        """Every cell of every table, each once, in the order of print."""
        return tuple(dict.fromkeys(key for table in self.tables for row in table.keys for key in row))

    def unprinted(self) -> frozenset[Key]:
        """The cells that stand in sums alone: nobody has to hide them, and nobody sees them."""
        of_sums = {key for entry in self.beside for key in (entry.total, *entry.parts)}
        return frozenset(of_sums - set(self.cells()))


def at_least(figures: Figures, least: Mapping[Key, int]) -> Figures:
    """The figures, with what everybody knows some counts to be at least: a row that stands only from so many on.

    Such a count is what is known of it and what is beyond; only the second can be anything.
    """
    values, known, beside = dict(figures.values), set(figures.known), list(figures.beside)
    for key, count in least.items():
        floor, beyond = ((*key, (part, "")) for part in (_LEAST, _BEYOND))
        values |= {floor: count, beyond: values.get(key, 0) - count}
        known.add(floor)
        beside.append(Sum(key, (floor, beyond)))
    return replace(figures, values=values, known=frozenset(known), beside=tuple(beside))


@dataclass(frozen=True, slots=True)
class SuppressedTable:
    """A table that may leave the ward's office: None stands where a count is hidden (秘)."""

    name: str
    title: str
    corner: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    k: int

    @property
    def hidden(self) -> int:
        """How many cells are hidden."""
        return sum(cell is None for row in self.cells for cell in row)


def cell(**values: str) -> Key:
    """The key of the cell that counts what has these values."""
    return tuple(sorted(values.items()))


def two_way(name: str, title: str, rows: Dimension, columns: Dimension) -> Table:
    """A table of two dimensions with both margins and the grand total."""
    row_keys = [((rows.name, code),) for code in rows.labels]
    column_keys = [((columns.name, code),) for code in columns.labels]
    inner = [[tuple(sorted(row + column)) for column in column_keys] for row in row_keys]
    body = [(*line, margin) for line, margin in zip(inner, row_keys, strict=True)]
    sums = [Sum(margin, tuple(line)) for line, margin in zip(inner, row_keys, strict=True)]
    sums += [Sum(margin, tuple(line[at] for line in inner)) for at, margin in enumerate(column_keys)]
    sums += [Sum(TOTAL, tuple(row_keys)), Sum(TOTAL, tuple(column_keys))]
    return Table(
        name=name,
        title=title,
        corner=f"{rows.term}＼{columns.term}",
        rows=(*rows.labels.values(), TOTAL_LABEL),
        columns=(*columns.labels.values(), TOTAL_LABEL),
        keys=(*body, (*column_keys, TOTAL)),
        sums=tuple(sums),
    )


def three_way(name: str, title: str, layers: Dimension, rows: Dimension, columns: Dimension) -> tuple[Table, ...]:
    """A table of three dimensions with all its margins, printed as one table per layer and one of all layers."""
    whole = two_way(f"{name}_all", f"{title}（{TOTAL_LABEL}）", rows, columns)
    printed_layers = []
    for code, label in layers.labels.items():
        keys = tuple(tuple(tuple(sorted((*key, (layers.name, code)))) for key in line) for line in whole.keys)
        printed_layers.append(
            Table(f"{name}_{code}", f"{title}（{label}）", whole.corner, whole.rows, whole.columns, keys, ())
        )
    sums = _cube((layers, rows, columns))
    return (Table(whole.name, whole.title, whole.corner, whole.rows, whole.columns, whole.keys, sums), *printed_layers)


def _cube(dimensions: Sequence[Dimension]) -> tuple[Sum, ...]:
    """Every sum of a table of many dimensions: each margin is the sum over one dimension more."""
    sums: dict[Sum, None] = {}
    for size in range(len(dimensions)):
        for held in combinations(dimensions, size):
            for codes in product(*(one.labels for one in held)):
                total = tuple(sorted(zip((one.name for one in held), codes, strict=True)))
                for over in dimensions:
                    if over not in held:
                        parts = tuple(tuple(sorted((*total, (over.name, code)))) for code in over.labels)
                        sums[Sum(total, parts)] = None
    return tuple(sums)


@dataclass(frozen=True, slots=True)
class Series:
    """One column of counts with a total of its own."""

    label: str
    total: Key
    parts: tuple[Key, ...]


def side_by_side(name: str, title: str, corner: str, rows: Sequence[str], series: Sequence[Series]) -> Table:
    """Series of equal length beside one another, each with its own total: this year and the year before."""
    columns = [(*one.parts, one.total) for one in series]
    return Table(
        name=name,
        title=title,
        corner=corner,
        rows=(*rows, TOTAL_LABEL),
        columns=tuple(one.label for one in series),
        keys=tuple(zip(*columns, strict=True)),
        sums=tuple(Sum(one.total, one.parts) for one in series),
    )


def printed(table: Table, values: Mapping[Key, int], hidden: Iterable[Key], k: int) -> SuppressedTable:
    """The table as it leaves, with every hidden cell gone."""
    gone = frozenset(hidden)
    cells = tuple(tuple(None if key in gone else values.get(key, 0) for key in row) for row in table.keys)
    return SuppressedTable(table.name, table.title, table.corner, table.rows, table.columns, cells, k)
