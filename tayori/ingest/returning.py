"""Follows that waited: older than the tombstones are certain of, they count only when LINE shows a profile (L14).

A follow that comes late may be the one before a leaving that nobody remembers any more. LINE's own word tells: who
blocked the account, or quit LINE, has no profile for us. The profile itself is never read (L5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import NotFound, Tampered
from tayori.ingest.events import apply_confirmed
from tayori.ingest.following import UNCERTAIN, Step
from tayori.ingest.quarantine import KIND
from tayori.ingest.receptions import UNREADABLE, take_up
from tayori.ingest.verdict import Gate
from tayori.line.webhook import Unparsed, unpacked
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import quarantine
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.quarantine import WaitingForSomebody

EVIDENCE: Final = Evidence("flow:ingest", Purpose.RECEPTION)
MOST: Final = 1_000  # profiles asked for at once


class Profiles(Protocol):
    """What is asked of LINE; `tayori.line.client.LineClient` gives it."""

    def profile_exists(self, line_user_id: str) -> bool:
        """Tell by the status alone whether LINE shows a profile for this id."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of follows that waited: asked about, counted, without a profile."""

    asked: int = 0
    counted: int = 0
    without: int = 0


def anybody_waits(office: Office) -> bool:
    """Whether a follow waits for its profile."""
    with reading(office.warehouse) as warehouse:
        return quarantine.counts(warehouse).get(UNCERTAIN, 0) > 0


def confirm_follows(office: Office, line: Profiles, gate: Gate) -> Returned:
    """Ask LINE about the follows that wait, and take in those that have a profile, and their settings.

    Raises:
        Unavailable: LINE could not be asked; they go on waiting.

    """
    waiting = _opened(office)
    if not waiting:
        return Returned()
    there = {number: line.profile_exists(step.line_user_id) for number, step in waiting.items()}
    with office.writing_people() as stores:
        still = {row.quarantine_no for row in quarantine.waiting_for_somebody(stores[0], UNCERTAIN)}
        steps = [waiting[number] for number in sorted(still & waiting.keys()) if there[number]]
        applied = apply_confirmed(office, stores, steps).applied if steps else 0
        for number in sorted(still & waiting.keys()):
            quarantine.close(stores[0], number, "taken_up" if there[number] else "erased")
        take_up(office, gate, stores[0])
    return Returned(len(waiting), applied, sum(not shown for shown in there.values()))


def _opened(office: Office) -> dict[int, Step]:
    with writing(office.warehouse) as warehouse:
        rows = quarantine.waiting_for_somebody(warehouse, UNCERTAIN)[:MOST]
        if not rows:
            return {}
        record(warehouse, EVIDENCE, Action.OPEN, "follows that came late", count=len(rows), now=office.now())
        return _steps(office, warehouse, rows)


def _steps(office: Office, warehouse: Connection, rows: Sequence[WaitingForSomebody]) -> dict[int, Step]:
    found: dict[int, Step] = {}
    for row in rows:
        try:
            (event,) = unpacked(office.box_keys.open(KIND, Sealed(row.epoch, row.sealed)))
        except (NotFound, Tampered, Unparsed, ValueError):
            quarantine.refuse_anew(warehouse, row.quarantine_no, UNREADABLE)
            continue
        if event.line_user_id is not None:
            found[row.quarantine_no] = Step(event.line_user_id, follows=True, at_ms=event.at_ms)
    return found
