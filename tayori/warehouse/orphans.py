"""Keys whose person is not here (what a crash left behind), and people or cases whose key is not: a lost vault."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, select, text

from tayori.domain.batches import Numbers
from tayori.warehouse.bulk import numbers_of, rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.opinions import opinion_case
from tayori.warehouse.schema.people import person
from tayori.warehouse.schema.stores import case_key, person_key

PAGE = 200_000


def keys_without_person(warehouse: Connection, vault: Connection) -> list[int]:
    """Give the numbers that have a key and no person. Newcomers whose transaction goes on are among them."""
    orphans: list[Numbers] = [np.empty(0, np.int64)]
    for keys in _pages(vault, person_key.c.number):
        between = select(person.c.person_no).where(person.c.person_no.between(int(keys[0]), int(keys[-1])))
        orphans.append(np.setdiff1d(keys, numbers_of(warehouse, between, person.c.person_no), assume_unique=True))
    return [int(number) for number in np.concatenate(orphans)]


def people_without_key(warehouse: Connection, vault: Connection) -> int:
    """How many people of the warehouse have no key in the vault: none, unless a vault was lost or is another's."""
    return _without_key(warehouse, person.c.person_no, vault, person_key.c.number)


def cases_without_key(warehouse: Connection, vault: Connection) -> int:
    """How many cases of the warehouse have no key in the vault."""
    return _without_key(warehouse, opinion_case.c.case_no, vault, case_key.c.number)


def _without_key(warehouse: Connection, number: Column[Any], vault: Connection, key: Column[Any]) -> int:
    lost = 0
    for page in _pages(warehouse, number):
        between = select(key).where(key.between(int(page[0]), int(page[-1])))
        lost += len(np.setdiff1d(page, numbers_of(vault, between, key), assume_unique=True))
    return lost


def _pages(connection: Connection, number: Column[Any]) -> Iterator[Numbers]:
    chosen = select(number)
    while True:
        page = numbers_of(connection, chosen.order_by(number).limit(PAGE), number)
        if not len(page):
            return
        yield page
        chosen = select(number).where(number > int(page[-1]))


def lock_newcomers(warehouse: Connection) -> None:
    """Wait until nobody is being added, and let nobody be added until this transaction ends."""
    if not is_sqlite(warehouse):
        warehouse.execute(text("LOCK TABLE person_counter IN EXCLUSIVE MODE"))


def still_without_person(warehouse: Connection, numbers: Sequence[int]) -> list[int]:
    """Give those of the numbers that have no person now."""
    here = {row[0] for row in rows_where_in(warehouse, person, "person_no", numbers, ("person_no",))}
    return [number for number in numbers if number not in here]
