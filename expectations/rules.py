"""What a rule is: a name that may be shown to anybody, and the expectation that it makes of a column."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a suite. `expect` makes the expectation for a judgement at a moment."""

    name: str
    expect: Callable[[datetime], Expectation]


@dataclass(frozen=True, slots=True)
class Suite:
    """A frame's contract: exactly these columns, and rules in the order in which a refusal is told."""

    columns: tuple[str, ...]
    rules: tuple[Rule, ...]
