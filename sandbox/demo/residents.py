"""The residents' part: they add the account, set what they want, block it, or quit LINE without a word."""

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from sandbox.line.client import ControlClient
from sandbox.line.serve import RunningPlatform
from sandbox.residents import residents, residents_columns
from tayori.domain.identifiers import LineUserId
from tayori.domain.reception import ReceptionSettings
from tayori.domain.ward import ward
from tayori.ingest.submissions import new_submission_id, submission_of, submit_receptions
from tayori.office import Office

BLOCK: Final = 2_000
ROUGH: Final = {
    "events_a_delivery": 10,
    "doubled": 0.03,
    "redelivered": 0.02,
    "late": 0.02,
    "late_seconds": 0.5,
    "empty": 0.01,
    "reordered_within": 5,
    "attempts": 3,
}
"""How the platform delivers in the rehearsal: some deliveries late, doubled, out of order, some empty."""

GENRE: Final = 1
BORN: Final = (1960, 2005)
AREAS: Final = (1, 2, 3, 4, 5, 6, 11)


def add_the_account(platform: RunningPlatform, webhook: str, count: int) -> dict[str, Any]:
    """Let residents add the account; LINE tells the door by signed webhooks. Give the platform's own counts."""
    platform.control.ask("webhook", url=webhook)
    told: dict[str, Any] = platform.control.friends(count, policy=ROUGH)["webhook"]
    return told


def join(line: ControlClient, office: Office, count: int, *, start: int, seed: int) -> None:
    """Let residents from the n-th on add the account, told to the door by signed webhooks, then set what they want."""
    line.friends(count)
    set_what_they_want(office, count, seed, office.now(), start)


def set_what_they_want(office: Office, count: int, seed: int, now: datetime, start: int = 0) -> None:
    """Let residents confirm the purpose and choose: through the inbox, as the settings page will."""
    rng = Random(seed)
    block: list[dict[str, Any]] = []
    for one in residents(count, seed, start):
        chosen = ReceptionSettings(
            LineUserId(one.line_user_id), ward().current_purpose, now, one.birth_year, one.sex, one.area, one.genres
        )
        block.append(submission_of(chosen, new_submission_id(rng)))
        if len(block) == BLOCK:
            submit_receptions(office.inbox, office.sealer, block, now)
            block = []
    if block:
        submit_receptions(office.inbox, office.sealer, block, now)


def segment() -> dict[str, Any]:
    """Whom the rehearsal's message is narrowed to, as staff write it."""
    return {"birth_year": {"from": BORN[0], "to": BORN[1]}, "area": [ward().areas[code] for code in AREAS]}


def should_receive(count: int, seed: int, path: Path) -> int:
    """Write who should get the rehearsal's message, from what the residents chose and not from our tables."""
    wanted = residents_columns(0, count, seed)
    genre = (wanted.genres >> (GENRE - 1)) & 1 == 1
    born = (wanted.birth_year >= BORN[0]) & (wanted.birth_year <= BORN[1])
    expected = genre & born & np.isin(wanted.area, AREAS)
    np.save(path, expected)
    return int(expected.sum())


def leave(platform: RunningPlatform, blocking: int, quitting: int, seed: int) -> dict[str, int]:
    """Let some block the account (LINE tells us) and some quit LINE (nobody tells us)."""
    blocked = platform.control.block(blocking, seed=seed, policy=ROUGH)["changed"]
    quit_silently = platform.control.quit(quitting, seed=seed)["changed"]
    return {"blocked": blocked, "quit_silently": quit_silently}
