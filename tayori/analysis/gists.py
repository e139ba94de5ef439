"""Gists of opinions and the ward's answers, written and approved by people, for the report (part 11)."""

from pathlib import Path
from typing import Final

import yaml

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import HandlerId
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.facts import Analyst
from tayori.opinions.masking import mask
from tayori.opinions.prohibited import Level
from tayori.opinions.tokens import Tokeniser
from tayori.reports.contents import Gist
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse.engines import writing

ROLE: Final = "responsible"
MOST: Final = 60
LONGEST: Final = 1_000
_ITEMS: Final = {"theme", "gist", "answer"}


def read_gists(office: Office, by: Credential, path: Path) -> tuple[Gist, ...]:
    """Read gists from a YAML file (a list of theme, gist, answer); that they are given here is the approval.

    Raises:
        BadInput: the file is no such list, or a text holds what would be masked; the sentence names the entry.
        Refused: the handler is not the responsible handler today.

    """
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise BadInput(f"{path.name} cannot be read as YAML in UTF-8. Nothing was written.") from None
    if not isinstance(written, list) or not 0 < len(written) <= MOST:
        raise BadInput(f"{path.name} is no list of 1 to {MOST} gists. Nothing was written.")
    tokeniser, analyst = Tokeniser(), Analyst()
    for number, entry in enumerate(written, 1):
        _check(number, entry, tokeniser, analyst)
    with writing(office.warehouse) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        evidence = Evidence(by.handler_id, Purpose.ANALYSIS)
        record(people, evidence, Action.DECIDE, "gists for a report approved", count=len(written), now=office.now())
    return tuple(Gist(**entry, approved_by=by.handler_id, approved_on=office.today()) for entry in written)


def _check(number: int, entry: object, tokeniser: Tokeniser, analyst: Analyst) -> None:
    if not isinstance(entry, dict) or entry.keys() != _ITEMS:
        raise BadInput(f"Entry {number} needs exactly theme, gist and answer. Nothing was written.")
    for item, text in entry.items():
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
            raise BadInput(f"Entry {number}: {item} is a text of 1 to {LONGEST} characters. Nothing was written.")
        if mask(text, tokeniser).counts:
            raise BadInput(f"Entry {number}: {item} holds what looks like a person's name, number or address.")
        if analyst.level(text) >= Level.THIRD_PARTY:
            raise BadInput(f"Entry {number}: {item} speaks of a sensitive matter of a named person.")
