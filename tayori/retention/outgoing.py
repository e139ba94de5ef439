"""What the desk writes out in the open to read or to print (HOME/outgoing): it goes with its case, and by itself.

A letter's files and an answer that waits for its envelope lie here as they are, outside of every store: whoever ends a
case, a list for disposal or the contract ends them too, and the night ends what somebody forgot.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tayori.domain.record_classes import record_classes
from tayori.errors import NotFound, Unavailable
from tayori.office import Office
from tayori.warehouse import opinions
from tayori.warehouse.dumps import erase_file
from tayori.warehouse.engines import reading

FOLDER: Final = "outgoing"
CLASS: Final = "written_out"


def put(office: Office, receipt_no: str, ending: str, content: bytes) -> Path:
    """Write a file of a case for its handler alone; `ending` is `.pdf`, or `-3.png` for one of several.

    Raises:
        Unavailable: the disk did not take it.

    """
    path = _folder(office) / f"{_named(receipt_no)}{ending}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.write(content)
    except OSError:
        raise Unavailable("The file could not be written into HOME; make room, then do it again.") from None
    return path


def clear_case(office: Office, receipt_no: str) -> int:
    """Overwrite and remove what was written out of a case; give how many files.

    Raises:
        NotFound: there is no case of this number.

    """
    with reading(office.warehouse) as warehouse:
        if not opinions.by_receipt(warehouse, [receipt_no]):
            raise NotFound("There is no case of this number; see `tayori case list`.")
    return clear(office, [receipt_no])


def clear(office: Office, receipts: Iterable[str]) -> int:
    """Overwrite and remove what was written out of cases, whether they are still here or not; give how many files."""
    wanted = {_named(receipt_no) for receipt_no in receipts}
    return _erase(path for path in _files(office) if wanted & {path.stem, path.stem.rpartition("-")[0]})


def clear_all(office: Office) -> int:
    """Overwrite and remove everything that was written out; give how many files."""
    return _erase(_files(office))


def expire(office: Office) -> dict[str, int]:
    """End what was written out longer ago than its class of record allows; give how many files."""
    last = office.now() - timedelta(days=record_classes().named(CLASS).limits["days"])
    return {"expired_outgoing": _erase(path for path in _files(office) if _written_before(path, last))}


def left(office: Office) -> int:
    """Give how many files lie here."""
    return len(_files(office))


def _files(office: Office) -> list[Path]:
    folder = _folder(office)
    return sorted(path for path in folder.iterdir() if not path.is_dir()) if folder.is_dir() else []


def _written_before(path: Path, moment: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC) < moment
    except FileNotFoundError:  # its handler cleared it just now
        return False


def _erase(paths: Iterable[Path]) -> int:
    found = list(paths)
    for path in found:
        if path.is_symlink():
            path.unlink(missing_ok=True)  # what it leads to is not ours to overwrite
        else:
            erase_file(path)
    return len(found)


def _folder(office: Office) -> Path:
    return office.settings.home / FOLDER


def _named(receipt_no: str) -> str:
    """Give a receipt number as a file's name; an old system's number may hold any sign."""
    return quote(receipt_no, safe="")
