"""What became of what answers of earlier years promised (反映): of those that said 検討 or 実施予定, so many are done.

What an answer said stays as it was said; what became of it is what the desk says by now.
"""

from typing import TYPE_CHECKING, Final

from tayori.domain.answering import PROMISED, RESPONSE_TERMS, Response
from tayori.opinions.disclosure.tables import Key, Sum, Table, cell
from tayori.opinions.period import Period
from tayori.opinions.report_tables import ANY
from tayori.opinions.taking_part import whatever

if TYPE_CHECKING:
    import pandas as pd

DONE: Final = "done"
OPEN: Final = "open"
OUTCOMES: Final = {DONE: "今は実施済", OPEN: "そのほか"}
SAID: Final = tuple(one for one in Response if one in PROMISED)
WHOLE, KEPT = 2, 3
"""The columns of all that was promised, and of what is done."""


def promised_rows(facts: "pd.DataFrame", period: Period, years: int) -> "pd.DataFrame":
    """The matters of the same months of so many earlier years whose answers promised something, by year."""
    import pandas as pd  # noqa: PLC0415 start-up time

    told = facts.loc[facts["outcome"].notna(), ["mart_key", "month", "measure", "outcome"]]
    parts = [
        told.loc[told["month"].isin(period.years_before(back))].assign(years_before=str(back))
        for back in range(1, years + 1)
    ]
    return pd.concat(parts)


def wanted(facts: "pd.DataFrame", period: Period, years: int) -> list[tuple["pd.DataFrame", tuple[str, ...]]]:
    """What has to be counted for the table, by what."""
    rows = promised_rows(facts, period, years)
    return [
        (rows, ("measure", "years_before")),
        (rows, ("outcome", "years_before")),
        (whatever(rows, "outcome"), ("outcome", "years_before")),
    ]


def table(period: Period, years: int) -> Table:
    """A row for each earlier year, the earliest first: what was said, and what became of it."""
    shown = range(years, 0, -1)
    lines, sums = [], []
    for back in shown:
        year = str(back)
        said = tuple(cell(measure=one.value, years_before=year) for one in SAID)
        became = tuple(cell(outcome=one, years_before=year) for one in OUTCOMES)
        whole: Key = cell(outcome=ANY, years_before=year)
        lines.append((*said, whole, *became))
        sums += [Sum(whole, said), Sum(whole, became)]
    columns = (*(f"{RESPONSE_TERMS[one]}と回答" for one in SAID), "計", *OUTCOMES.values())
    labels = tuple(period.called(back) for back in shown)
    return Table(
        "promised", "前の年に検討・実施予定と回答したものの今", "期間", labels, columns, tuple(lines), tuple(sums)
    )
