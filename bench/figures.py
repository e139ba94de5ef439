"""Which figures there are, what each must reach, and how one is measured: in a process of its own, memory watched.

A set of figures (`walk`) is a folder `bench/walk/`; each part in it is a module with
`measure(folder: Path) -> Mapping[str, float]`, given an empty folder of its own. Nothing here is typed in: what a part
gives and the memory that its processes took together is what is written.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

BENCH: Final = Path(__file__).resolve().parent
GLANCE_SECONDS: Final = 0.1
ABOUT: Final = ("seconds", "peak_mb", "load", "measured_at", "commit")
LAST: Final = "kills"
"""The part that takes longest and minds no other load; it comes last, so that what does mind is measured early."""
MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must reach: at least, or at most."""

    figure: str
    limit: float
    at_most: bool = False

    def met(self, value: float) -> bool:
        """Whether the figure reaches it."""
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.limit:g}"


BOUNDS: Final[Mapping[str, tuple[Bound, ...]]] = {
    "walk": (
        Bound("ingest_ratio", 0.05),
        Bound("segment_ratio", 0.7),
        Bound("broadcast_share_of_line_limit", 0.8),
        Bound("erasure_seconds", 30, at_most=True),
        Bound("analysis_ratio", 0.4),
        Bound("prefect_overhead", 1.1, at_most=True),
        Bound("peak_mb", 1_500, at_most=True),
    ),
    "erasure": (
        Bound("seconds_1m_10k", 60, at_most=True),
        Bound("rotation_ratio", 1.5, at_most=True),
        Bound("leaver_cost_ratio", 1.2, at_most=True),
        Bound("canaries", 2_000),
        Bound("canary_hits", 0, at_most=True),
        Bound("decrypted_before_final", 0, at_most=True),
        Bound("unnamed_before_final", 0, at_most=True),
        Bound("kept_by_mistake", 10),
        Bound("kept_by_mistake_missed", 0, at_most=True),
        Bound("kills", 100),
        *(Bound(figure, 0, at_most=True) for figure in ("lost", "revived", "uncertified", "mutations_missed")),
        Bound("mutations", 100),
    ),
    "desk": (
        Bound("migrated", 98_000),
        Bound("migration_seconds", 300, at_most=True),
        Bound("damages", 30),
        Bound("mails", 60),
        Bound("ingest_ratio", 0.5),
        Bound("kills", 50),
        *(Bound(figure, 0, at_most=True) for figure in ("damages_missed", "mail_mismatches", "lost")),
        *(Bound(figure, 0, at_most=True) for figure in ("doubled_letters", "left_waiting", "date_mismatches")),
        Bound("date_cases", 40),
    ),
    "broadcast": (
        Bound("kills", 300),
        *(Bound(figure, 0, at_most=True) for figure in ("missed", "doubled", "stray", "undecided", "altered")),
        Bound("share_of_line_limit_10m", 0.95),
        Bound("peak_mb_1m", 600, at_most=True),
        Bound("peak_mb_10m", 600, at_most=True),
        Bound("engine_seconds_10k", 1, at_most=True),
        Bound("overhead_vs_bare_sdk", 1.25, at_most=True),
        Bound("freeze_ratio_10m", 1.5, at_most=True),
        Bound("guards", 15),
        Bound("foreign_endpoints", 0, at_most=True),
    ),
    "doors": (
        Bound("webhook_share", 1.0),
        Bound("p99_ms", 100, at_most=True),
        Bound("door_kills", 20),
        Bound("fuzzed", 10_000),
        *(Bound(one, 0, at_most=True) for one in ("acked_but_lost", "server_errors", "fuzzed_but_lost")),
        Bound("forgeries", 120),
        Bound("pages", 26),
        *(Bound(figure, 0, at_most=True) for figure in ("forgeries_accepted", "axe_violations")),
    ),
    "analysis": (
        Bound("seconds_9883", 60, at_most=True),
        Bound("tokenise_ratio", 0.5),
        Bound("pii_recall_structured", 0.99),
        Bound("pii_recall_names", 0.95),
        Bound("clean_masked_share", 0.02, at_most=True),
        Bound("prohibited_precision", 0.9),
        Bound("prohibited_recall", 0.8),
        Bound("suppression_sets", 1_000),
        Bound("suppression_breaches", 0, at_most=True),
        Bound("suppression_refused", 0, at_most=True),
        Bound("cells_vs_optimum", 1.15, at_most=True),
        Bound("seconds_20x24", 3, at_most=True),
        Bound("nmi_against_plain", -0.02),
        Bound("nmi_against_plain_held_back", -0.02),
        Bound("false_alarms", 1, at_most=True),
        Bound("planted_found", 0.9),
        Bound("fields_added_right", 0.75),
        Bound("axe_violations", 0, at_most=True),
        Bound("beside_refused", 0, at_most=True),
        Bound("letter_growth", 1.2, at_most=True),
        Bound("memory_growth_10x", 1.2, at_most=True),
    ),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one part gave, how long it took in all, the most memory that its processes held together, when, of what."""

    part: str
    figures: Mapping[str, float]
    seconds: float
    peak_mb: float
    load: float
    measured_at: str
    commit: str


def names() -> list[str]:
    """Give the names of the sets of figures."""
    return sorted(folder.name for folder in BENCH.iterdir() if folder.is_dir() and parts(folder.name))


def parts(name: str) -> list[str]:
    """Give the parts of a set, by their modules' names; those that begin with an underscore are theirs to share."""
    found = (path.stem for path in (BENCH / name).glob("*.py") if not path.stem.startswith("_"))
    return sorted(found, key=lambda part: (part == LAST, part))


def measure(name: str, part: str) -> Measured:
    """Measure one part in a process of its own.

    Raises:
        RuntimeError: the part failed; its own words went to the terminal.

    """
    folder = Path(tempfile.mkdtemp(prefix=f"tayori-bench-{part}-"))
    answer = folder / "figures.json"
    command = [sys.executable, "-m", "bench", "part", name, part, str(folder), str(answer)]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=BENCH.parent)
    try:
        peak = watched(process)
        if process.returncode != 0:
            message = f"the figures of {name}/{part} could not be measured (exit code {process.returncode})"
            raise RuntimeError(message)
        seconds, now = round(time.perf_counter() - began, 1), datetime.now(UTC).isoformat(timespec="seconds")
        figures = json.loads(answer.read_text())
        return Measured(part, figures, seconds, round(peak, 1), round(os.getloadavg()[0], 2), now, commit())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def watched(process: "subprocess.Popen[bytes]", glance: float = GLANCE_SECONDS) -> float:
    """Wait for a process and give the highest sum of memory over it and its children, in MiB.

    Pages that processes share are counted once where the system tells (proportional set size).
    """
    root, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _held(root))
        time.sleep(glance)
    return peak / MEBIBYTE


def _held(root: psutil.Process) -> int:
    held = 0
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        try:
            held += getattr(member.memory_full_info(), "pss", 0) or member.memory_info().rss
        except psutil.Error:
            continue
    return held


def keep(folder: Path, one: Measured) -> None:
    """Keep what a part gave, so that another part of its set can be measured anew without it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{one.part}.json").write_text(json.dumps(asdict(one), ensure_ascii=False, indent=2) + "\n", "utf-8")


def kept(folder: Path, name: str) -> list[Measured]:
    """Give what was kept of the parts that a set has today."""
    found = (folder / f"{part}.json" for part in parts(name))
    return [Measured(**json.loads(path.read_text("utf-8"))) for path in found if path.exists()]


def commit() -> str:
    """Give the commit that is measured, with `-dirty` where files differ from it; empty where git cannot tell."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def summary(name: str, measured: list[Measured]) -> dict[str, Any]:
    """Give what is written down: the figures, whether each reaches its bound, each part's own, and the machine."""
    figures = {figure: value for one in measured for figure, value in one.figures.items()}
    figures["peak_mb"] = round(max((one.peak_mb for one in measured), default=0.0), 1)
    bounds = {bound.figure: bound for bound in BOUNDS.get(name, ())}
    return {
        "name": name,
        **figures,
        "bounds": {figure: str(bound) for figure, bound in bounds.items()},
        "met": {figure: figure in figures and bound.met(figures[figure]) for figure, bound in bounds.items()},
        "parts": {one.part: {about: getattr(one, about) for about in ABOUT} for one in measured},
        "machine": machine(),
    }


def machine() -> dict[str, Any]:
    """Give what the figures were measured on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("prefect", "SQLAlchemy", "pandas", "line-bot-sdk", "sudachipy")},
    }


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
