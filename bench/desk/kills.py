"""Every channel killed by SIGKILL at 50 random moments: `lost`, `doubled_letters`. `INTAKE_KILLS=5` is a quick look."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.support.dovecot import running_dovecot
from tests.support.kills.channels import CHANNELS, Channel, imap_channel
from tests.support.kills.intakes import IntakeStage

KILLS: Final = 50
WRONG: Final = {"lost": "lost", "doubled_letters": "doubled", "left_waiting": "left"}


def measure(folder: Path) -> Mapping[str, float]:
    """Give `kills` (of the channel that was killed least), and what was lost, doubled or left waiting, summed."""
    wanted = int(os.environ.get("INTAKE_KILLS", KILLS))
    began, wrong = time.monotonic(), Counter(dict.fromkeys(WRONG, 0))
    with running_dovecot() as server:
        channels = [*CHANNELS.values(), imap_channel(server)]
        kills = [_killed(folder, channel, number * 1_000, wanted, wrong) for number, channel in enumerate(channels)]
    told = {"kills": min(kills), "kills_in_all": sum(kills), "channels_killed": len(channels)}
    return told | wrong | {"kills_seconds": round(time.monotonic() - began, 1)}


def _killed(folder: Path, channel: Channel, seed: int, wanted: int, wrong: Counter[str]) -> int:
    """Kill a channel so often; note what went wrong, and give how often it was."""
    stage, kills, began = IntakeStage(folder, channel), 0, time.monotonic()
    while kills < wanted:
        seed += 1
        outcome = stage.trial(seed)
        kills += outcome.kills
        found = {figure: getattr(outcome, name) for figure, name in WRONG.items()}
        wrong.update(found)
        if any(found.values()):
            print(f"  FAILED {channel.name}, seed {seed}: {outcome}", flush=True)
    told = f"{kills} kills of {stage.expected.total()} letters, files and counts"
    print(f"  {channel.name}: {told}, {stage.seconds:.2f} s a reading, {time.monotonic() - began:.0f} s", flush=True)
    return kills
