"""The desk takes letters up: a file number of the fiscal year, a target date, values by which they are found again.

Whatever way a letter came, intake or migration, it is taken up once; running it again takes up only what is new. What
its words say of danger or of a procedure with its own law is flagged, and people are told.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from sqlalchemy import Connection

from tayori.domain.calendar import WardCalendar, read_calendar
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.flag_words import candidates
from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import fiscal_year
from tayori.domain.reply_clock import ReplyClock, clock_for
from tayori.domain.states import OPEN_CASES
from tayori.errors import BadInput
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action, record
from tayori.vault.cases import place_of
from tayori.vault.envelope import unseal
from tayori.warehouse import closing, desk
from tayori.warehouse.desk import Untaken
from tayori.warehouse.engines import persistently, reading, writing
from tayori.warehouse.people import reserve
from tayori.warehouse.schema.desk import case_flag, case_look_up, case_matter, desk_case
from tayori.written_files import load_once

if TYPE_CHECKING:
    from datetime import date

EVIDENCE: Final = Evidence("flow:desk", Purpose.INTAKE)
OPENED: Final = ("name", "address", "telephone", "email", "fax", "opinion")
"""What is opened of a letter: whether it can be answered, how it is found again, whether people must look at once.

What a letter says is opened only where its case is not done: nothing calls people about one that was answered long ago.
"""
FOUND_BY: Final = ("name", "telephone", "email")
BLOCK: Final = 500
CLOSING_DAYS: Final = "closing_days.yaml"


def ward_calendar(office: Office) -> WardCalendar:
    """Give the ward's calendar with its own closing days, as HOME/closing_days.yaml says; without the file, none.

    Raises:
        BadInput: the file is not what it should be.

    """
    path = office.settings.home / CLOSING_DAYS
    return read_calendar(_read(path)) if path.exists() else WardCalendar()


def _read(path: Path) -> object:
    try:
        return load_once(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise BadInput(f"{CLOSING_DAYS} cannot be read; it is YAML in UTF-8, a line for each day.") from None


def normal_form(item: str, value: str) -> str:
    """Give the form in which names, telephone numbers and addresses are compared.

    Width, case and spaces do not count; of a telephone number only its digits do, +81 being 0.
    """
    plain = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    if item != "telephone":
        return plain
    digits = "".join(letter for letter in plain if letter in "0123456789")
    return "0" + digits[2:].removeprefix("0") if plain.startswith("+81") else digits


def take_up(office: Office) -> int:
    """Take up every letter that the desk has no file of yet; give how many.

    A letter whose key is not in the vault waits for it: unopened, it would be taken for an anonymous one.

    Raises:
        BadInput: the file of closing days is not what it should be; nothing was taken up.

    """
    calendar, taken, after = ward_calendar(office), 0, 0
    while True:
        block = persistently(partial(_take_up_block, office, calendar, after))
        if block is None:
            return taken
        taken, after = taken + block[0], block[1]


def _take_up_block(office: Office, calendar: WardCalendar, after: int) -> tuple[int, int] | None:
    """Take a block up; give how many were taken and the last number that was looked at, None where nothing is left."""
    with writing(office.warehouse) as people:
        if closing.is_frozen(people, Contract.OPINIONS):
            return None
        audit.reserve(people)  # whoever else takes letters up waits here, and then sees which are taken
        letters = desk.untaken(people, OPENED, after, BLOCK)
        if not letters:
            return None
        record(people, EVIDENCE, Action.OPEN, "letters taken up by the desk", count=len(letters), now=office.now())
        with reading(office.vault) as vault:
            keys = office.case_keys.open(vault, [letter.case_no for letter in letters])
        mine = [one for one in letters if one.case_no in keys]
        _enter(office, people, calendar, mine, {one.case_no: _opened(keys[one.case_no], one) for one in mine})
    return len(mine), letters[-1].case_no


def _opened(key: bytes, letter: Untaken) -> dict[str, str]:
    row = {"case_no": letter.case_no}
    return {
        item: unseal(key, bytes(sealed), place_of("opinion_case", item, row)).decode()
        for item, sealed in letter.items.items()
        if sealed is not None and (item != "opinion" or letter.state in OPEN_CASES)
    }


def _enter(
    office: Office,
    people: Connection,
    calendar: WardCalendar,
    letters: Sequence[Untaken],
    opened: Mapping[int, Mapping[str, str]],
) -> None:
    files, matters, look_ups, flags = [], [], [], []
    targets: dict[int, date | None] = {}
    numbers = _file_numbers(people, letters)
    for letter, (year, file_no) in zip(letters, numbers, strict=True):
        clock = clock_for(opened[letter.case_no], letter.addressee, letter.kind, letter.answer_wanted)
        if letter.state in OPEN_CASES:
            targets[letter.case_no] = clock.target(letter.received_on, calendar) if clock is not None else None
            flags += _flags(office, letter.case_no, opened[letter.case_no].get("opinion", ""))
        files.append(_file(letter, year, file_no, clock))
        matters.append(_matter(letter))
        look_ups += _look_ups(office, letter.case_no, opened[letter.case_no])
    desk.set_targets(people, targets, calendar.version)
    for table, rows in ((desk_case, files), (case_matter, matters), (case_look_up, look_ups), (case_flag, flags)):
        desk.add(people, table, rows)


def _file_numbers(people: Connection, letters: Sequence[Untaken]) -> list[tuple[int, int]]:
    """Number letters within the fiscal year of their receipt, in their order."""
    years = [fiscal_year(letter.received_on) for letter in letters]
    reserved = {year: iter(reserve(people, f"f{year}", years.count(year))) for year in sorted(set(years))}
    return [(year, next(reserved[year])) for year in years]


def _file(letter: Untaken, year: int, file_no: int, clock: ReplyClock | None) -> dict[str, Any]:
    return {
        "case_no": letter.case_no,
        "fiscal_year": year,
        "file_no": file_no,
        "arrived_on": letter.received_on,
        "clock": clock.name if clock is not None else None,
        **dict.fromkeys(("in_charge", "response", "answered_as", "late_because", "follow_up_on", "not_ours")),
    }


def _matter(letter: Untaken) -> dict[str, Any]:
    """One matter, until the desk says otherwise; whose it is, the letter says: it may be assigned to another."""
    return {"case_no": letter.case_no, "seq": 1, "department": None, "kind": letter.kind, "response": None}


def _flags(office: Office, case_no: int, opinion: str) -> list[dict[str, Any]]:
    return [
        {
            "case_no": case_no,
            "seq": seq,
            "flag": one.flag,
            "procedure": one.procedure,
            "barred": None,
            "raised_by": EVIDENCE.actor,
            "raised_at": office.now(),
            "told_at": None,
        }
        for seq, one in enumerate(candidates(opinion), 1)
    ]


def _look_ups(office: Office, case_no: int, opened: Mapping[str, str]) -> list[dict[str, Any]]:
    forms = {item: normal_form(item, opened[item]) for item in FOUND_BY if item in opened}
    return [
        {"case_no": case_no, "found_by": item, "look_up": office.index.of_letter_item(item, form)}
        for item, form in forms.items()
        if form
    ]
