"""Targets held against a table that was counted by hand: how many cases agree; one that does not fails the figure."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tayori.domain.calendar import WardCalendar, reply_due

TABLE = Path(__file__).resolve().parents[2] / "tests" / "calendar" / "hand_checked.txt"


def measure(folder: Path) -> Mapping[str, float]:  # noqa: ARG001 - every part is given one
    """Give the cases of the table whose target the calendar counts as the table does, and those that it does not."""
    lines = [line.split(" ", 3) for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    calendar = WardCalendar()
    right = [
        reply_due(date.fromisoformat(received), calendar, int(days)) == date.fromisoformat(due)
        for received, days, due, _ in lines
    ]
    return {"date_cases": sum(right), "date_mismatches": len(right) - sum(right)}
