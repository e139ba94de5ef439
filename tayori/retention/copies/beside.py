"""What lies in HOME beside the stores and only the ward could write again: its closing days, its letterhead, log heads.

A backup takes these files along as one sealed part, and a restore puts back what is not there. The heads of the
certificates' log are kept so that a log that was cut issues nothing; without them nobody here would know.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from tayori.desk.letterhead import FILE as LETTERHEAD
from tayori.desk.taking_up import CLOSING_DAYS
from tayori.errors import Tampered, Unavailable
from tayori.office import Office
from tayori.retention.copies import package
from tayori.retention.copies.package import Manifest
from tayori.retention.logbook import HEADS
from tayori.vault.keyfile import write_whole

PART: Final = "beside"
TAKEN: Final = (CLOSING_DAYS, LETTERHEAD, f"{HEADS}/*.jws")


def taken_out(office: Office) -> bytes:
    """Give every such file that is there, by its place in HOME.

    Raises:
        Unavailable: one of them cannot be read.

    """
    home = office.settings.home
    try:
        held = {path.relative_to(home).as_posix(): path.read_bytes().hex() for path in _files(home)}
    except OSError:
        raise Unavailable(f"One of {', '.join(TAKEN)} in HOME cannot be read; set its rights.") from None
    return json.dumps(held, sort_keys=True).encode("ascii")


def restore(office: Office, backup: Manifest, identity: Identity) -> int:
    """Put back what a backup took along and is not there; give how many files. A backup of before has no such part."""
    if PART not in backup.parts:
        return 0
    held = io.BytesIO()
    package.open_part(backup, PART, held, [identity])
    return put_back(office, held.getvalue())


def put_back(office: Office, content: bytes) -> int:
    """Write the files that are not there; give how many. One that is there may be newer, and stays.

    Raises:
        Tampered: the part names a file that is none of these.

    """
    home, written = office.settings.home, 0
    for name, held in json.loads(content).items():
        path = home / name
        if not any(PurePosixPath(f"/{name}").match(f"/{one}") for one in TAKEN):
            raise Tampered("The backup holds a file under a name that is none of ours; take another backup.")
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, bytes.fromhex(held))
            written += 1
    return written


def _files(home: Path) -> Iterator[Path]:
    for one in TAKEN:
        yield from (path for path in sorted(home.glob(one)) if path.is_file() and not path.is_symlink())
