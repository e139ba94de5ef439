"""Many dummy people at once: welcomed and with settings, in blocks, as fast as the stores take them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sandbox.residents import DummyResident, residents
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LineUserId
from tayori.domain.ward import ward
from tayori.ingest.followers import welcome
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.warehouse import people
from tayori.warehouse.engines import writing
from tayori.warehouse.people import Chosen

BLOCK = 20_000
EVIDENCE = Evidence("test", Purpose.RECEPTION)


def ms(moment: datetime) -> int:
    """Give a moment as LINE writes it."""
    return int(moment.timestamp() * 1000)


def follow(office: Office, line_ids: Sequence[str]) -> range:
    """Let people add the account; give their numbers."""
    now = office.now()
    with office.writing_people() as stores:
        line = record(stores[0], EVIDENCE, Action.WRITE, "newcomers", count=len(line_ids), now=now)
        return welcome(office, stores, [(LineUserId(one), ms(now)) for one in line_ids], line)


def choose(office: Office, chosen: Sequence[Chosen]) -> None:
    """Let people set what they want."""
    with writing(office.warehouse) as warehouse:
        record(warehouse, EVIDENCE, Action.WRITE, "settings", count=len(chosen), now=office.now())
        people.put_settings(warehouse, chosen)


def leave(office: Office, numbers: Iterable[int], cause: str = "unfollow") -> None:
    """Let people leave the account."""
    now = office.now()
    with writing(office.warehouse) as warehouse:
        people.mark_left(warehouse, [(number, ms(now)) for number in numbers], cause, now)


def populate(office: Office, count: int, seed: int = 1, start: int = 0) -> int:
    """Let `count` dummy residents of the sandbox's generator follow and set what they want; give how many came."""
    for block in _blocks(residents(count, seed, start)):
        numbers = follow(office, [one.line_user_id for one in block])
        choose(office, [_chosen(office, number, one) for number, one in zip(numbers, block, strict=True)])
    return count


def _blocks(everyone: Iterator[DummyResident]) -> Iterator[list[DummyResident]]:
    while block := list(islice(everyone, BLOCK)):
        yield block


def _chosen(office: Office, number: int, one: DummyResident) -> Chosen:
    return Chosen(
        number,
        ward().current_purpose,
        office.now(),
        birth_year=one.birth_year,
        sex=one.sex,
        area=one.area,
        genres=one.genres,
    )
