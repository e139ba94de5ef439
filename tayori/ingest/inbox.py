"""Empty the inbox: open a block of sealed rows, judge, write, and only then delete them.

A crash anywhere is harmless: rows that were written but not yet deleted come again and change nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.errors import NotFound, Tampered, Unavailable
from tayori.ingest import events, letters, receptions, surveys, wishes
from tayori.ingest.counts import Counts
from tayori.ingest.event_frame import EventColumns
from tayori.ingest.intake import OpinionCounts
from tayori.ingest.quarantine import KEPT_UNPARSED, SetAside, set_aside
from tayori.ingest.sent import LETTER, Sent, read_sent
from tayori.ingest.submissions import ANSWER, BALLOT, ERASE, RECEPTION, WISH, ballot_of
from tayori.ingest.surveys import Given
from tayori.ingest.verdict import Gate
from tayori.ingest.wishes import Wish
from tayori.line.webhook import ReducedEvent, Unparsed, unpacked
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import closing, inbox
from tayori.warehouse import events as seen
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.inbox import InboxRow

EVIDENCE: Final = Evidence("flow:ingest", Purpose.RECEPTION)
SOURCE: Final = "inbox"
EVENTS: Final = "events"
UNPARSED: Final = "unparsed"
KINDS: Final = {Contract.LINE: (EVENTS, RECEPTION, WISH, ANSWER, UNPARSED), Contract.OPINIONS: (LETTER,)}
"""The kinds of rows, by the contract under which they are taken in; beside them LINE's anonymous answers."""
BLOCK_ROWS: Final = 5_000
DIRECT: Final = RunId("direct")  # tallied under this where no run is named
UNOPENED: Final = "box_does_not_open"
Hear = Callable[[Sequence[ReducedEvent]], None]
NOT_OURS: Final = "box_holds_no_events"  # whoever may INSERT can seal anything; it never stops what came beside it


@dataclass(slots=True)
class InboxCounts:
    """What became of a block of the inbox: rows taken out; events, reception settings, wishes each accounted for."""

    rows: int = 0
    events: Counts = field(default_factory=Counts)
    receptions: Counts = field(default_factory=Counts)
    wishes: Counts = field(default_factory=Counts)
    letters: OpinionCounts = field(default_factory=OpinionCounts)
    answers: Counts = field(default_factory=Counts)

    def add(self, other: "InboxCounts") -> None:
        """Add other counts to these."""
        self.rows += other.rows
        self.events.add(other.events)
        self.receptions.add(other.receptions)
        self.wishes.add(other.wishes)
        self.letters.add(other.letters)
        self.answers.add(other.answers)


@dataclass(slots=True)
class _Opened:
    """A block's rows, opened and sorted by kind."""

    events: EventColumns = field(default_factory=EventColumns)
    answerable: list[ReducedEvent] = field(default_factory=list, repr=False)
    receptions: list[tuple[int, bytes]] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    letters: list[tuple[int, Sent]] = field(default_factory=list)
    answers: list[Given] = field(default_factory=list)
    unparsed: list[SetAside] = field(default_factory=list)
    unopened: list[SetAside] = field(default_factory=list)
    no_letters: list[SetAside] = field(default_factory=list)
    """What came as a letter and is none: set aside under the letters' own source, for it ends with their contract."""


def ingest_inbox(
    office: Office, gate: Gate, limit: int = BLOCK_ROWS, run_id: RunId = DIRECT, hear: Hear | None = None
) -> InboxCounts:
    """Take in the oldest rows of the inbox, at most `limit`, and give what became of them; no rows: zero counts.

    Anonymous answers that are ready come beside them; those that have to wait are sealed anew.

    `hear` is told the events that carry a reply token, once they are taken in; the token goes no further than that.

    Raises:
        Unavailable: a store or a key cannot be reached; the rows stay where they are.
        Refused: the contract has ended.

    """
    rows = _oldest(office, limit)
    if not rows:
        return InboxCounts()
    opened = _open(office, rows)
    judged = events.judge(office, gate, SOURCE, opened.events)
    settings = receptions.judge(office, gate, opened.receptions)
    counts = InboxCounts(rows=len(rows))
    with office.writing_people() as stores:
        counts.events = events.apply(office, stores, judged, run_id)
        counts.receptions = receptions.apply(office, stores, settings, run_id)
        counts.wishes = wishes.erase(office, stores[0], [one for one in opened.wishes if one.wish == ERASE])
        receptions.take_up(office, gate, stores[0])
        counts.letters = letters.apply(office, stores, gate, opened.letters)
        counts.answers, waiting = surveys.apply(office, stores, opened.answers)
        seen.add_tally(stores[0], run_id, counts.answers.tallied(ANSWER), office.now())
        counts.events.add(_set_aside(office, stores[0], opened, rows, run_id))
        seen.add_tally(stores[0], run_id, counts.wishes.tallied(WISH), office.now())
    counts.wishes.add(wishes.link(office, [one for one in opened.wishes if one.wish != ERASE]))
    with writing(office.inbox) as connection:
        inbox.remove(connection, [row.inbox_no for row in rows])
        surveys.put_back(office, connection, waiting)
    if hear is not None:
        hear(opened.answerable)
    return counts


def _oldest(office: Office, limit: int) -> list[InboxRow]:
    """Give the oldest rows of those kinds whose contract goes on; what is of one that has ended stays where it is.

    Raises:
        Refused: rows of LINE's are all that waits, and its contract has ended.

    """
    with reading(office.warehouse) as warehouse, reading(office.inbox) as connection:
        going_on = [one for one in KINDS if not closing.is_frozen(warehouse, one)]
        waiting = inbox.counts(connection, BALLOT)
        rows = inbox.oldest(connection, sorted(kind for one in going_on for kind in KINDS[one]), limit)
        if Contract.LINE in going_on:
            for kind in surveys.ready(warehouse, waiting, office.today()):
                rows += inbox.oldest(connection, (kind,), max(limit, surveys.TOGETHER))
        if not rows and (waiting or inbox.oldest(connection, KINDS[Contract.LINE], 1)):
            closing.require_open(warehouse, Contract.LINE)
        return rows


def _set_aside(office: Office, people: Connection, opened: _Opened, rows: Sequence[InboxRow], run_id: RunId) -> Counts:
    """Set aside what is no event at all: each such row counts as one received and quarantined."""
    set_aside(office, people, SOURCE, opened.unopened)
    set_aside(office, people, SOURCE, opened.unparsed, _left_of_a_day(office, rows))
    set_aside(office, people, letters.SOURCE, opened.no_letters)
    every = (*opened.unopened, *opened.unparsed, *opened.no_letters)
    counts = Counts(received=len(every))
    counts.quarantined.update(row.rule for row in every)
    seen.add_tally(people, run_id, counts.tallied(), office.now())
    return counts


def _open(office: Office, rows: Sequence[InboxRow]) -> _Opened:
    if not office.box_keys.epochs():
        raise Unavailable("No private key of the inbox is here; restore the key folder. The rows stay in the inbox.")
    with writing(office.warehouse) as people:
        record(people, EVIDENCE, Action.OPEN, "sealed rows of the inbox", count=len(rows), now=office.now())
    opened = _Opened()
    for row in rows:
        aside = opened.no_letters if row.kind == LETTER else opened.unopened
        try:
            content = office.box_keys.open(row.kind, Sealed(row.epoch, row.sealed))
        except (NotFound, Tampered):
            aside.append(SetAside(row.inbox_no, UNOPENED, row.sealed))
            continue
        try:
            _sort_in(opened, row, content, office)
        except Unparsed:
            aside.append(SetAside(row.inbox_no, NOT_OURS, content))
    return opened


def _sort_in(opened: _Opened, row: InboxRow, content: bytes, office: Office) -> None:
    if row.kind == RECEPTION:
        opened.receptions.append((row.inbox_no, content))
    elif row.kind == WISH:
        opened.wishes.append(wishes.read_wish(content, office.now()))
    elif row.kind == ANSWER:
        opened.answers.append(surveys.read_answer(content))
    elif row.kind.startswith(BALLOT):
        ballot = surveys.read_ballot(content)
        if row.kind != ballot_of(ballot.survey):
            raise Unparsed
        opened.answers.append(ballot)
    elif row.kind == LETTER:
        opened.letters.append((row.inbox_no, read_sent(content)))
    elif row.kind == UNPARSED:
        opened.unparsed.append(SetAside(row.inbox_no, UNPARSED, content))
    else:
        for event in unpacked(content):
            opened.events.add(row.inbox_no, event)
            if event.reply_token:
                opened.answerable.append(event)


def _left_of_a_day(office: Office, rows: Sequence[InboxRow]) -> timedelta:
    """Give how long what could not be parsed may still be kept: a day from the moment the door kept it."""
    oldest = min(row.received_at for row in rows)
    return max(oldest + KEPT_UNPARSED - office.now(), timedelta(0))
