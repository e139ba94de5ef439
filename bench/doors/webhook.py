"""How many signed deliveries the door keeps: paced for a minute, and at full speed against its floor in the same run.

The floor is the same server with a handler that only checks the signature. Asked for is the lower of 1,000 a second
and 0.7 of the floor; `webhook_share` is what was reached of it. The floor at the same pace tells what a machine that is
busy otherwise adds to the times.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.ingest import fresh_office
from tayori.office import Office
from tests.support.doors import DOOR, FLOOR, door, load

WANTED: Final = 1_000.0
SHARE: Final = 0.7
CONNECTIONS: Final = 32
SPRINT_SECONDS: Final = 10.0
PACED_SECONDS: Final = 60.0
MARGIN: Final = 1.02  # of the pace over what is asked for, so that the last moments do not count against it


def measure(folder: Path, sprint: float = SPRINT_SECONDS, paced: float = PACED_SECONDS) -> Mapping[str, float]:
    """Measure the floor, the door at full speed, and the door at the pace that is asked for."""
    office = fresh_office(folder / "office")
    floor = _loaded(folder, office, FLOOR, sprint)["rps"]
    fastest = _loaded(folder, office, DOOR, sprint)["rps"]
    wanted = min(WANTED, SHARE * floor)
    told = _loaded(folder, office, DOOR, paced, wanted * MARGIN)
    quiet = _loaded(folder, office, FLOOR, sprint, wanted * MARGIN)
    office.close()
    return {
        "webhook_rps": round(told["rps"], 1),
        "webhook_share": round(told["rps"] / wanted, 3),
        "p50_ms": round(told["p50_ms"], 2),
        "p99_ms": round(told["p99_ms"], 2),
        "floor_p99_ms": round(quiet["p99_ms"], 2),
        "slowest_ms": round(told["slowest_ms"], 1),
        "webhook_not_200": sum(told["statuses"].values()) - told["statuses"].get("200", 0) + told["unanswered"],
        "webhook_fastest_rps": round(fastest, 1),
        "webhook_floor_rps": round(floor, 1),
        "webhook_floor_ratio": round(fastest / floor, 3),
    }


def _loaded(folder: Path, office: Office, module: str, seconds: float, rate: float = 0.0) -> dict[str, Any]:
    with door(office, module) as (port, _), load(folder, port, seconds, CONNECTIONS, rate) as told:
        pass
    return told
