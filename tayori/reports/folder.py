"""Files of a report into a folder: nothing that another report wrote is overwritten, and nobody writes there meanwhile.

A folder of a trial says so in a file of its own, which lists what the trial wrote; only that may be replaced.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tayori.errors import Refused, Unavailable

TRIAL: Final = "trial.txt"
_HEAD: Final = "試算の作業用のファイルです。配布も公表もしないでください。次の試算が書き換えます。"
_FIRST: Final = ("opinion-report.html", "mayor.html", "tables.xlsx", "opinion-report.pdf", "mayor.pdf")


def require_room(folder: Path) -> None:
    """See that a folder holds no files of an edition, before there is anything to write.

    Raises:
        Refused: it does.

    """
    if not (folder / TRIAL).exists():
        _refuse_if(folder, [*(name for name in _FIRST if (folder / name).exists()), *_tables(folder)])


def write_files(folder: Path, files: Mapping[str, bytes], *, trial: bool) -> tuple[Path, ...]:
    """Write files by their names below a folder, each whole or not at all; what is there already stays as it is.

    Raises:
        Refused: the folder holds other files of these names that no trial wrote. Nothing was written.
        Unavailable: another report is being written there, or the folder cannot be written to.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _write(folder, files, trial=trial)
    except OSError:
        raise Unavailable(
            f"The files cannot be written into {folder.name}; see that it is a folder with room in which this program "
            "may write, then run it again."
        ) from None
    return tuple(folder / name for name in files)


def _write(folder: Path, files: Mapping[str, bytes], *, trial: bool) -> None:
    of_a_trial = _of_a_trial(folder)
    there = [name for name in files if (folder / name).exists() and name not in of_a_trial]
    _refuse_if(folder, [name for name in there if trial or (folder / name).read_bytes() != files[name]])
    if trial:
        _put(folder / TRIAL, "\n".join([_HEAD, *sorted({*of_a_trial, *files})]).encode())
    for name in sorted(of_a_trial):
        (folder / name).unlink(missing_ok=True)
    if not trial:
        (folder / TRIAL).unlink(missing_ok=True)
    for name, content in files.items():
        if name not in there:
            _put(folder / name, content)


def _refuse_if(folder: Path, names: Iterable[str]) -> None:
    found = sorted(names)
    if found:
        raise Refused(
            f"{folder.name} holds the files of another report ({found[0]}), and what was given out is never "
            "overwritten. Name another folder with --out. Nothing was written."
        )


def _tables(folder: Path) -> Iterator[str]:
    return (f"tables/{path.name}" for path in (folder / "tables").glob("*.csv"))


def _of_a_trial(folder: Path) -> frozenset[str]:
    """The files that a trial wrote here, none outside of the folder."""
    mark = folder / TRIAL
    if not mark.exists():
        return frozenset()
    inside = folder.resolve()
    names = mark.read_text("utf-8", "replace").splitlines()[1:]
    return frozenset(name for name in names if (folder / name).resolve().is_relative_to(inside) and name)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    begun = path.with_name(f".{path.name}.begun")
    begun.write_bytes(content)
    begun.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others from writing into the folder; a program that dies lets go of it."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"Another report is being written into {folder.name}; run it again when that is done, or name another "
                "folder with --out. Nothing was written."
            ) from None
        yield
    finally:
        os.close(held)
