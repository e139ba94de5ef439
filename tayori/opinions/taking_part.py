"""Divisions that have part in matters: the one responsible (主管) alone, and with those related (関係課を含む).

A matter counts once for the division responsible, and once for each related one: the second count does not add up to
the number of matters, and has a total of its own.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import numpy as np

from tayori.opinions.disclosure.tables import TOTAL, TOTAL_LABEL, Dimension, Key, Sum, Table
from tayori.opinions.report_tables import ANY, UNSET

if TYPE_CHECKING:
    import pandas as pd

BETWEEN: Final = "\n"
"""What stands between the names of several related divisions in a column of facts."""
RELATED: Final[Key] = (("related", ANY),)
TAKING_PART: Final[Key] = (("part", ANY),)
NEVER: Final[Key] = (("related", UNSET),)
"""What cannot be: an office that is not known has part in nothing."""


def related_rows(rows: "pd.DataFrame") -> "pd.DataFrame":
    """A row for each matter and each division that is related to it, the division in `related`."""
    import pandas as pd  # noqa: PLC0415 start-up time

    told = rows.loc[rows["related"].notna()]
    parts = [
        told.loc[told["related"] == names].assign(related=one)
        for names in told["related"].cat.categories
        for one in names.split(BETWEEN)
    ]
    found = pd.concat(parts) if parts else told
    return found.assign(related=found["related"].astype("category"))


def taking_part(rows: "pd.DataFrame") -> "pd.DataFrame":
    """A row for each matter and each division that has part in it, responsible or related, the division in `part`."""
    import pandas as pd  # noqa: PLC0415 start-up time

    kept = ["mart_key", "month"]
    responsible = rows[[*kept, "department"]].rename(columns={"department": "part"})
    related = related_rows(rows)[[*kept, "related"]].rename(columns={"related": "part"})
    names = sorted({*responsible["part"].cat.categories, *related["part"].cat.categories})
    return pd.concat([held.assign(part=held["part"].cat.set_categories(names)) for held in (responsible, related)])


def rows_of(rows: "pd.DataFrame", names: Collection[str]) -> "pd.DataFrame":
    """The rows that are counted by columns of these names: one for each matter, or for each division in it."""
    return related_rows(rows) if "related" in names else taking_part(rows) if "part" in names else rows


def wanted(rows: "pd.DataFrame") -> list[tuple["pd.DataFrame", tuple[str, ...]]]:
    """What has to be counted for the table, by what."""
    related, part = related_rows(rows), taking_part(rows)
    return [
        (related, ("related",)),
        (whatever(related, "related"), ("related",)),
        (part, ("part",)),
        (whatever(part, "part"), ("part",)),
    ]


def whatever(rows: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """The rows with a column that says the same of each, to be counted as a whole."""
    import pandas as pd  # noqa: PLC0415 start-up time

    return rows.assign(**{name: pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index([ANY]))})


def table(departments: Dimension) -> Table:
    """The table of both counts, linked with every other that counts by the division responsible."""
    lines = [((("department", code),), (("related", code),), (("part", code),)) for code in departments.labels]
    totals = (TOTAL, RELATED, TAKING_PART)
    columns = tuple(zip(*lines, strict=True))
    return Table(
        "department_part",
        "主管の部と、関係する部を含む件数",
        departments.term,
        (*departments.labels.values(), TOTAL_LABEL),
        ("主管", "関係", "関係を含む"),
        (*lines, totals),
        (
            *(Sum(whole, (own, related)) for own, related, whole in (*lines, totals)),
            *(Sum(total, column) for total, column in zip(totals, columns, strict=True)),
        ),
    )
