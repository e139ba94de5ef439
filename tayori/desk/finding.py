"""Find and open letters: by number, by who wrote, by masked words; every opening names handler and purpose (P7)."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from tayori.desk.hand import case_key
from tayori.desk.rights import require_desk, require_part
from tayori.desk.taking_up import FOUND_BY, normal_form
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.masking import mask
from tayori.opinions.tokens import Tokeniser
from tayori.vault.audit import Action, Recorded, pseudonym, record
from tayori.vault.cases import open_cases
from tayori.vault.roster import Credential
from tayori.warehouse import arrivals, desk, letters, opinions
from tayori.warehouse.desk import CaseFile, FlagRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import SEALED_ITEMS

PURPOSES: Final = frozenset({Purpose.ANSWER, Purpose.DISCLOSURE, Purpose.INSPECTION})
"""What a single letter may be opened for."""
SHORTEST: Final = 2
TELEPHONE: Final = 9


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter that was opened: its case, its items in plain, its trail with what was said."""

    file: CaseFile
    items: Mapping[str, str | None] = field(repr=False)
    trail: Sequence[Mapping[str, Any]] = field(repr=False)
    departments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    matters: Sequence[Mapping[str, Any]] = ()
    waits: Sequence[tuple[date, date | None]] = ()
    flags: Sequence[FlagRow] = ()
    answer_by: str | None = None
    """How the writer wishes to be answered, where they said so on the opinion screen."""
    summary: str | None = None
    """Whether a summary may be published (yes, no), where the writer was asked."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file of a letter that was opened: scan or attachment, its own name, its bytes."""

    file_no: int
    role: str
    media_type: str
    title: str = field(repr=False)
    content: bytes = field(repr=False)


def open_letter(office: Office, by: Credential, receipt_no: str, purpose: Purpose = Purpose.ANSWER) -> Opened:
    """Open one letter with its trail, for one purpose.

    Raises:
        BadInput: a letter is not opened for this purpose.
        NotFound: there is no such case for this handler.
        Refused: the handler has no part in it.

    """
    if purpose not in PURPOSES:
        raise BadInput("A letter is opened to answer it, for a disclosure request, or for an inspection.")
    with writing(office.warehouse) as people:
        file = desk.find(people, receipt_no)
        require_part(people, office, by.handler_id, file)
        recorded = recorded_opening(office, people, Evidence(by.handler_id, purpose), file.case_no)
    with reading(office.warehouse) as people, reading(office.vault) as vault:
        rows = opinions.sealed_letters(people, [file.case_no])
        (letter,) = open_cases(vault, office.case_keys, "opinion_case", rows, recorded)
        lines = [{name: getattr(row, name) for name in row.__slots__} for row in desk.trail(people, file.case_no)]
        trail = open_cases(vault, office.case_keys, "case_trail", lines, recorded) if lines else []
        return Opened(
            file,
            {item: letter[item] for item in SEALED_ITEMS},
            trail,
            desk.departments(people, file.case_no),
            desk.matters(people, file.case_no),
            desk.waits(people, file.case_no),
            desk.flags(people, file.case_no),
            letters.answer_by(people, file.case_no),
            letters.may_be_summed_up(people, file.case_no),
        )


def open_files(office: Office, by: Credential, receipt_no: str) -> list[OpenedFile]:
    """Open the files of a letter: its scans and attachments, which are part of the opinion. Raises as `open_letter`."""
    with writing(office.warehouse) as people:
        file = desk.find(people, receipt_no)
        require_part(people, office, by.handler_id, file)
        recorded = recorded_opening(office, people, Evidence(by.handler_id, Purpose.ANSWER), file.case_no)
        rows = [
            {name: getattr(row, name) for name in row.__slots__} for row in arrivals.files_of(people, [file.case_no])
        ]
    with reading(office.vault) as vault:
        opened = open_cases(vault, office.case_keys, "letter_file", rows, recorded) if rows else []
    return [
        OpenedFile(row["file_no"], row["role"], row["media_type"], row["title"], b64decode(row["content"]))
        for row in opened
    ]


def masked_letter(office: Office, by: Credential, receipt_no: str) -> str:
    """Give what a letter says without personal items, to be passed on to the office whose matter it is (所管外).

    Masks miss a name now and then: whoever passes it on reads it first. Raises as `open_letter`.
    """
    opened = open_letter(office, by, receipt_no)
    return mask(opened.items["opinion"] or "", Tokeniser()).text


def recorded_opening(office: Office, people: Connection, evidence: Evidence, case_no: int) -> Recorded:
    """Write the line of a single opening; it names the writer by a pseudonym that dies with the case's key."""
    subject = pseudonym(case_key(office, case_no))
    what = f"case {case_no}: letter"
    return record(people, evidence, Action.OPEN, what, count=1, now=office.now(), subject=subject)


def find(office: Office, by: Credential, item: str, value: str) -> list[str]:
    """Give the receipt numbers of the letters whose writer gave this name, telephone number or e-mail address.

    Nothing is opened. What the searcher may not see is not among them.

    Raises:
        BadInput: letters are not found by this item, or the value is too short to be one.
        Refused: the handler does not serve at the desk today.

    """
    if item not in FOUND_BY:
        raise BadInput(f"Letters are found by {', '.join(FOUND_BY)}, or by their receipt numbers.")
    form = normal_form(item, value)
    if len(form) < (TELEPHONE if item == "telephone" else SHORTEST):
        raise BadInput(f"That is too short for a {item}; give it whole. Parts are not searched.")
    with writing(office.warehouse) as people:
        require_desk(people, office, by.handler_id)
        found = desk.found_by(people, item, office.index.of_letter_item(item, form))
        cases, barred = opinions.by_receipt(people, found), desk.barred_from(people, by.handler_id)
        shown = [receipt_no for receipt_no in found if cases[receipt_no][0] not in barred]
        evidence = Evidence(by.handler_id, Purpose.ANSWER)
        record(people, evidence, Action.OPEN, f"letters sought by {item}", count=len(shown), now=office.now())
    return shown


def search_masked(office: Office, by: Credential, words: Sequence[str], first: str, last: str) -> list[str]:
    """Give the receipt numbers of done cases whose masked text holds all the words, of months `first` to `last`.

    Raises:
        BadInput: no word, or one that is too short.
        Refused: the handler does not serve at the desk today.

    """
    wanted = [normal_form("words", word) for word in words]
    if not wanted or any(len(word) < SHORTEST for word in wanted):
        raise BadInput(f"Give words of at least {SHORTEST} characters.")
    with writing(office.warehouse) as people:
        require_desk(people, office, by.handler_id)
        rows = [
            {name: getattr(row, name) for name in row.__slots__} for row in opinions.masked_between(people, first, last)
        ]
        evidence = Evidence(by.handler_id, Purpose.ANSWER)
        recorded = record(
            people, evidence, Action.OPEN, "masked texts sought by words", count=len(rows), now=office.now()
        )
    with reading(office.vault) as vault:
        opened = open_cases(vault, office.case_keys, "masked_opinion", rows, recorded) if rows else []
    hits = [
        row["case_no"] for row in opened if all(word in normal_form("words", row["masked_text"]) for word in wanted)
    ]
    with reading(office.warehouse) as people:
        barred = desk.barred_from(people, by.handler_id)
        allowed = [number for number in hits if number not in barred]
        return sorted(opinions.receipts(people, allowed))
