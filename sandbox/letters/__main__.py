"""Write a mailbag: `python -m sandbox.letters --count 10000 --seed 1 --out letters.csv [--answers answers.jsonl]`."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from sandbox.letters.letters import CAMPAIGN, UNTIL, Mailbag
from sandbox.letters.timeline import usual_surge
from sandbox.letters.writers import write_answers, write_csv, write_excel, write_json_array, write_json_lines

_WRITERS: Final[dict[str, Callable[..., int]]] = {
    ".xlsx": write_excel,
    ".jsonl": write_json_lines,
    ".json": write_json_array,
}


def main() -> None:
    """Write the letters, and their known answers where asked."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.letters", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL)
    parser.add_argument("--out", type=Path, required=True, help=".csv, .xlsx, .jsonl or .json")
    parser.add_argument("--encoding", choices=["utf-8", "utf-8-sig", "cp932"], default="utf-8")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--marker", default="")
    told = parser.parse_args()
    bag = Mailbag(
        told.count,
        told.seed,
        until=told.until,
        surge=usual_surge(told.until),
        campaign=min(CAMPAIGN, told.count // 100),
        marker=told.marker,
    )
    writer = _WRITERS.get(told.out.suffix.lower())
    written = writer(bag.letters(), told.out) if writer else write_csv(bag.letters(), told.out, told.encoding)
    if told.answers:
        write_answers(bag.letters(), told.answers)
    parser.exit(message=f"{written} letters written\n")


if __name__ == "__main__":
    main()
