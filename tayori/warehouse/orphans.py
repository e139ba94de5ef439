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
    return [int(number) for number in _missing(vault, person_key.c.number, warehouse, person.c.person_no)]


def keys_without_case(warehouse: Connection, vault: Connection) -> Numbers:
    """Give the cases that have a key and no row."""
    return _missing(vault, case_key.c.number, warehouse, opinion_case.c.case_no)


def people_without_key(warehouse: Connection, vault: Connection) -> Numbers:
    """Give the people of the warehouse who have no key in the vault: none, unless a store is of another time."""
    return _missing(warehouse, person.c.person_no, vault, person_key.c.number)


def cases_without_key(warehouse: Connection, vault: Connection) -> Numbers:
    """Give the cases of the warehouse that have no key in the vault."""
    return _missing(warehouse, opinion_case.c.case_no, vault, case_key.c.number)


def _missing(holder: Connection, number: Column[Any], other: Connection, key: Column[Any]) -> Numbers:
    """Give the numbers that one store has and the other has not."""
    found: list[Numbers] = [np.empty(0, np.int64)]
    for page in _pages(holder, number):
        between = select(key).where(key.between(int(page[0]), int(page[-1])))
        found.append(np.setdiff1d(page, numbers_of(other, between, key), assume_unique=True))
    return np.concatenate(found)


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
