"""Files of a report never take the place of another report's."""

import fcntl
import os
from pathlib import Path

import pytest

from tayori.errors import Refused, Unavailable
from tayori.reports.folder import TRIAL, require_room, write_files

ONE, OTHER = {"mayor.html": b"one", "tables/kind.csv": b"1"}, {"mayor.html": b"other", "tables/channel.csv": b"2"}


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("**/*") if path.is_file()}


def test_the_same_edition_again_is_written_again(tmp_path: Path) -> None:
    """What is missing is added, what is there and the same stays."""
    write_files(tmp_path, ONE, trial=False)
    (tmp_path / "mayor.html").unlink()
    write_files(tmp_path, ONE, trial=False)
    assert held(tmp_path) == ONE


@pytest.mark.parametrize("trial", [False, True])
def test_nothing_takes_the_place_of_an_edition(tmp_path: Path, *, trial: bool) -> None:
    """Neither another edition nor a trial, be it of the same bytes: refused before anything is written."""
    write_files(tmp_path, ONE, trial=False)
    for files in (OTHER, *([ONE] if trial else [])):
        with pytest.raises(Refused, match=r"mayor\.html"):
            write_files(tmp_path, files, trial=trial)
    with pytest.raises(Refused, match="never overwritten"):
        require_room(tmp_path)
    assert held(tmp_path) == ONE


def test_a_trial_makes_way(tmp_path: Path) -> None:
    """A trial replaces a trial, and an edition too, whole: no table of the trial is left beside it."""
    write_files(tmp_path, ONE, trial=True)
    require_room(tmp_path)
    write_files(tmp_path, OTHER, trial=True)
    assert held(tmp_path).keys() == OTHER.keys() | {TRIAL}
    write_files(tmp_path, ONE, trial=False)
    assert held(tmp_path) == ONE


def test_what_somebody_put_beside_a_trial_stays(tmp_path: Path) -> None:
    """Only what the trial wrote is replaced, and nothing outside of its folder, whatever its list says."""
    beside = tmp_path / "beside.csv"
    beside.write_bytes(b"mine")
    write_files(tmp_path / "out", {"mayor.html": b"one"}, trial=True)
    (tmp_path / "out" / "tables").mkdir()
    (tmp_path / "out" / "tables" / "kind.csv").write_bytes(b"mine")
    with (tmp_path / "out" / TRIAL).open("a") as mark:
        mark.write("\n../beside.csv\n")
    with pytest.raises(Refused, match=r"kind\.csv"):
        write_files(tmp_path / "out", ONE, trial=True)
    write_files(tmp_path / "out", {"mayor.html": b"two"}, trial=False)
    assert beside.read_bytes() == b"mine"


def test_two_reports_at_once_do_not_mix(tmp_path: Path) -> None:
    """While one writes into a folder the other is turned away, and comes again when it is done."""
    writer = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(writer, fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match="being written"):
        write_files(tmp_path, ONE, trial=False)
    assert not held(tmp_path)
    os.close(writer)
    write_files(tmp_path, ONE, trial=False)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """One sentence, and the file stays."""
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(Unavailable, match="folder"):
        write_files(tmp_path / "out", ONE, trial=False)
    assert (tmp_path / "out").read_bytes() == b"a file"
