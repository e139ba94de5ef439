"""Gists of letters and the ward's answers for the report (part 11): written by the desk, approved by another hand.

Each names the letters that it sums up. The numbers stay in the writer's file and beside the cases, where they end with
each letter; a report prints none of them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from tayori.desk.rights import require_desk
from tayori.domain.canonical import canonical_bytes, canonical_digest
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.letters import NO
from tayori.domain.states import ANALYSED
from tayori.errors import BadInput, Refused
from tayori.office import TOKYO, Office
from tayori.opinions.facts import Analyst
from tayori.opinions.masking import mask
from tayori.opinions.period import Period
from tayori.opinions.prohibited import Level
from tayori.opinions.text import normalise
from tayori.opinions.tokens import Tokeniser
from tayori.reports.contents import Gist
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, desk, gists
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.gists import GistRow, Source
from tayori.written_files import read_yaml

ROLE: Final = "responsible"
MOST: Final = 60
MOST_LETTERS: Final = 200
LONGEST: Final = 1_000
TEXTS: Final = ("theme", "gist", "answer")
NOTHING: Final = "Nothing was written."


@dataclass(frozen=True, slots=True)
class Written:
    """A gist as its file has it: the letters that it sums up by receipt number, and its three texts."""

    letters: tuple[str, ...] = field(repr=False)
    theme: str = field(repr=False)
    gist: str = field(repr=False)
    answer: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What stands for the texts in the record of its approval."""
        return canonical_digest({"form": "tayori gist 1", **{name: getattr(self, name) for name in TEXTS}})


_NUMBERS: Final = re.compile(r"R\d{4}-\d{7}|\b\d{4}-(?=[0-9]*[A-Z])[0-9A-Z]{4}\b")
"""A receipt number, or what the opinion screen gives its writer."""


def read_gists(path: Path) -> tuple[Written, ...]:
    """Read gists from a YAML file: a list of letters, theme, gist, answer.

    Raises:
        NotFound: there is no such file.
        BadInput: the file is no such list, or one is there twice; the sentence names the entry and repeats nothing.

    """
    written = read_yaml(path)
    if not isinstance(written, list) or not 0 < len(written) <= MOST:
        raise BadInput(f"{path.name} is no list of 1 to {MOST} gists. {NOTHING}")
    found = tuple(_formed(number, entry) for number, entry in enumerate(written, 1))
    digests = [one.digest for one in found]
    for number, digest in enumerate(digests, 1):
        if digest in digests[: number - 1]:
            raise BadInput(f"Entry {number} says the same as entry {digests.index(digest) + 1}. {NOTHING}")
    return found


def submit(office: Office, by: Credential, written: Sequence[Written]) -> int:
    """Hand gists in for approval; give how many are new or changed. What stands approved as it is stays approved.

    Raises:
        BadInput: a text holds what would be masked, or a sensitive matter of somebody.
        Refused: a letter may not be summed up, or the handler does not serve at the desk today.

    """
    _check_texts(written)
    with _deciding(office, by, "gists for a report handed in", len(written)) as people:
        require_desk(people, office, by.handler_id)
        held = [_sources(people, number, one, by) for number, one in enumerate(written, 1)]
        new = [
            (one, numbers)
            for one, numbers in zip(written, held, strict=True)
            if not _as_handed_in(people, gists.find(people, one.digest), numbers)
        ]
        for one, numbers in new:
            gists.put(people, GistRow(one.digest, len(numbers), by.handler_id, office.now()), numbers)
    return len(new)


def approve(office: Office, by: Credential, written: Sequence[Written]) -> int:
    """Approve gists as they were handed in, all of them or none; give how many were not approved before.

    Raises:
        BadInput: a text holds what would be masked, or a sensitive matter of somebody.
        Refused: one is not as it was handed in, the approver wrote it, a letter may not be summed up by now, or the
            handler is not the responsible handler today.

    """
    _check_texts(written)
    with _deciding(office, by, "gists for a report approved", len(written)) as people:
        roster.require_role(people, HandlerId(by.handler_id), ROLE, office.today())
        waiting = []
        for number, one in enumerate(written, 1):
            numbers = _sources(people, number, one, by)
            row = gists.find(people, one.digest)
            if row is None or not _as_handed_in(people, row, numbers):
                raise Refused(f"Entry {number} is not as the desk handed it in (`gist-submit`). {NOTHING}")
            if row.written_by == by.handler_id:
                raise Refused(f"{by.handler_id} wrote entry {number}; another hand approves it. {NOTHING}")
            if row.approved_by is None:
                waiting.append((one.digest, _statement(office, one.digest, numbers)))
        for digest, statement in waiting:
            gists.approve(people, digest, by.handler_id, office.now(), (statement, by.sign(statement)))
    return len(waiting)


def approved(office: Office, written: Sequence[Written], period: Period) -> tuple[Gist, ...]:
    """Give gists as a report of a period prints them, each held once more against its letters and its approval.

    Raises:
        BadInput: a text holds what would be masked, or a letter counts outside the period.
        Refused: one is not approved as it stands, or a letter may not be summed up any more.
        Tampered: the approval was not signed by who is named for it.

    """
    if not written:
        return ()
    _check_texts(written)
    with reading(office.warehouse) as people:
        return tuple(_approved(office, people, number, one, period) for number, one in enumerate(written, 1))


def require_approved(office: Office, people: Connection, written: Sequence[Written], period: Period) -> None:
    """Refuse gists that are not approved any more, or of whose letters one says no by now."""
    for number, one in enumerate(written, 1):
        _approved(office, people, number, one, period)


def _approved(office: Office, people: Connection, number: int, one: Written, period: Period) -> Gist:
    numbers = _sources(people, number, one, None, period)
    row = gists.find(people, one.digest)
    if row is None or row.approved_by is None or row.approved_at is None or not _as_handed_in(people, row, numbers):
        raise Refused(f"Entry {number} is not approved as it stands (`tayori opinions gist-approve`). {NOTHING}")
    if row.statement != _statement(office, one.digest, numbers):
        raise Refused(f"Entry {number}: what was approved is not what stands here; hand it in again. {NOTHING}")
    roster.verify_signature(people, HandlerId(row.approved_by), row.statement, row.signature or b"")
    day = row.approved_at.astimezone(TOKYO).date()
    return Gist(one.theme, one.gist, one.answer, approved_by=row.approved_by, approved_on=day)


@contextmanager
def _deciding(office: Office, by: Credential, what: str, count: int) -> Iterator[Connection]:
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        yield people
        record(people, Evidence(by.handler_id, Purpose.ANALYSIS), Action.DECIDE, what, count=count, now=office.now())


def _sources(
    people: Connection, number: int, one: Written, by: Credential | None, period: Period | None = None
) -> list[int]:
    """The cases that a gist sums up, none of which says no; to whom a complaint is about a letter is unknown."""
    held = gists.sources(people, one.letters)
    barred = desk.barred_from(people, by.handler_id) if by is not None else set()
    for at, receipt_no in enumerate(one.letters, 1):
        source = held.get(receipt_no)
        why = "it is unknown here, or it was erased" if source is None or source.case_no in barred else _no(source)
        if why is not None:
            raise Refused(f"Entry {number}, letter {at}: {why}. Take the letter out. {NOTHING}")
        if period is not None and source is not None and source.month not in period.months:
            raise BadInput(
                f"Entry {number}, letter {at}: it counts in {source.month}, outside of the period. {NOTHING}"
            )
    return sorted(source.case_no for source in held.values())


def _no(source: Source) -> str | None:
    """Why a letter may not be summed up; None: it may."""
    if source.state not in ANALYSED or source.level is None:
        return "it is not done, or not in the analysis yet"
    if source.level >= Level.THIRD_PARTY:
        return "it speaks of a named third party and is kept out of the analysis"
    if source.wish == NO:
        return "its writer does not want a summary to be published"
    if source.wish is None:
        return "its writer was never asked about a summary (`tayori case summary` records what they say)"
    return None


def _as_handed_in(people: Connection, row: GistRow | None, numbers: Sequence[int]) -> bool:
    """Whether these are the letters that the gist was handed in with, all of them still here."""
    return row is not None and row.letters == len(numbers) and gists.numbers(people, row.digest) == list(numbers)


def _statement(office: Office, digest: str, numbers: Sequence[int]) -> bytes:
    """What an approval signs: the text, and its letters by digests that lead nowhere once a letter's key is gone."""
    with reading(office.vault) as vault:
        keys: Mapping[int, bytes] = office.case_keys.open(vault, numbers)
    marks = [hmac.new(keys[one], digest.encode(), hashlib.sha256).hexdigest() for one in numbers if one in keys]
    return canonical_bytes({"form": "tayori gist approval 1", "text": digest, "letters": sorted(marks)})


def _formed(number: int, entry: Any) -> Written:  # noqa: ANN401 - any YAML value
    if not isinstance(entry, dict) or entry.keys() != {"letters", *TEXTS}:
        raise BadInput(f"Entry {number} needs exactly letters, theme, gist and answer. {NOTHING}")
    for item in TEXTS:
        if not isinstance(entry[item], str) or not 0 < len(entry[item].strip()) <= LONGEST:
            raise BadInput(f"Entry {number}: {item} is a text of 1 to {LONGEST} characters. {NOTHING}")
        if not all(sign == "\n" or sign.isprintable() or sign == "\u3000" for sign in entry[item]):
            raise BadInput(f"Entry {number}: {item} holds signs that cannot be seen. Write it anew. {NOTHING}")
    letters = entry["letters"]
    if not isinstance(letters, list) or not all(isinstance(one, str) and one.isprintable() for one in letters):
        raise BadInput(f"Entry {number}: letters is a list of receipt numbers, digits alone in quotes. {NOTHING}")
    if not 0 < len(letters) <= MOST_LETTERS or len(set(letters)) < len(letters):
        raise BadInput(f"Entry {number} sums up 1 to {MOST_LETTERS} letters, each named once. {NOTHING}")
    return Written(tuple(letters), *(entry[item].strip() for item in TEXTS))


def _check_texts(written: Sequence[Written]) -> None:
    tokeniser, analyst = Tokeniser(), Analyst()
    for number, one in enumerate(written, 1):
        for item in TEXTS:
            text = getattr(one, item)
            if _NUMBERS.search(normalise(text)):
                raise BadInput(f"Entry {number}: {item} holds a receipt number, which leads to one letter. {NOTHING}")
            if mask(text, tokeniser).counts:
                raise BadInput(
                    f"Entry {number}: {item} holds what looks like a person's name, number or address. {NOTHING}"
                )
            if analyst.level(text) >= Level.OWN:
                raise BadInput(f"Entry {number}: {item} speaks of a sensitive matter of somebody. {NOTHING}")
