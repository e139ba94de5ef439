"""Deliveries that were answered 200 and are not in the inbox, the door killed again and again under full load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.ingest import fresh_office
from tests.door.test_kills import kill_under_load

KILLS: Final = 20


def measure(folder: Path, kills: int = KILLS) -> Mapping[str, float]:
    """Kill the door at random moments; every time it starts anew on what it left."""
    office = fresh_office(folder / "office")
    acked, lost = kill_under_load(office, folder, kills)
    office.close()
    return {"door_kills": kills, "acked": acked, "acked_but_lost": lost}
