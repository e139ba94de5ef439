"""One worker at a time has a broadcast in hand: a lease that lives by heartbeats of progress, never by its age.

The lease keeps two workers from doing the same work. It is not what keeps residents from getting a message twice:
that is the retry key, which holds even if a worker that was thought dead wakes up.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.domain.identifiers import BroadcastId
from tayori.errors import Refused
from tayori.warehouse import broadcasts
from tayori.warehouse.broadcasts import BroadcastRow

SILENCE: Final = timedelta(seconds=60)
"""A worker that was silent for so long is taken for dead; one that stands still in a transaction loses its locks."""


def worker_name() -> str:
    """Name this process so that another one on the same machine can tell whether it still lives."""
    return f"{_machine()}.{os.getpid()}.{_started(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Whether a worker has surely ended: it ran on this machine, and no such process is there any more."""
    machine, _, rest = worker.partition(".")
    number, _, started = rest.partition(".")
    return machine == _machine() and number.isdecimal() and _started(int(number)) != started


def take(connection: Connection, broadcast: BroadcastRow, worker: str, now: datetime) -> None:
    """Take a broadcast in hand (the row must be locked).

    Raises:
        Refused: another worker has it and shows progress.

    """
    if broadcast.worker not in {None, worker} and not _abandoned(broadcast, now):
        raise Refused("Another worker is sending this broadcast; wait for its end, or for a minute of silence.")
    broadcasts.change(connection, broadcast.broadcast_id, worker=worker, heartbeat_at=now)


def beat(connection: Connection, broadcast_id: BroadcastId, worker: str, now: datetime) -> BroadcastRow:
    """Show progress, and give the broadcast as it stands now, locked.

    Raises:
        Refused: another worker took the broadcast over meanwhile.

    """
    row = broadcasts.find(connection, broadcast_id, lock=True)
    if row.worker != worker:
        raise Refused("Another worker took this broadcast over; this one stops.")
    broadcasts.let_go_when_silent(connection, SILENCE)
    broadcasts.change(connection, broadcast_id, heartbeat_at=now)
    return row


def is_free(broadcast: BroadcastRow, now: datetime) -> bool:
    """Whether nobody has the broadcast in hand."""
    return broadcast.worker is None or _abandoned(broadcast, now)


def _abandoned(broadcast: BroadcastRow, now: datetime) -> bool:
    silent = broadcast.heartbeat_at is None or now - broadcast.heartbeat_at > SILENCE
    return silent or is_gone(broadcast.worker or "")


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot[:13]}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return "unknown"


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine's start; empty if there is none (or it is a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
