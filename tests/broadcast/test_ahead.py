"""Looking one chunk ahead: what is stored is what was looked up, unless somebody was erased in between."""

import pytest
from sqlalchemy import Connection

from tayori.broadcast import freeze, lists
from tayori.broadcast.ahead import Ahead
from tayori.domain.batches import Numbers
from tayori.domain.identifiers import RunId
from tayori.domain.segments import Everyone
from tayori.errors import Unavailable
from tayori.office import Office
from tayori.retention import erase
from tayori.vault import audit
from tayori.warehouse import audience, batches, broadcasts
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import GENRE, ME, an_approved, leave, residents

PEOPLE = 2_600


def looked_ahead(office: Office, asked: list[int]) -> Ahead:
    """Give what looks ahead, and writes down each look."""

    def find(connection: Connection, after: int) -> Numbers:
        asked.append(after)
        return audience.next_numbers(connection, GENRE, Everyone(), after=after, size=1_000)

    return Ahead(office, find)


def stored(office: Office, ahead: Ahead, after: int = 0) -> Numbers:
    with writing(office.warehouse) as connection:
        audit.reserve(connection)
        return ahead.numbers(connection, after)


def test_what_was_looked_up_is_not_looked_up_again(office: Office) -> None:
    """One look for a chunk, however long ago it was; for another place a look of its own."""
    residents(office, PEOPLE)
    asked: list[int] = []
    with looked_ahead(office, asked) as ahead:
        ahead.begin(0)
        ahead.wait()
        assert len(stored(office, ahead)) == 1_000
        assert asked == [0]
        ahead.begin(0)
        assert len(stored(office, ahead, after=2_000)) == 600
    assert asked == [0, 0, 2_000]


def test_who_was_erased_in_between_is_not_stored(office: Office) -> None:
    """The log tells of the erasure: the chunk is looked up anew, and the number goes into no list."""
    everybody = residents(office, PEOPLE)
    asked: list[int] = []
    with looked_ahead(office, asked) as ahead:
        ahead.begin(0)
        ahead.wait()
        leave(office, everybody[3])
        erase.erase_leavers(office, RunId("r-1"), b"k" * 32)
        assert everybody[3].number not in stored(office, ahead)
    assert asked == [0, 0]


def test_a_look_that_failed_is_made_again_where_it_is_needed(office: Office) -> None:
    """A store that was away for a moment ends nothing: the look within the transaction counts."""
    residents(office, PEOPLE)
    tries: list[int] = []

    def find(connection: Connection, after: int) -> Numbers:
        tries.append(after)
        if len(tries) == 1:
            raise Unavailable("away")
        return audience.next_numbers(connection, GENRE, Everyone(), after=after, size=1_000)

    with Ahead(office, find) as ahead:
        ahead.begin(0)
        ahead.wait()
        assert len(stored(office, ahead)) == 1_000


@pytest.mark.parametrize("chunk", [500, 1_500, 2_600, 10_000])
def test_an_audience_frozen_chunk_by_chunk_is_the_audience(office: Office, chunk: int) -> None:
    """Whatever the size of a chunk, one of exactly everybody included: everybody once, in order."""
    everybody = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    assert freeze.freeze(office, broadcast_id, ME, chunk=chunk).people == PEOPLE
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        found = batches.next_planned(connection, broadcast_id, 0, 100, lists.seal_of(office, row))
    assert [no for one in found for no in one.numbers.tolist()] == [one.number for one in everybody]
