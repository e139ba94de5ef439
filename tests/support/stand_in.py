"""The second reader that tests start: as words of a command, or as an interpreter that a setting can name."""

import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / "opinions" / "stand_in_reader.py"


def stand_in(*behaviour: str) -> list[str]:
    """Give the command that starts it."""
    return [sys.executable, "-I", "-X", "utf8", str(PROGRAM), *behaviour]


def stand_in_interpreter(folder: Path, *behaviour: str) -> Path:
    """Write a program that stands where GiNZA's interpreter would; whatever it is asked to run, the stand-in reads."""
    program = folder / "second-reader"
    program.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in stand_in(*behaviour)) + "\n")
    program.chmod(0o700)
    return program
