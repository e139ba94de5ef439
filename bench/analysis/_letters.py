"""Dummy letters whose cases are done, put into the stores in blocks: any number, over 24 months."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from bench.ingest import fresh_office
from sandbox.letters.letters import Letter, Mailbag
from tayori.domain.evidence import Evidence, Purpose
from tayori.office import Office
from tayori.opinions.period import months_back
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal
from tayori.warehouse import opinions

LAST: Final = "2026-10"
MONTHS: Final = 24
_SOURCE: Final = 20_000
_BLOCK: Final = 5_000


def fill(home: Path, count: int) -> None:
    """Set up stores and put so many answered letters into them, each text made different by words of another one."""
    written, chance = list(Mailbag(_SOURCE, seed=5, until=date(2026, 10, 31)).letters()), Random(0)  # noqa: S311 - dummy letters
    office = fresh_office(home)
    for start in range(0, count, _BLOCK):
        numbers = range(start, min(start + _BLOCK, count))
        _put(office, [(months_back(LAST, at % MONTHS), *_letter(written, at, chance)) for at in numbers])
    office.close()


def _letter(written: list[Letter], at: int, chance: Random) -> tuple[Letter, str]:
    letter = written[at % _SOURCE]
    return letter, f"{letter.opinion}\n{chance.choice(written).opinion[:40]}{at}"


def _put(office: Office, letters: list[tuple[str, Letter, str]]) -> None:
    with office.writing_people() as (people, vault):
        record(
            people,
            Evidence("bench", Purpose.INTAKE),
            Action.WRITE,
            "dummy letters",
            count=len(letters),
            now=office.now(),
        )
        numbers = list(opinions.reserve_cases(people, len(letters)))
        keys = office.case_keys.create(vault, numbers)
        opinions.add_cases(people, _rows(office, numbers, keys, letters))


def _rows(
    office: Office, numbers: list[int], keys: list[bytes], letters: list[tuple[str, Letter, str]]
) -> Iterator[dict[str, object]]:
    empty = dict.fromkeys(opinions.CASE)
    for number, key, (month, letter, text) in zip(numbers, keys, letters, strict=True):
        day = date(int(month[:4]), int(month[5:]), number % 28 + 1)
        yield empty | {
            "case_no": number,
            "receipt_no": f"R{day:%Y}-{number:07d}",
            "source": "bench",
            "source_key": office.index.of_source_key("bench", str(number)),
            "channel": letter.channel,
            "addressee": letter.addressee,
            "answer_wanted": letter.answer_wanted,
            "received_on": day,
            "department": letter.department,
            "kind": letter.kind,
            "state": "answered",
            "done_on": day,
            "opinion": seal(key, text.encode(), place("opinion_case", "opinion", number)),
        }
