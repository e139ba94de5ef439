"""How many ways to tamper with what is handed over were tried, and how many of them the verifier missed."""

import sys
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from bench.erasure._handed import the_whole
from bench.erasure._mutations_by_signers import by_signers
from bench.erasure._mutations_of_bytes import by_bytes


def measure(folder: Path) -> Mapping[str, float]:
    """Give `mutations` tried, and `mutations_missed` that were believed; what was handed over untouched is believed."""
    whole = the_whole()
    (folder / "true").mkdir()
    assert whole.handed.is_believed(folder / "true")  # noqa: S101 - a verifier that refuses everything misses nothing
    missed, tried = [], Counter[str]()
    for at, (name, mutate) in enumerate(chain(by_bytes(), by_signers())):
        mutated, place = mutate(whole), folder / str(at)
        if mutated == whole.handed:
            continue  # turning round a list of one changes nothing
        place.mkdir()
        tried[name] += 1
        if mutated.is_believed(place):
            missed.append(name)
    assert max(tried.values()) == 1  # noqa: S101 - each is counted once
    for name in missed:
        sys.stderr.write(f"missed: {name}\n")
    return {"mutations": len(tried), "mutations_missed": len(missed)}
