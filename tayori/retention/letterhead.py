"""What stands on every certificate of this installation: to whom, from whom, where, made with what."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import yaml

from tayori.certificates.certificate import Letterhead
from tayori.certificates.document import Party, Tool
from tayori.errors import BadInput
from tayori.office import Office
from tayori.settings import Mode
from tayori.written_files import load_once

FILE: Final = "letterhead.yaml"
FIELDS: Final = ("addressee", "issuer", "post", "place", "contact", "contract_number")
REHEARSAL: Final = {
    "addressee": "（稽古用）区長",
    "issuer": "（稽古用）受託事業者",
    "post": "取扱責任者",
    "place": "（稽古用）設置先",
    "contact": "（稽古用）取扱責任者",
}
_COMMIT = re.compile(r"[0-9a-f]{40}")


def letterhead(office: Office) -> Letterhead:
    """Give the letterhead as HOME/letterhead.yaml says; a rehearsal without that file has one of its own.

    Raises:
        BadInput: live without the file, or the file does not give each of its fields.

    """
    path = office.settings.home / FILE
    rehearsal = office.settings.mode is Mode.REHEARSAL
    if not path.exists() and not rehearsal:
        raise BadInput(f"A live certificate needs {FILE} in HOME with: {', '.join(FIELDS)}.")
    said = _read(path) if path.exists() else REHEARSAL
    return Letterhead(
        addressee=said["addressee"],
        issuer=Party(organisation=said["issuer"], post=said["post"]),
        place=said["place"],
        contact=said["contact"],
        tool=Tool(name="Tayori", version=_version(), commit=_commit()),
        contract_number=said.get("contract_number"),
        rehearsal=rehearsal,
    )


def _read(path: Path) -> dict[str, str]:
    try:
        said: Any = load_once(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise BadInput(f"{FILE} cannot be read; it is YAML in UTF-8 with: {', '.join(FIELDS)}.") from None
    if not isinstance(said, dict) or not set(FIELDS[:-1]) <= set(said) <= set(FIELDS):
        raise BadInput(f"{FILE} needs exactly the fields {', '.join(FIELDS)} (the last one only if there is one).")
    return {str(name): str(value) for name, value in said.items()}


def _version() -> str:
    try:
        return version("tayori")
    except PackageNotFoundError:
        return "0.1.0"


def _commit() -> str:
    """Give the commit that this program was taken from, where its history lies beside it."""
    folder = Path(__file__).resolve().parents[2] / ".git"
    try:
        head = (folder / "HEAD").read_text("ascii").strip()
        found = (folder / head.removeprefix("ref: ")).read_text("ascii").strip() if head.startswith("ref: ") else head
    except OSError:
        return "unknown"
    return found if _COMMIT.fullmatch(found) else "unknown"
