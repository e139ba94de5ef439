"""Welcome those who added the account: a number, a key of their own, their LINE id sealed under it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from tayori.domain.identifiers import LineUserId, PersonNo
from tayori.office import Office
from tayori.vault.audit import Recorded
from tayori.vault.identity import seal_line_id
from tayori.warehouse import people


def welcome(
    office: Office,
    stores: tuple[Connection, Connection],
    newcomers: Sequence[tuple[LineUserId, int]],
    recorded: Recorded,
    *,
    canaries: bool = False,
    indexes: Sequence[bytes] | None = None,
) -> range:
    """Add newcomers (LINE id, time of the event in ms) and give their numbers, in that order.

    `indexes` are their look-up values, where the caller has them already. `stores` are the warehouse and the vault of
    `Office.writing_people`; `recorded` is the line of the access log.
    """
    assert recorded.seq > 0  # noqa: S101 - a Recorded exists only with its line
    warehouse, vault = stores
    numbers = people.reserve_numbers(warehouse, len(newcomers), canaries=canaries)
    keys = office.person_keys.create(vault, numbers)
    indexes = indexes or office.index.of_line_ids(line_id for line_id, _ in newcomers)
    rows = (
        (number, seal_line_id(key, PersonNo(number), line_id), index, at_ms)
        for number, key, index, (line_id, at_ms) in zip(numbers, keys, indexes, newcomers, strict=True)
    )
    people.add_people(warehouse, rows)
    return numbers
