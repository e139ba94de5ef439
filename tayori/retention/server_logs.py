"""The logs of doors and servers: turned over each night, and ended with the period of their class of record.

They hold counts and numbers only; they end all the same, for an address or a time of day can be more than it seems.
"""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from tayori.domain.record_classes import record_classes
from tayori.office import Office

FOLDER: Final = "logs"
CLASS: Final = "server_logs"


def turn_over(office: Office) -> dict[str, int]:
    """Move what was written into a file of the day, and remove the days whose period has ended; give how many.

    A program that writes goes on in its emptied file: it appends, and need not be told.
    """
    folder, today = office.settings.home / FOLDER, office.today()
    last = today - timedelta(days=record_classes().named(CLASS).limits["days"])
    for path in sorted(folder.glob("*.log")):
        if _day_of(path) is None and path.is_file() and not path.is_symlink():
            _turn(path, today)
    ended = [path for path in sorted(folder.glob("*.log")) if (day := _day_of(path)) is not None and day < last]
    for path in ended:
        path.unlink(missing_ok=True)
    return {"expired_server_logs": len(ended)}


def end_all(office: Office) -> int:
    """Remove every log, those of today too, at the end of the last contract; give how many files."""
    found = [path for path in sorted((office.settings.home / FOLDER).glob("*.log")) if not path.is_symlink()]
    for path in found:
        os.truncate(path, 0)  # a program that goes on writing holds the file open
        path.unlink()
    return len(found)


def _turn(path: Path, today: date) -> None:
    if not path.stat().st_size:
        return
    day = path.with_name(f"{path.stem}.{today.isoformat()}.log")
    with (
        path.open("r+b") as written,
        os.fdopen(os.open(day, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "wb") as to,
    ):
        shutil.copyfileobj(written, to)
        written.truncate(0)


def _day_of(path: Path) -> date | None:
    """Give the day that a turned-over file names; None for one that is written to."""
    try:
        return date.fromisoformat(path.stem.rpartition(".")[2])
    except ValueError:
        return None
