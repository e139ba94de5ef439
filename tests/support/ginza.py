"""Where GiNZA's environment is: made by `make ginza`, or named by GINZA_PYTHON."""

import os
from pathlib import Path

MADE = Path(__file__).resolve().parents[2] / ".ginza" / "bin" / "python"


def interpreter() -> Path | None:
    """Give its interpreter; None where there is none."""
    named = Path(os.environ.get("GINZA_PYTHON", MADE))
    return named if named.exists() else None
