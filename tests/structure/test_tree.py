"""What may never stand in the tree: names of package hosts, paths of one machine, promises without an owner."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".ttf", ".png", ".webp", ".jpg", ".pdf", ".xlsx", ".gz"}
INDEX_HOSTS = re.compile(
    "|".join(re.escape(part + rest) for part, rest in [("py", "pi.org"), ("pythonhosted", ".org")])
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me/[a-z]"]) + r")/")
OPEN_PROMISE = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|X" + r"XX)\b")


EXPLAINS = {ROOT / "pyproject.toml"}  # its comment says how a promise gets its owner


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    named = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in named if path.is_file() and path.suffix not in BINARY and path not in EXPLAINS]


def _hits(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in _files():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


@pytest.mark.parametrize(
    "pattern", [INDEX_HOSTS, MACHINE_PATHS, OPEN_PROMISE], ids=["package hosts", "machine paths", "open promises"]
)
def test_nothing_of_the_kind_stands_in_the_tree(pattern: re.Pattern[str]) -> None:
    """No package index, no path of a developer's machine, no promise outside docs/roadmap.md."""
    assert _hits(pattern) == []


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    """The locks pin every package with hashes and name no index."""
    for lock in (ROOT / "requirements.lock", *(ROOT / "requirements").glob("*.lock")):
        text = lock.read_text("utf-8")
        pins = re.findall(r"^[a-z0-9][\w.\-\[\]]*==\S+ \\$", text, re.MULTILINE)
        assert pins
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
        assert "://" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def test_every_picture_is_there_and_is_shown() -> None:
    """A page shows no picture that is missing, and none lies about that no page shows."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    linked = re.compile(r"[(\"]([^()\"\s]*pictures/[\w./-]+\.(?:png|webp))[)\"]")
    shown = {(page.parent / name).resolve() for page in pages for name in linked.findall(page.read_text("utf-8"))}
    assert shown == {path for path in (ROOT / "docs" / "pictures").rglob("*.*") if path.is_file()}
