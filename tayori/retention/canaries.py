"""Canaries (目印の利用者): marked dummies who are added, set their settings, answer surveys and leave within one run.

Their markers follow from the run's id and a key of this installation, so that a run that is taken up again seeks the
same ones, and nobody has to write them down. Negative numbers keep them out of every audience, count and scan.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import CANARY_PREFIX, LineUserId, PersonNo, RunId
from tayori.domain.ward import ward
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal
from tayori.vault.identity import seal_line_id
from tayori.vault.residue_forms import Needles
from tayori.warehouse import people, surveys
from tayori.warehouse.engines import writing
from tayori.warehouse.people import Chosen

CANARIES: Final = 5
CAUSE: Final = "canary"
_HEX: Final = 33 - len(CANARY_PREFIX)


def markers(office: Office, run_id: RunId, count: int = CANARIES) -> list[LineUserId]:
    """Give the LINE ids of a run's canaries: no account has them, and no other run."""
    digests = (office.index.of_source_key("canary", f"{run_id}|{place}") for place in range(count))
    return [LineUserId(CANARY_PREFIX + digest.hex()[:_HEX]) for digest in digests]


def needles(office: Office, run_id: RunId) -> Needles:
    """Give what a probe seeks: the markers in every form, and their look-up values as a store would hold them."""
    ids = markers(office, run_id)
    return Needles.of(ids).and_values(office.index.of_line_ids(ids))


def plant(office: Office, run_id: RunId) -> int:
    """Add the run's canaries with settings, and let them leave; give how many. Those that are there stay."""
    now = office.now()
    ids = markers(office, run_id)
    evidence = Evidence("flow:retention", Purpose.ERASURE)
    with office.writing_people() as stores:
        record(stores[0], evidence, Action.WRITE, f"canaries of {run_id}", count=len(ids), now=now)
        known = people.find_people(stores[0], office.index.of_line_ids(ids))
        fresh = [one for one in ids if office.index.of_line_id(one) not in known]
        if fresh:
            numbers = _add(office, stores, fresh, now)
            people.put_settings(stores[0], [_settings(number, now) for number in numbers])
            _answer(office, stores, dict(zip(numbers, fresh, strict=True)))
    with writing(office.warehouse) as warehouse:
        known = people.find_people(warehouse, office.index.of_line_ids(ids))
        people.mark_left(warehouse, [(one.person_no, _ms(now)) for one in known.values()], CAUSE, now)
    return len(ids)


def _add(
    office: Office, stores: tuple[Connection, Connection], ids: Sequence[LineUserId], now: datetime
) -> Sequence[int]:
    warehouse, vault = stores
    numbers = people.reserve_numbers(warehouse, len(ids), canaries=True)
    keys = office.person_keys.create(vault, numbers)
    indexes = office.index.of_line_ids(ids)
    rows = [
        (number, seal_line_id(key, PersonNo(number), line_id), index, _ms(now))
        for number, key, index, line_id in zip(numbers, keys, indexes, ids, strict=True)
    ]
    people.add_people(warehouse, rows)
    return numbers


def _answer(office: Office, stores: tuple[Connection, Connection], marked: Mapping[int, LineUserId]) -> None:
    """Let each stand among the answers to every survey that is answered by name: what is sealed there is the marker."""
    warehouse, vault = stores
    keys = office.person_keys.open(vault, list(marked))
    for survey in surveys.stored(warehouse):
        for number, marker in () if survey.anonymous else marked.items():
            sealed = seal(keys[number], marker.encode(), place("survey_answer", "answers", number))
            surveys.put_answer(warehouse, survey.name, number, sealed)


def _settings(number: int, now: datetime) -> Chosen:
    genres = frozenset(ward().genres)
    return Chosen(number, ward().current_purpose, now, birth_year=1990, sex=1, area=1, genres=genres)


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)
