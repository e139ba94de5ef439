"""Gists in a report are written by people, approved by the responsible handler, and name nobody."""

from pathlib import Path

import pytest

from tayori.analysis.gists import read_gists
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tests.support.handlers import a_handler

GOOD = "- theme: 公園・みどり\n  gist: 遊具を直してほしい。\n  answer: 6月に修繕しました。\n"


def a_file(folder: Path, written: str) -> Path:
    path = folder / "gists.yaml"
    path.write_text(written, "utf-8")
    return path


def test_gists_are_approved_by_who_gives_them(sqlite_office: Office, tmp_path: Path) -> None:
    """The responsible handler's act is the approval; name and day go with each gist."""
    boss = a_handler(sqlite_office, "boss-1", "responsible")
    (gist,) = read_gists(sqlite_office, boss, a_file(tmp_path, GOOD))
    assert (gist.theme, gist.approved_by, gist.approved_on) == ("公園・みどり", "boss-1", sqlite_office.today())


def test_another_role_approves_no_gist(sqlite_office: Office, tmp_path: Path) -> None:
    """The desk writes them; it does not approve them."""
    with pytest.raises(Refused):
        read_gists(sqlite_office, a_handler(sqlite_office, "desk-1", "desk"), a_file(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("not: a list", "no list"),
        ("[]", "no list"),
        ("- theme: 公園\n  gist: 遊具\n", "Entry 1"),
        ("- theme: [公園]\n  gist: 遊具\n  answer: 修繕\n", "Entry 1"),
        (GOOD + GOOD.replace("遊具", "090-0000-0000 の"), "Entry 2"),
        (GOOD.replace("遊具", "模擬 花子さんの家の"), "Entry 1"),
        ("- [\n", "YAML"),
    ],
)
def test_a_gist_that_could_name_somebody_is_refused(
    sqlite_office: Office, tmp_path: Path, written: str, told: str
) -> None:
    """The sentence names the entry and never repeats what it says."""
    boss = a_handler(sqlite_office, "boss-1", "responsible")
    with pytest.raises(BadInput, match=told) as refused:
        read_gists(sqlite_office, boss, a_file(tmp_path, written))
    assert "090" not in refused.value.sentence
    assert "花子" not in refused.value.sentence
