"""LINE's events come in: through the gate, each once, and of all of them only who follows and who left is kept.

A follow of somebody who does not follow counts at once while tombstones tell for certain whether they left since; an
older one waits, sealed, until LINE shows a profile (`returning`); older than `seen.FOLLOWS_UNTIL` it never counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import CANARY_PREFIX, LINE_USER_ID, LineUserId, RunId
from tayori.errors import Tampered
from tayori.ingest.counts import Counts
from tayori.ingest.event_frame import FOLLOWS, LIVE_SUITE, SUITE, EventColumns, why_ignored
from tayori.ingest.followers import welcome
from tayori.ingest.following import NEVER, UNCERTAIN, Changes, Memory, Standing, Step, follow_up
from tayori.ingest.quarantine import KEPT, NOT_FOLLOWING, SetAside, set_aside
from tayori.ingest.verdict import Gate
from tayori.line.webhook import packed
from tayori.office import TOKYO, Office
from tayori.settings import Mode
from tayori.vault import tombstones
from tayori.vault.audit import Action, Recorded, record
from tayori.vault.identity import open_frozen_line_ids
from tayori.warehouse import daily, people, quarantine
from tayori.warehouse import events as seen

EVIDENCE: Final = Evidence("flow:ingest", Purpose.RECEPTION)
CAUSE: Final = "unfollow"
KEPT_UNCERTAIN: Final = timedelta(hours=48)  # less than any leaving is remembered, so that one in between still counts
JUDGED_BY_TIME: Final = frozenset({NOT_FOLLOWING, UNCERTAIN})  # rows of which each is judged by its own moment
Stores = tuple[Connection, Connection]


@dataclass(frozen=True, slots=True)
class Judged:
    """Events behind the gate: those that passed, and what is to be set aside."""

    source: str
    passed: EventColumns
    refused: Sequence[SetAside]


def judge(office: Office, gate: Gate, source: str, events: EventColumns) -> Judged:
    """Let the gate judge events. Nothing is written yet."""
    if not len(events):
        return Judged(source, events, ())
    suite = LIVE_SUITE if office.settings.mode is Mode.LIVE else SUITE
    refused = dict(gate(events.frame(), suite, office.now()).refused)
    if not refused:
        return Judged(source, events, ())
    passed = events.only([position for position in range(len(events)) if position not in refused])
    aside = [_aside(office, events, position, rule) for position, rule in sorted(refused.items())]
    return Judged(source, passed, aside)


def apply(office: Office, stores: Stores, judged: Judged, run_id: RunId, kept: timedelta = KEPT) -> Counts:
    """Write what a judged block changes, in the caller's pair of transactions; running it twice changes nothing."""
    warehouse, aside = stores[0], list(judged.refused)
    counts = Counts(received=len(judged.passed) + len(judged.refused))
    fresh = _not_seen(office, warehouse, judged.passed)
    counts.duplicate = len(judged.passed) - len(fresh)
    steps = _steps(fresh, counts.ignored)
    if steps:
        changes = _follow_up(office, stores, steps, _memory(office, warehouse))
        counts.applied = changes.applied
        counts.ignored.update(changes.ignored)
        aside += _waiting(office, fresh, changes)
        counts.ignored[UNCERTAIN] -= len(aside) - len(judged.refused)
        counts.ignored = +counts.ignored
    set_aside(office, warehouse, judged.source, aside, kept)
    counts.quarantined.update(row.rule for row in aside)
    seen.add_tally(warehouse, run_id, counts.tallied(), office.now())
    return counts


def _aside(office: Office, events: EventColumns, position: int, rule: str) -> SetAside:
    line_id = events.line_user_id[position] or ""
    index = office.index.of_line_ids([line_id])[0] if LINE_USER_ID.fullmatch(line_id) else None
    return SetAside(events.row_no[position], rule, packed([events.event(position)]), index)


def _waiting(office: Office, events: EventColumns, changes: Changes) -> list[SetAside]:
    """Give the follows that wait for LINE to show a profile, of each person the latest."""
    found = {
        line_id: position
        for position, (line_id, at_ms) in enumerate(zip(events.line_user_id, events.at_ms, strict=True))
        if line_id is not None and events.event_type[position] == "follow" and changes.waiting.get(line_id) == at_ms
    }
    return [replace(_aside(office, events, position, UNCERTAIN), kept=KEPT_UNCERTAIN) for position in found.values()]


def apply_confirmed(office: Office, stores: Stores, follows: Sequence[Step]) -> Changes:
    """Take in follows that waited and for which LINE shows a profile now, in the caller's transactions."""
    since_ms = int((office.now() - seen.FOLLOWS_UNTIL - KEPT_UNCERTAIN).timestamp() * 1000)
    return _follow_up(office, stores, follows, Memory(since_ms))


def _not_seen(office: Office, warehouse: Connection, events: EventColumns) -> EventColumns:
    """Give the events whose id was never seen, of two with one id the first, and remember their ids."""
    first: dict[str, int] = {}
    for position, event_id in enumerate(events.event_id):
        first.setdefault(event_id, position)
    known = seen.remember(warehouse, list(first), int(office.now().timestamp() * 1000))
    if not known and len(first) == len(events):
        return events
    return events.only([position for event_id, position in first.items() if event_id not in known])


def _steps(events: EventColumns, ignored: Counter[str]) -> list[Step]:
    """Give the steps of following and leaving; count the other events by reason."""
    for kind, count in Counter(events.kinds()).items():
        if reason := why_ignored(*kind):
            ignored[reason] += count
    return [
        Step(line_user_id, FOLLOWS[kind[2]], at_ms)
        for kind, line_user_id, at_ms in zip(events.kinds(), events.line_user_id, events.at_ms, strict=True)
        if kind[2] in FOLLOWS and line_user_id is not None and why_ignored(*kind) is None
    ]


def _memory(office: Office, warehouse: Connection) -> Memory:
    since = office.now() - seen.FOLLOWS_UNTIL
    return Memory(
        int(since.timestamp() * 1000), tombstones.certain_since_ms(warehouse, office.tombstone_keys, office.now())
    )


def _follow_up(office: Office, stores: Stores, steps: Sequence[Step], memory: Memory) -> Changes:
    line_ids = list({step.line_user_id for step in steps})
    indexes = dict(zip(line_ids, office.index.of_line_ids(line_ids), strict=True))
    standings = _standings(office, stores[0], indexes)
    named = {one.number: line_id for line_id, one in standings.items() if one.number is not None}
    changes = follow_up(steps, standings, memory)
    if changes.persons:
        what = "events of following and leaving"
        recorded = record(stores[0], EVIDENCE, Action.WRITE, what, count=changes.persons, now=office.now())
        _refuse_strangers(office, stores, changes, named, recorded)
        _write(office, stores, changes, named, indexes, recorded)
    left = {indexes[line_id]: at_ms for line_id, at_ms in changes.leaves.items()}
    tombstones.bury(stores[0], office.tombstone_keys, left, office.now())
    daily.add_blocks(stores[0], _blocks(office, changes))
    return changes


def _refuse_strangers(
    office: Office, stores: Stores, changes: Changes, named: Mapping[int, str], recorded: Recorded
) -> None:
    """Let nobody leave in another's place: whom a look-up value finds must have the LINE id of the event sealed.

    Raises:
        Tampered: a look-up value stands in another person's row; nothing of the block was written.

    """
    leaving = sorted({number for number, _ in changes.left} | set(changes.detached))
    if not leaving:
        return
    opened = open_frozen_line_ids(*stores, office.person_keys, leaving, recorded)
    if any(named[int(number)] != line_id for number, line_id in opened.items()):
        raise Tampered(
            "A look-up value of the warehouse finds another person than the event names: rows were changed. "
            "Nobody was marked as having left; the events wait. Restore the table of persons, then run it again."
        )


def _blocks(office: Office, changes: Changes) -> Counter[date]:
    """Count who blocked the account by the day of the event in Tokyo: a total of the day, canaries left out."""
    moments = [at_ms for number, at_ms in changes.left if number > 0]
    moments += [at_ms for line_id, at_ms in changes.joined_and_left if not _is_canary(office, line_id)]
    now_ms = office.now().timestamp() * 1000  # whatever an event says of its time, it was no later
    return Counter(datetime.fromtimestamp(min(at_ms, now_ms) / 1000, TOKYO).date() for at_ms in moments)


def _standings(office: Office, warehouse: Connection, indexes: dict[str, bytes]) -> dict[str, Standing]:
    found = people.find_people(warehouse, list(indexes.values()), lock=True)
    away = [index for index in indexes.values() if index not in found or found[index].left]
    left = tombstones.leavings(warehouse, office.tombstone_keys, away, office.now())
    standings: dict[str, Standing] = {}
    for line_id, index in indexes.items():
        known, left_ms = found.get(index), left.get(index, NEVER)
        if known is not None:
            last_ms = max(known.last_event_ms, left_ms)
            standings[line_id] = Standing(known.person_no, following=not known.left, last_ms=last_ms)
        elif index in left:
            standings[line_id] = Standing(last_ms=left_ms)
    return standings


def _write(
    office: Office,
    stores: Stores,
    changes: Changes,
    named: Mapping[int, str],
    indexes: dict[str, bytes],
    recorded: Recorded,
) -> None:
    warehouse, now = stores[0], office.now()
    people.touch(warehouse, changes.touched)
    people.mark_left(warehouse, changes.left, CAUSE, now)
    people.detach(warehouse, [(number, office.index.of_detached(named[number], number)) for number in changes.detached])
    if changes.detached:
        back = [indexes[one] for one, _ in changes.joined]
        quarantine.close_of_people(warehouse, back, "erased", but=JUDGED_BY_TIME)
    _join(office, stores, changes.joined, indexes, recorded)
    numbers = _join(office, stores, changes.joined_and_left, indexes, recorded)
    left_at = [at_ms for _, at_ms in changes.joined_and_left]
    people.mark_left(warehouse, list(zip(numbers, left_at, strict=True)), CAUSE, now)


def _join(
    office: Office,
    stores: Stores,
    joined: Sequence[tuple[str, int]],
    indexes: dict[str, bytes],
    recorded: Recorded,
) -> list[int]:
    """Welcome people, canaries under their own numbers, and give the numbers in that order."""
    numbers: dict[str, int] = {}
    for canaries in (False, True):
        part = [(LineUserId(one), at_ms) for one, at_ms in joined if _is_canary(office, one) is canaries]
        if part:
            looked_up = [indexes[one] for one, _ in part]
            given = welcome(office, stores, part, recorded, canaries=canaries, indexes=looked_up)
            numbers |= dict(zip((one for one, _ in part), given, strict=True))
    return [numbers[one] for one, _ in joined]


def _is_canary(office: Office, line_id: str) -> bool:
    """Whether an id marks a canary. In live any resident may have such an id, and the gate refuses it."""
    return line_id.startswith(CANARY_PREFIX) and office.settings.mode is Mode.REHEARSAL
