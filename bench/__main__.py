"""`python -m bench figures walk`: measure a set of figures anew and write out/figures/walk.json.

`python -m bench figures walk ingest` measures that part alone and takes the others as they were measured last; each is
written with its moment, its load and its commit.
"""

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import figures

OUT = Path("out/figures")


def main(words: list[str]) -> int:
    """Do what the words say; give the exit code: 1 where a figure misses its bound."""
    match words:
        case ["figures", name, *some] if name in figures.names() and set(some) <= set(figures.parts(name)):
            return _figures(name, some)
        case ["all"]:
            return max((_figures(name) for name in figures.names()), default=0)
        case ["part", name, part, folder, answer]:
            measured = importlib.import_module(f"bench.{name}.{part}").measure(Path(folder))
            Path(answer).write_text(json.dumps(measured))
            return 0
    print("python -m bench figures NAME [PART ...] | all; the names are:", ", ".join(figures.names()) or "none yet")
    return 2


def _figures(name: str, some: Sequence[str] = ()) -> int:
    target, folder = OUT / f"{name}.json", OUT / name
    OUT.mkdir(parents=True, exist_ok=True)
    for part in some or figures.parts(name):
        (folder / f"{part}.json").unlink(missing_ok=True)
        print(f"{name}/{part} ...", flush=True)
        try:
            measured = figures.measure(name, part)
        except RuntimeError as failure:
            print(f"  {failure}", flush=True)
            continue
        figures.keep(folder, measured)
        _print(measured.figures)
    found = figures.summary(name, figures.kept(folder, name))
    target.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return _verdict(found, target)


def _print(measured: Mapping[str, float]) -> None:
    for figure, value in measured.items():
        print(f"  {figure:<36} {value:>12.4g}", flush=True)


def _verdict(found: dict[str, Any], target: Path) -> int:
    print(f"{found['name']}: {target}")
    for figure, met in found["met"].items():
        value = found.get(figure)
        shown = "not measured" if value is None else f"{value:.4g}"
        print(f"  {figure:<36} {shown:>12}  {found['bounds'][figure]:<16} {'ok' if met else 'MISSED'}")
    return 0 if all(found["met"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
