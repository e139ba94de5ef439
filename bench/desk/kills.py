"""Every channel killed by SIGKILL at 50 random moments: `lost`, `doubled_letters`. `INTAKE_KILLS=5` is a quick look."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.support.kills.intakes import CHANNELS, IntakeStage

KILLS: Final = 50


def measure(folder: Path) -> Mapping[str, float]:
    """Give `kills` (of the channel that was killed least), `lost`, `doubled_letters` and `left_waiting`, summed."""
    wanted = int(os.environ.get("INTAKE_KILLS", KILLS))
    began, kills = time.monotonic(), dict.fromkeys(CHANNELS, 0)
    found = dict.fromkeys(("lost", "doubled_letters", "left_waiting"), 0)
    for number, (name, channel) in enumerate(CHANNELS.items()):
        stage = IntakeStage(folder, channel)
        seed = number * 1_000
        while kills[name] < wanted:
            seed += 1
            outcome = stage.trial(seed)
            kills[name] += outcome.kills
            found["lost"] += outcome.lost
            found["doubled_letters"] += outcome.doubled
            found["left_waiting"] += outcome.left
            if outcome.lost or outcome.doubled or outcome.left:
                print(f"  FAILED {name}, seed {seed}: {outcome}", flush=True)
        print(f"  {name}: {kills[name]} kills, {stage.seconds:.1f} s a reading", flush=True)
    return {"kills": min(kills.values()), **found, "kills_seconds": round(time.monotonic() - began, 1)}
