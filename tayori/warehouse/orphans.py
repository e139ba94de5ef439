"""Keys whose person is not here: what a crash between the two stores left behind."""

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection, select, text

from tayori.domain.batches import Numbers
from tayori.warehouse.bulk import numbers_of, rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.erasure import FIRST_NUMBER
from tayori.warehouse.schema.people import person
from tayori.warehouse.schema.stores import person_key

PAGE = 200_000


def keys_without_person(warehouse: Connection, vault: Connection) -> list[int]:
    """Give the numbers that have a key and no person. Newcomers whose transaction goes on are among them."""
    orphans: list[Numbers] = [np.empty(0, np.int64)]
    for keys in _key_numbers(vault):
        between = select(person.c.person_no).where(person.c.person_no.between(int(keys[0]), int(keys[-1])))
        orphans.append(np.setdiff1d(keys, numbers_of(warehouse, between, person.c.person_no), assume_unique=True))
    return [int(number) for number in np.concatenate(orphans)]


def _key_numbers(vault: Connection) -> Iterator[Numbers]:
    number, after = person_key.c.number, FIRST_NUMBER
    while True:
        page = numbers_of(vault, select(number).where(number > after).order_by(number).limit(PAGE), number)
        if not len(page):
            return
        yield page
        after = int(page[-1])


def lock_newcomers(warehouse: Connection) -> None:
    """Wait until nobody is being added, and let nobody be added until this transaction ends."""
    if not is_sqlite(warehouse):
        warehouse.execute(text("LOCK TABLE person_counter IN EXCLUSIVE MODE"))


def still_without_person(warehouse: Connection, numbers: Sequence[int]) -> list[int]:
    """Give those of the numbers that have no person now."""
    here = {row[0] for row in rows_where_in(warehouse, person, "person_no", numbers, ("person_no",))}
    return [number for number in numbers if number not in here]
