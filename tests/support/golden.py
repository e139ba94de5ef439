"""Golden files: bytes that must not change by accident. `make golden` writes them anew; read the difference."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def is_as_before(name: str, made: bytes) -> bool:
    """Whether bytes are those of the golden file; while golden files are written, they become it."""
    path = ROOT / "golden" / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
    return path.exists() and path.read_bytes() == made
