"""A span of a normalised text with its kind, and the one rule for spans that meet."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml


class Span(NamedTuple):
    """From `begin` to before `end` in a normalised text: something of this kind."""

    begin: int
    end: int
    kind: str


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch within one kind, in order of the text.

    What overlaps becomes one span over both, so that no character of either is left over; the kind is that of
    the span named first in the input (rules are listed from the surest to the vaguest).
    """
    ranked = sorted(enumerate(spans), key=lambda pair: (pair[1].begin, -pair[1].end))
    joined: list[tuple[int, Span]] = []
    for rank, span in ranked:
        if joined and (span.begin < joined[-1][1].end or _continues(joined[-1][1], span)):
            before_rank, before = joined[-1]
            kind = before.kind if before_rank <= rank else span.kind
            joined[-1] = (min(rank, before_rank), Span(before.begin, max(before.end, span.end), kind))
        else:
            joined.append((rank, span))
    return [span for _, span in joined]


def overlaps(begin: int, end: int, spans: Iterable[Span]) -> bool:
    """Whether a stretch of text shares a character with any span."""
    return any(span.begin < end and begin < span.end for span in spans)


@cache
def rules(name: str) -> dict[str, object]:
    """A table of rules that comes with the tree (rules/NAME.yaml)."""
    source = files("tayori.opinions").joinpath("rules", f"{name}.yaml")
    table: dict[str, object] = yaml.safe_load(source.read_text("utf-8"))
    return table


def terms(name: str, key: str) -> tuple[str, ...]:
    """One list of words of a table of rules."""
    words = rules(name)[key]
    if not isinstance(words, list):
        raise TypeError(f"rules/{name}.yaml: {key} is not a list")
    return tuple(str(word) for word in words)


def _continues(before: Span, span: Span) -> bool:
    return span.begin == before.end and span.kind == before.kind
