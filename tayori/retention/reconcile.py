"""Find those who left LINE without telling: two complete scans miss them, and LINE shows no profile of them (L14).

A scan concludes nothing before its list is complete. It never adds a person; only somebody whom an earlier scan saw
can be missed. A scan that would lose too many stops and asks: that is an outage or a wrong account, not a departure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LINE_USER_ID, Contract, HandlerId, RunId
from tayori.errors import Refused
from tayori.line.paging import PageExpired
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.identity import open_line_ids
from tayori.warehouse import closing, people
from tayori.warehouse import reconcile as scans
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.reconcile import Scan, ScanTally, Sighting

CAUSE: Final = "quit"
MISSES: Final = 2  # consecutive scans
LARGEST_LOSS: Final = 0.05
ALWAYS_ALLOWED: Final = 20
MOST_RESTARTS: Final = 3
BLOCK: Final = 5_000
EVIDENCE: Final = Evidence("flow:reconcile", Purpose.RECONCILE)


class Page(Protocol):
    """A page of those who follow, and where the next one starts (None: it was the last)."""

    @property
    def ids(self) -> Sequence[str]:
        """LINE ids."""

    @property
    def start(self) -> str | None:
        """Where the next page starts."""


class Followers(Protocol):
    """What a scan needs of LINE; `tayori.line.client.LineClient` gives it."""

    def followers_ids(self, start: str | None = None) -> Page:
        """Give a page; `PageExpired` for a start that is no longer valid, `Unavailable` for any other trouble."""

    def profile_exists(self, line_user_id: str) -> bool:
        """Tell by the status alone whether LINE shows a profile for this id."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a complete scan found: followers listed, people concerned, seen for the first time, missed, who quit."""

    listed: int
    concerned: int
    first_seen: int
    missed: int
    asked: int
    quit: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many missing people a named handler allowed, after a scan stopped and asked."""

    loss: int
    by: HandlerId


def reconcile(office: Office, line: Followers, scan: RunId, allowance: Allowance | None = None) -> Reconciled:
    """Scan the whole follower list and note who is missing; mark as left who is missing for the second time.

    `scan` is an opaque id. An allowance is written into the access log under its handler's name.

    Raises:
        Unavailable: LINE failed; nothing was concluded.
        Refused: the scan would lose too many people; nothing was concluded.

    """
    with reading(office.warehouse) as warehouse:
        closing.require_open(warehouse, Contract.LINE)
    if allowance is not None:
        with writing(office.warehouse) as warehouse:
            decided = Evidence(allowance.by, Purpose.RECONCILE)
            record(warehouse, decided, Action.DECIDE, f"scan {scan}", count=allowance.loss, now=office.now())
    began_ms = int(office.now().timestamp() * 1000)
    with scans.scanning(office.warehouse) as listed:
        first_seen = _read_list(office, line, scan, listed)
        tally = listed.tally(began_ms)
        refuse_mass_loss(tally, allowance.loss if allowance else 0)
        sighting = listed.sighting(began_ms)
    suspects = [number for number, misses in sighting.missed.items() if misses + 1 >= MISSES]
    quitters = _without_profile(office, line, scan, suspects)
    gone = _conclude(office, scan, sighting, quitters, began_ms)
    return Reconciled(tally.listed, tally.concerned, first_seen, len(sighting.missed), len(suspects), gone)


def _read_list(office: Office, line: Followers, scan: RunId, listed: Scan) -> int:
    for _ in range(MOST_RESTARTS):
        try:
            return _read_pages(office, line, scan, listed)
        except PageExpired:
            listed.start_over()
    return _read_pages(office, line, scan, listed)


def _read_pages(office: Office, line: Followers, scan: RunId, listed: Scan) -> int:
    first_seen, start = 0, None
    while True:
        page = line.followers_ids(start)
        indexes = office.index.of_line_ids(one for one in page.ids if LINE_USER_ID.fullmatch(one))
        listed.saw(indexes)
        first_seen += scans.note_first_sight(office.warehouse, indexes, scan)
        if page.start is None:
            return first_seen
        start = page.start


def refuse_mass_loss(tally: ScanTally, allowed: int) -> None:
    """Stop a scan that would lose too many: more than 5 % of those concerned and more than 20, or a list of nobody.

    Raises:
        Refused: naming the counts; nothing is concluded until a named person allows so many.

    """
    bound = max(ALWAYS_ALLOWED, int(tally.concerned * LARGEST_LOSS), allowed)
    if tally.missing > bound:
        raise Refused(
            f"The scan misses {tally.missing} of {tally.concerned} people, more than {bound}; nothing was concluded. "
            f"Look into it; if it is true, allow a loss of {tally.missing} and run it again."
        )
    if tally.missing > allowed and not tally.listed:
        raise Refused("LINE lists nobody at all; nothing was concluded. Check the account and the token.")


def _without_profile(office: Office, line: Followers, scan: RunId, suspects: Sequence[int]) -> list[int]:
    """Give those suspects for whom LINE shows no profile; opening their ids is written down first."""
    gone: list[int] = []
    for start in range(0, len(suspects), BLOCK):
        block = suspects[start : start + BLOCK]
        with writing(office.warehouse) as warehouse:
            line_in_log = record(warehouse, EVIDENCE, Action.OPEN, f"scan {scan}", count=len(block), now=office.now())
        with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
            opened = open_line_ids(warehouse, vault, office.person_keys, block, line_in_log)
        gone += [number for number, line_id in opened.items() if not line.profile_exists(line_id)]
    return gone


def _conclude(office: Office, scan: RunId, sighting: Sighting, quitters: Sequence[int], began_ms: int) -> int:
    """Write down what a complete scan means, all of it or nothing."""
    now = office.now()
    misses = {number: min(before + 1, MISSES) for number, before in sighting.missed.items()}
    with writing(office.warehouse) as warehouse:
        record(warehouse, EVIDENCE, Action.WRITE, f"scan {scan}", count=len(misses), now=now)
        scans.put_misses(warehouse, misses | dict.fromkeys(sighting.seen_again, 0), began_ms)
        gone = scans.still_missing(warehouse, quitters, began_ms)
        people.mark_left(warehouse, [(number, began_ms) for number in gone], CAUSE, now)
    return len(gone)
