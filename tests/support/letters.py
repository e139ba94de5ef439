"""Letters whose cases are done, put into the stores as the intake leaves them; every writer is a dummy."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal
from tayori.warehouse import opinions
from tayori.warehouse.opinions import MaskedRow
from tayori.warehouse.schema.letters import letter_confirmation
from tayori.warehouse.schema.opinions import SEALED_ITEMS


@dataclass(frozen=True)
class ALetter:
    """What a test says of a letter; the rest is filled in."""

    done_on: date | None = date(2020, 5, 7)
    addressee: str = "mayor"
    said: str = "模擬の意見です。"
    state: CaseState = CaseState.ANSWERED
    masked: bool = True
    received_on: date = date(2020, 4, 2)


def receive(office: Office, *letters: ALetter, source: str = "dummy letters") -> list[int]:
    """Put letters into warehouse and vault; give their numbers."""
    with office.writing_people() as stores:
        people, vault = stores
        record(people, Evidence("test", Purpose.INTAKE), Action.WRITE, source, count=len(letters), now=office.now())
        numbers = list(opinions.reserve_cases(people, len(letters)))
        keys = office.case_keys.create(vault, numbers)
        for number, key, letter in zip(numbers, keys, letters, strict=True):
            opinions.add_cases(people, [_case(office, number, key, letter, source)])
            if letter.masked and letter.done_on is not None:
                opinions.add_masked(people, [_masked(number, key, letter)])
    return numbers


def confirmation_due(office: Office, number: int) -> None:
    """Let a mail be due that confirms a letter to its writer."""
    with office.writing_people() as (people, vault):
        key = office.case_keys.open(vault, [number])[number]
        sealed = {
            item: seal(key, b"dummy@example.invalid", place("letter_confirmation", item, number))
            for item in ("receipt", "email")
        }
        moment = office.now() - timedelta(minutes=1)
        people.execute(insert(letter_confirmation).values(case_no=number, tries=0, due_at=moment, **sealed))


def receipt(number: int, year: int = 2020) -> str:
    """Give the receipt number of a letter."""
    return f"R{year}-{number:07d}"


def _case(office: Office, number: int, key: bytes, letter: ALetter, source: str) -> dict[str, object]:
    said = dict.fromkeys(SEALED_ITEMS, letter.said) | {"name": f"模擬 {number}"}
    sealed = {item: seal(key, text.encode(), place("opinion_case", item, number)) for item, text in said.items()}
    return sealed | {
        "case_no": number,
        "receipt_no": receipt(number),
        "source": source,
        "source_key": office.index.of_source_key(source, str(number)),
        "channel": "letter",
        "addressee": letter.addressee,
        "answer_wanted": "yes",
        "received_on": letter.received_on,
        "target_on": None,
        "calendar_version": None,
        "department": "広聴担当課",
        "kind": "opinion",
        "theme": None,
        "state": letter.state if letter.done_on else CaseState.RECEIVED,
        "done_on": letter.done_on,
        "content_mark": None,
    }


def _masked(number: int, key: bytes, letter: ALetter) -> MaskedRow:
    where = place("masked_opinion", "masked_text", number)
    return MaskedRow(
        mart_key=f"{number:032x}",
        case_no=number,
        month=f"{letter.received_on:%Y-%m}",
        channel="letter",
        department=None,
        kind=None,
        theme=None,
        state=letter.state,
        masked_spans=0,
        level=0,
        masked_text=seal(key, f'{{"text":"{letter.said}","terms":[]}}'.encode(), where),
    )
