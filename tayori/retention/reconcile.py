"""Find those who left LINE without telling: two complete scans miss them, and LINE shows no profile of them (L14).

A scan concludes nothing before its list is complete. It never adds a person; only somebody whom an earlier scan saw
can be missed. A scan that would lose too many stops and asks: that is an outage or a wrong account, not a departure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LINE_USER_ID, Contract, RunId
from tayori.domain.leaving import bound, leaving_limits
from tayori.errors import Refused, Unavailable
from tayori.line.paging import PageExpired
from tayori.office import Office
from tayori.retention import holds
from tayori.settings import Mode
from tayori.vault import tombstones
from tayori.vault.audit import Action, record
from tayori.vault.identity import open_line_ids
from tayori.warehouse import closing, journal, people
from tayori.warehouse import reconcile as scans
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.reconcile import Scan, ScanTally, Sighting

CAUSE: Final = "quit"
MISSES: Final = 2  # consecutive scans, so many hours apart
STEP: Final = "scan"
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
    """What a complete scan found: followers listed, people concerned, seen for the first time, missed, who quit.

    `never_seen`: people whom no scan ever saw. They have not let LINE list them, or quit before the first scan: LINE
    tells no difference, so no scan misses them.
    """

    listed: int
    concerned: int
    first_seen: int
    missed: int
    asked: int
    quit: int
    never_seen: int = 0


def reconcile(office: Office, line: Followers, scan: RunId) -> Reconciled:
    """Scan the whole follower list and note who is missing; mark as left who is missing for the second time.

    `scan` is an opaque id. A scan that follows another one within hours misses nobody anew: an outage of an hour
    would count twice.

    Raises:
        Unavailable: LINE failed, or what it says cannot be; nothing was concluded.
        Refused: the scan would lose too many people; nothing was concluded, two handlers have to decide.

    """
    with reading(office.warehouse) as warehouse:
        closing.require_open(warehouse, Contract.LINE)
    began_ms = int(office.now().timestamp() * 1000)
    with scans.scanning(office.warehouse) as listed:
        first_seen = _read_list(office, line, scan, listed)
        tally = listed.tally(began_ms)
        refuse_mass_loss(office, tally)
        sighting = listed.sighting(began_ms)
        controls = listed.some_seen(leaving_limits().scan.controls)
    holds.end_stale(office, holds.SCAN)
    with reading(office.warehouse) as warehouse:
        apart = _is_apart(office, warehouse)
    suspects = [number for number, misses in sighting.missed.items() if apart and misses + 1 >= MISSES]
    quitters = _without_profile(office, line, scan, suspects, controls) if suspects else []
    gone = _conclude(office, scan, sighting, quitters, began_ms)
    missed = len(sighting.missed)
    return Reconciled(tally.listed, tally.concerned, first_seen, missed, len(suspects), gone, tally.never_seen)


def _is_apart(office: Office, warehouse: Connection) -> bool:
    """Whether the last scan that missed anybody is long enough ago for this one to be evidence of its own."""
    last, rehearsed = journal.latest_step(warehouse, STEP), office.settings.scan_hours
    hours = leaving_limits().scan.hours_between
    if rehearsed is not None and office.settings.mode is Mode.REHEARSAL:
        hours = rehearsed
    return last is None or office.now() - last >= timedelta(hours=hours)


def _read_list(office: Office, line: Followers, scan: RunId, listed: Scan) -> int:
    for _ in range(MOST_RESTARTS):
        try:
            return _read_pages(office, line, scan, listed)
        except PageExpired:
            listed.start_over()
    return _read_pages(office, line, scan, listed)


def _read_pages(office: Office, line: Followers, scan: RunId, listed: Scan) -> int:
    first_seen, start, before = 0, None, set[str]()
    while True:
        page = line.followers_ids(start)
        indexes = office.index.of_line_ids(one for one in page.ids if LINE_USER_ID.fullmatch(one))
        listed.saw(indexes)
        first_seen += scans.note_first_sight(office.warehouse, indexes, scan)
        if page.start is None:
            return first_seen
        if page.start in before:
            raise Unavailable("LINE's list of followers goes in circles; nothing was concluded. Run it again later.")
        before.add(page.start)
        start = page.start


def refuse_mass_loss(office: Office, tally: ScanTally) -> None:
    """Stop a scan that would lose too many, or that lists nobody, unless two handlers allowed so many.

    Raises:
        Refused: naming the counts and the hold; nothing is concluded until it is allowed.

    """
    limits, agreed = leaving_limits().scan, holds.allowed(office, holds.SCAN)
    most = max(bound(limits.share, limits.least, tally.concerned), agreed) if tally.listed else agreed
    if tally.missing > most:
        held = holds.hold(office, holds.SCAN, tally.missing, tally.concerned, most)
        what = "LINE lists nobody at all" if not tally.listed else f"more than {most}"
        raise Refused(
            f"The scan misses {tally.missing} of {tally.concerned} people, {what}; nothing was concluded. Check the "
            f"account and its token. If it is true, two handlers allow it (`tayori retention hold allow "
            f"{held.hold_id}`); then run it again."
        )


def _without_profile(
    office: Office, line: Followers, scan: RunId, suspects: Sequence[int], controls: Sequence[int]
) -> list[int]:
    """Give those suspects for whom LINE shows no profile; opening their ids is written down first.

    Some who stand on the list are asked about before: where LINE shows no profile of them either, it shows none to
    this token, and the missing ones mean nothing.

    Raises:
        Unavailable: LINE shows no profile of most who follow.

    """
    shown = _absent(office, line, scan, controls)
    if not controls or len(shown) * 2 > len(controls):
        raise Unavailable(
            "LINE shows no profile of people who follow: the token is of another channel, or LINE is in trouble. "
            "Nothing was concluded. Check TAYORI_LINE_ACCESS_TOKEN, then run it again."
        )
    return _absent(office, line, scan, suspects)


def _absent(office: Office, line: Followers, scan: RunId, suspects: Sequence[int]) -> list[int]:
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
        scans.hold_people(warehouse, sorted({*misses, *sighting.seen_again}))  # before the line, as all who write
        record(warehouse, EVIDENCE, Action.WRITE, f"scan {scan}", count=len(misses), now=now)
        if _is_apart(office, warehouse):  # the line is held: no other scan concludes at this moment
            journal.finish_step(warehouse, scan, STEP, {"missed": len(misses)}, now)
        else:
            misses, quitters = {}, []
        scans.put_misses(warehouse, misses | dict.fromkeys(sighting.seen_again, 0), began_ms)
        gone = scans.still_missing(warehouse, quitters, began_ms)
        people.mark_left(warehouse, [(number, began_ms) for number in gone], CAUSE, now)
        left = dict.fromkeys(scans.indexes_of(warehouse, gone), began_ms)
        tombstones.bury(warehouse, office.tombstone_keys, left, now)
    return len(gone)
