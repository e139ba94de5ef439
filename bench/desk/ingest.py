"""100,000 opinions of a CSV against a plain script that reads, seals and inserts the same rows, and one without seals.

All run here, in turn, on fresh SQLite stores set up alike; loading Great Expectations is left out of the time.
`INGEST_LETTERS=5000` is a quick look.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

import expectations.judging  # noqa: F401 - loaded beforehand, so that its start-up is not measured
from bench.desk._floor import insert_letters
from bench.ingest import fresh_office
from expectations.gate import gate
from sandbox.letters.letters import Mailbag
from sandbox.letters.writers import write_csv
from tayori.ingest.opinions import ingest_opinion_file
from tayori.ingest.sources.mapping import read_file_mapping

LETTERS: Final = 100_000
POOL: Final = 2_000
TURNS: Final = 3
MAPPING: Final = Path("docs/examples/desk_list.yaml")


def measure(folder: Path) -> Mapping[str, float]:
    """Give `ingest_ratio` and `ingest_ratio_unsealed`: our speed over that of the sealing and of the plain script."""
    letters = int(os.environ.get("INGEST_LETTERS", LETTERS))
    path = folder / "letters.csv"
    written = _write(path, letters)
    seconds: dict[str, list[float]] = {"ours": [], "sealed": [], "unsealed": []}
    for turn in range(TURNS):
        seconds["sealed"].append(_floor(path, folder / f"sealed-{turn}", written, sealed=True))
        seconds["ours"].append(_ours(path, folder / f"ours-{turn}", written))
        seconds["unsealed"].append(_floor(path, folder / f"unsealed-{turn}", written, sealed=False))
    ours, sealed, unsealed = (median(seconds[name]) for name in ("ours", "sealed", "unsealed"))
    return {
        "ingest_letters": written,
        "ingest_letters_seconds": round(ours, 2),
        "ingest_sealed_floor_seconds": round(sealed, 2),
        "ingest_unsealed_floor_seconds": round(unsealed, 2),
        "ingest_ratio": round(sealed / ours, 3),
        "ingest_ratio_unsealed": round(unsealed / ours, 3),
    }


def _write(path: Path, letters: int) -> int:
    """Write at least so many letters that are all recorded: a pool of them, each under a number of its own."""
    pool = [one for one in Mailbag(POOL, seed=1).letters() if one.addressee != "department"]
    turns = -(-letters // len(pool))
    write_csv((replace(one, key=f"{one.key}-{turn}") for turn in range(turns) for one in pool), path)
    return turns * len(pool)


def _ours(path: Path, home: Path, letters: int) -> float:
    office, mapping = fresh_office(home), read_file_mapping(MAPPING)
    began = time.perf_counter()
    counts = ingest_opinion_file(office, path, mapping, gate)
    seconds = time.perf_counter() - began
    assert counts.recorded == letters  # noqa: S101 - a bench that lost letters measures nothing
    office.close()
    return seconds


def _floor(path: Path, home: Path, letters: int, *, sealed: bool) -> float:
    fresh_office(home).close()
    began = time.perf_counter()
    inserted = insert_letters(path, home / "warehouse.db", home / "vault.db", sealed=sealed)
    seconds = time.perf_counter() - began
    assert inserted == letters  # noqa: S101 - as above
    return seconds
