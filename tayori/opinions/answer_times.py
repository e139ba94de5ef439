"""How long answers took, in the ward's open days: median, 90th percentile, and the share within the target (O2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MEDIAN: Final = 0.5
NINTH_TENTH: Final = 0.9


@dataclass(frozen=True, slots=True)
class Taken:
    """Open days of one group of answers (通); None where too few letters stand on one side of the figure.

    `within` of `answered` matters (件) were answered by their target date.
    """

    group: str
    answered: int
    within: int
    median: int | None
    ninth_tenth: int | None


def taken(group: str, days: Sequence[int], within: int, over: int, *, k: int) -> Taken:
    """Sum up the answers of a group; `days` are those of each, the others count matters by their target."""
    return Taken(group, within + over, within, quantile(days, MEDIAN, k=k), quantile(days, NINTH_TENTH, k=k))


def quantile(days: Sequence[int], share: float, *, k: int) -> int | None:
    """The day by which this share of the answers was out; None unless k letters took no longer, and k no shorter.

    What is printed is then a value that at least k letters stand on either side of, never one letter's own.
    """
    if not days:
        return None
    held = np.sort(np.asarray(days, dtype=np.int64))
    value = int(held[max(0, int(np.ceil(share * len(held))) - 1)])
    enough = int((held <= value).sum()) >= k and int((held >= value).sum()) >= k
    return value if enough else None
