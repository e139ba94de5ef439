"""Random sets of tables of every shape that disclosure control has to hold for."""

from itertools import combinations
from random import Random

from tayori.opinions.disclosure.tables import TOTAL, Dimension, Figures, Key, Table, cell, three_way, two_way

SHAPES = ("two", "linked", "three", "three linked", "zeros")


def a_table_set(seed: int) -> tuple[Figures, int]:
    """Tables of skewed random letters, with their threshold: two and three ways, linked, with known zeros."""
    chance = Random(seed)  # noqa: S311 dummy letters
    shape, k = SHAPES[seed % len(SHAPES)], chance.choice([5, 10])
    wide = "three" in shape
    sizes = {"a": chance.randint(2, 4 if wide else 7), "b": chance.randint(2, 4 if wide else 6)}
    sizes |= {"c": chance.randint(2, 3)} if wide else {}
    sizes |= {"d": chance.randint(2, 5)} if "linked" in shape else {}
    made = {name: _dimension(name, size) for name, size in sizes.items()}
    tables: list[Table] = list(
        three_way("abc", "表", made["c"], made["a"], made["b"]) if wide else [two_way("ab", "表", made["a"], made["b"])]
    )
    tables += [two_way("ad", "表", made["a"], made["d"])] if "d" in made else []
    impossible = frozenset({cell(a="a0", b="b1")} if shape == "zeros" else ())
    counts = _counted(chance, made, chance.choice([20, 100, 400, 1500]), impossible)
    letters = {key: min(count, 1 + count * 4 // 5) for key, count in counts.items()} if seed % 3 == 0 else counts
    cells = {key for table in tables for line in table.keys for key in line}
    return Figures(
        tuple(tables),
        {key: count for key, count in counts.items() if key in cells},
        {key: count for key, count in letters.items() if key in cells},
        known=impossible & cells,
    ), k


def a_grid(seed: int, rows: int, columns: int, mean: int = 30) -> Figures:
    """One large table whose counts are spread like incomes: most are middling, an eighth is small."""
    chance = Random(seed)  # noqa: S311 dummy letters
    made = [_dimension("a", rows), _dimension("b", columns)]
    counts: dict[Key, int] = {}
    for row in made[0].labels:
        for column in made[1].labels:
            count = int(chance.lognormvariate(0, 1) * mean)
            for key in (cell(a=row, b=column), cell(a=row), cell(b=column), TOTAL):
                counts[key] = counts.get(key, 0) + count
    return Figures((two_way("ab", "表", *made),), counts, counts)


def _dimension(name: str, size: int) -> Dimension:
    codes = [f"{name}{at}" for at in range(size)]
    return Dimension(name, name, dict(zip(codes, codes, strict=True)))


def _counted(
    chance: Random, dimensions: dict[str, Dimension], letters: int, impossible: frozenset[Key]
) -> dict[Key, int]:
    """Every margin of every combination of dimensions, from letters drawn one by one."""
    counts: dict[Key, int] = {}
    for _ in range(letters):
        drawn = {
            name: f"{name}{min(int(chance.paretovariate(0.9)) - 1, len(one.labels) - 1)}"
            for name, one in dimensions.items()
        }
        keys = [cell(**dict(some)) for size in range(len(drawn) + 1) for some in combinations(drawn.items(), size)]
        if impossible.isdisjoint(keys):
            for key in keys:
                counts[key] = counts.get(key, 0) + 1
    return counts
