"""Scores masking by characters against hand-labelled spans: half a number that stays readable counts as a leak."""

from collections.abc import Iterable
from dataclasses import dataclass

from tayori.opinions.spans import Span


@dataclass(frozen=True, slots=True)
class Score:
    """Characters and spans of labelled personal data that were masked, and characters masked without need."""

    labelled: int
    covered: int
    needless: int
    spans: int
    whole: int

    @property
    def recall(self) -> float:
        """Share of labelled characters that were masked (1.0 when nothing was labelled)."""
        return self.covered / self.labelled if self.labelled else 1.0

    @property
    def precision(self) -> float:
        """Share of masked characters that were labelled (1.0 when nothing was masked)."""
        masked = self.covered + self.needless
        return self.covered / masked if masked else 1.0

    def __add__(self, other: "Score") -> "Score":
        """The score of both texts together."""
        return Score(
            self.labelled + other.labelled,
            self.covered + other.covered,
            self.needless + other.needless,
            self.spans + other.spans,
            self.whole + other.whole,
        )


def score(labelled: Iterable[Span], found: Iterable[Span]) -> Score:
    """Compare by characters; kinds are not compared, a masked phone number is safe under any name."""
    truth = [frozenset(range(span.begin, span.end)) for span in labelled]
    wanted = frozenset[int]().union(*truth)
    hidden = frozenset[int]().union(*(range(span.begin, span.end) for span in found))
    return Score(
        labelled=len(wanted),
        covered=len(wanted & hidden),
        needless=len(hidden - wanted),
        spans=len(truth),
        whole=sum(span <= hidden for span in truth),
    )
