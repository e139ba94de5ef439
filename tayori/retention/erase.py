"""Forget everyone who left: out of the lists, the rows and their journal in one transaction, then the keys (L14).

The rows go first, with their journal, because a person without a row cannot come back to life by a late event, while
a row without a key could. A key that outlived a crash between the two goes by the journal when the run is taken up,
and any other key without a person by `sweep_keys`. Letters are not touched: they are 公文書.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Final

import numpy as np
from sqlalchemy import Connection

from tayori.certificates.erasure import commitment
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LineUserId, PersonNo, RunId
from tayori.errors import Tampered, Unavailable
from tayori.office import Office
from tayori.vault.audit import Action, Recorded, record
from tayori.vault.identity import open_frozen_line_ids
from tayori.vault.lists import seal_in
from tayori.warehouse import erasure, journal, memberships, surveys
from tayori.warehouse.engines import reading, writing_much
from tayori.warehouse.erasure import FIRST_NUMBER, Leaver
from tayori.warehouse.memberships import SealOf
from tayori.warehouse.orphans import keys_without_person, lock_newcomers, still_without_person

BLOCK: Final = 5_000
EVIDENCE: Final = Evidence("flow:retention", Purpose.ERASURE)


@dataclass(frozen=True, slots=True)
class Erased:
    """What a walk through the leavers did: erased, waiting for an open batch, lists changed, rows by table."""

    residents: int = 0
    canaries: int = 0
    waiting: int = 0
    lists: int = 0
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Block:
    last: int
    gone: Sequence[Leaver]
    waiting: int
    lists: int
    rows: dict[str, int]
    strangers: int = 0


def erase_leavers(
    office: Office, run_id: RunId, commitment_key: bytes, *, size: int = BLOCK, left_before: datetime | None = None
) -> Erased:
    """Erase everyone who left, canaries first, in blocks; may be run again after any crash.

    With `left_before` only the residents who left before that moment: the others are held.

    Raises:
        Refused: a table holds persons and the eraser has no way to forget them there; nothing is erased.
        Tampered: look-up values stand in other persons' rows; everybody else who left is erased.

    """
    erasure.walks()
    _destroy_journalled(office, run_id, size)
    total, strangers = Erased(), 0
    for canaries in (True, False):
        after = FIRST_NUMBER
        until = None if canaries else left_before
        forget = partial(_forget_block, office, run_id, commitment_key, canaries=canaries, left_before=until)
        while (block := forget(after, size)) is not None:
            _destroy_keys(office, [leaver.person_no for leaver in block.gone])
            total, strangers = _summed(total, block, canaries=canaries), strangers + block.strangers
            after = block.last
    if strangers:
        raise Tampered(
            f"The look-up values of {strangers} leavers are not those of their own LINE ids: rows of the table of "
            "persons were changed. They are not erased and no certificate is issued; all others are erased. Restore "
            "these values, then run it again."
        )
    return total


def _forget_block(
    office: Office,
    run_id: RunId,
    commitment_key: bytes,
    after: int,
    size: int,
    *,
    canaries: bool,
    left_before: datetime | None,
) -> _Block | None:
    now = office.now()
    with writing_much(office.warehouse) as warehouse:
        # persons, the log's line, lists: all who write take them in this order, so that no two wait for each other
        leavers = erasure.next_leavers(warehouse, after, size, canaries=canaries, left_before=left_before)
        if not leavers:
            return None
        last = leavers[-1].person_no
        line = record(warehouse, EVIDENCE, Action.ERASE, f"leavers, run {run_id}", count=len(leavers), now=now)
        memberships.hold_lists(warehouse, leavers[0].person_no, last)
        leavers, strangers = _told_apart(office, warehouse, leavers, line)
        if not leavers:
            return _Block(last, (), 0, 0, {}, strangers)
        numbers = np.array([one.person_no for one in leavers], np.int64)
        with reading(office.vault) as vault:
            taken = memberships.take_out(warehouse, numbers, now, _seals(office, vault))
        wait = frozenset(taken.waiting.tolist())
        gone = [leaver for leaver in leavers if leaver.person_no not in wait]
        rows = erasure.forget(warehouse, gone)
        forget_tokens(office, warehouse, gone)
        journal.write_journal(warehouse, run_id, gone, [_committed(commitment_key, one) for one in gone], now)
        if not canaries:
            journal.add_tally(warehouse, run_id, rows)
    return _Block(last, gone, len(wait), taken.lists_changed, rows, strangers)


def forget_tokens(office: Office, warehouse: Connection, gone: Sequence[Leaver]) -> int:
    """Delete the tokens by which open surveys would tell that these have answered; give how many there were.

    They follow from the look-up value and a key that is still here, so that they could be told of whoever has left.
    """
    deleted = 0
    for survey in office.survey_keys.standing() if gone else ():
        try:
            tokens = office.survey_keys.tokens(survey, [leaver.line_index for leaver in gone])
        except Unavailable:
            if office.survey_keys.has(survey):  # it is there and does not open: nobody may say that they are forgotten
                raise
            continue  # it was closed just now: its tokens are gone
        deleted += surveys.unspend(warehouse, survey, tokens)
    return deleted


def _told_apart(
    office: Office, warehouse: Connection, leavers: Sequence[Leaver], line: Recorded
) -> tuple[list[Leaver], int]:
    """Give the leavers whose look-up value is that of their own sealed LINE id, and how many others there are.

    Rows of the quarantine are found by that value: a swapped one would blank another person's. Whose key is gone
    already cannot be asked, and has nothing left to open.
    """
    with reading(office.vault) as vault:
        stores, numbers = (warehouse, vault), [leaver.person_no for leaver in leavers]
        try:
            opened = open_frozen_line_ids(*stores, office.person_keys, numbers, line)
        except Tampered:  # one of them does not open, and the others are to be erased all the same
            leavers = [leaver for leaver in leavers if _opens(office, stores, leaver.person_no, line)]
            left = [leaver.person_no for leaver in leavers]
            opened = open_frozen_line_ids(*stores, office.person_keys, left, line) if left else {}
    own = [leaver for leaver in leavers if _is_own(office, leaver, opened.get(PersonNo(leaver.person_no)))]
    return own, len(numbers) - len(own)


def _opens(office: Office, stores: tuple[Connection, Connection], number: int, line: Recorded) -> bool:
    try:
        open_frozen_line_ids(*stores, office.person_keys, [number], line)
    except Tampered:
        return False
    return True


def _is_own(office: Office, leaver: Leaver, line_id: LineUserId | None) -> bool:
    if line_id is None:
        return True
    named = (office.index.of_line_id(line_id), office.index.of_detached(line_id, leaver.person_no))
    return leaver.line_index in named


def _seals(office: Office, vault: Connection) -> SealOf:
    """Give what opens lists, each broadcast's key opened once."""
    return cache(lambda broadcast_id, content: seal_in(vault, office.list_keys, broadcast_id, content))


def _committed(key: bytes, leaver: Leaver) -> bytes:
    """Commit to a person by their look-up value, so that nobody's LINE id is opened in order to forget it."""
    return bytes.fromhex(commitment(key, leaver.line_index.hex()))


def _summed(total: Erased, block: _Block, *, canaries: bool) -> Erased:
    gone = len(block.gone)
    return Erased(
        residents=total.residents + (0 if canaries else gone),
        canaries=total.canaries + (gone if canaries else 0),
        waiting=total.waiting + block.waiting,
        lists=total.lists + block.lists,
        rows={name: total.rows.get(name, 0) + block.rows.get(name, 0) for name in total.rows | block.rows},
    )


def _destroy_keys(office: Office, numbers: Sequence[int]) -> None:
    with writing_much(office.vault) as vault:
        office.person_keys.destroy(vault, numbers)


def _destroy_journalled(office: Office, run_id: RunId, size: int) -> None:
    """Destroy what a crash of this run left between the stores; a key that is gone is simply not there."""
    after = FIRST_NUMBER
    while True:
        with reading(office.warehouse) as warehouse:
            numbers = journal.journal_numbers(warehouse, run_id, after, size)
        if not numbers:
            return
        _destroy_keys(office, numbers)
        after = numbers[-1]


def sweep_keys(office: Office) -> int:
    """Destroy keys that have no person; give how many. Whoever is being added right now keeps theirs."""
    with reading(office.vault) as vault, reading(office.warehouse) as warehouse:
        orphans = keys_without_person(warehouse, vault)
    if not orphans:
        return 0
    with office.writing_people() as (warehouse, vault):
        lock_newcomers(warehouse)
        return office.person_keys.destroy(vault, still_without_person(warehouse, orphans))
