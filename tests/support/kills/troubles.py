"""What goes wrong at the platform in a trial: drawn from the trial's seed."""

from random import Random
from typing import Final

Rule = dict[str, object]
ANSWERS_IN: Final = 0.02  # seconds: a platform as quick as LINE is on a good day
QUICK: Final[Rule] = {"kind": "slow", "seconds": ANSWERS_IN, "times": None}


def some_faults(rng: Random, batches: int) -> list[Rule]:
    """Draw what goes wrong: some kinds, how often, from which request on; more often where there are few requests."""
    kinds: list[Rule] = [
        {"kind": "error", "status": rng.choice((500, 502, 503)), "accepted": rng.random() < 0.5},
        {"kind": "hang", "accepted": rng.random() < 0.5, "seconds": 1.0, "times": 2},
        {"kind": "reset", "accepted": rng.random() < 0.5},
        {"kind": "torn", "accepted": rng.random() < 0.5},
        {"kind": "rate_limit"},
        {"kind": "monthly_limit", "times": 2},
        {"kind": "slow", "seconds": 0.7},  # the sender gives up at 0.5 s; LINE accepts all the same, later
        {"kind": "slow", "seconds": 0.1, "accepted": True},
    ]
    drawn = rng.sample(kinds, rng.randint(2, 5))
    share = min(0.5, 8.0 / batches)
    usual: list[Rule] = [
        {"share": rng.uniform(share / 2, share), "times": rng.randint(2, 8), "skip": rng.randint(0, batches // 5)}
        for _ in drawn
    ]
    return [often | kind for often, kind in zip(usual, drawn, strict=True)]
