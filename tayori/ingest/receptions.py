"""Reception settings come in: through the gate, for people who follow, the latest confirmation wins (L1, P4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pandas as pd
from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LINE_USER_ID, RunId
from tayori.errors import NotFound, Tampered
from tayori.ingest.counts import Counts
from tayori.ingest.following import NEVER, OLDER
from tayori.ingest.quarantine import KIND, NOT_FOLLOWING, SetAside, set_aside
from tayori.ingest.submissions import FIELDS, RECEPTION
from tayori.ingest.verdict import Gate
from tayori.office import Office
from tayori.vault import tombstones
from tayori.vault.audit import Action, record
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import events as seen
from tayori.warehouse import people, quarantine
from tayori.warehouse.people import Chosen, Known
from tayori.warehouse.quarantine import WaitingForSomebody

EVIDENCE: Final = Evidence("flow:ingest", Purpose.RECEPTION)
SUITE: Final = "receptions"
FRAME_COLUMNS: Final = (*FIELDS, "unknown_fields")
"""The contract of a frame of submissions: the fields, and how many a submission has that the register does not know."""
LEFT: Final = "left_since"
UNREADABLE: Final = "box_does_not_open"
NO_TIME: Final = -1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
SOURCE: Final = "inbox"
KEPT_OLD: Final = timedelta(hours=72)  # who does not follow by then has left, or never followed


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission behind the gate, its moment as a moment."""

    row_no: int
    content: bytes = field(repr=False)
    index: bytes = field(repr=False)
    submission_id: str
    purpose_version: str
    confirmed_at: datetime
    given: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgedReceptions:
    """Submissions behind the gate, and what is to be set aside."""

    passed: Sequence[Submission]
    refused: Sequence[SetAside]


def judge(office: Office, gate: Gate, rows: Sequence[tuple[int, bytes]]) -> JudgedReceptions:
    """Let the gate judge submissions (row number, content). Nothing is written yet."""
    if not rows:
        return JudgedReceptions((), ())
    given = [_given(content) for _, content in rows]
    refused = dict(gate(reception_frame(given), SUITE, office.now()).refused)
    passed = [
        _submission(office, row_no, content, one)
        for position, ((row_no, content), one) in enumerate(zip(rows, given, strict=True))
        if position not in refused
    ]
    aside = [
        SetAside(rows[position][0], rule, rows[position][1], _index(office, given[position]))
        for position, rule in sorted(refused.items())
    ]
    return JudgedReceptions(passed, aside)


def apply(office: Office, stores: tuple[Connection, Connection], judged: JudgedReceptions, run_id: RunId) -> Counts:
    """Put the settings of those who follow, in the caller's transactions; running it twice changes nothing."""
    warehouse = stores[0]
    counts = Counts(received=len(judged.passed) + len(judged.refused))
    aside = list(judged.refused)
    fresh = _not_seen(office, warehouse, judged.passed)
    counts.duplicate = len(judged.passed) - len(fresh)
    sorted_out = _sort_out(office, warehouse, fresh)
    aside += [
        SetAside(one.row_no, NOT_FOLLOWING, one.content, one.index, KEPT_OLD if one in sorted_out.old else None)
        for one in sorted_out.early
    ]
    counts.ignored[LEFT] += len(sorted_out.late)
    counts.applied = _put(office, warehouse, sorted_out.latest)
    counts.ignored[OLDER] += len(fresh) - len(sorted_out.early) - len(sorted_out.late) - counts.applied
    set_aside(office, warehouse, SOURCE, aside)
    counts.quarantined.update(row.rule for row in aside)
    counts.ignored = +counts.ignored
    seen.add_tally(warehouse, run_id, counts.tallied(RECEPTION), office.now())
    return counts


def take_up(office: Office, gate: Gate, warehouse: Connection) -> int:
    """Put settings that came before their follow, now that it is here; give how many people's (L1).

    Settings from before the person last left are ended unread by anybody: nothing of a leaver comes back (L14).
    """
    waiting = quarantine.waiting_for_somebody(warehouse, NOT_FOLLOWING)
    known = people.find_people(warehouse, list({row.line_index for row in waiting}), lock=True)
    due = [row for row in waiting if _follower(known.get(row.line_index)) is not None]
    if not due:
        return 0
    record(warehouse, EVIDENCE, Action.OPEN, "settings that came before their follow", count=len(due), now=office.now())
    judged = judge(office, gate, _reopened(office, warehouse, due))
    for row in judged.refused:
        quarantine.refuse_anew(warehouse, row.row_no, row.rule)
    found = _sort_out(office, warehouse, judged.passed)
    for one in judged.passed:
        quarantine.close(warehouse, one.row_no, "erased" if one in found.late else "taken_up")
    return _put(office, warehouse, found.latest)


def _reopened(office: Office, warehouse: Connection, due: Sequence[WaitingForSomebody]) -> list[tuple[int, bytes]]:
    opened: list[tuple[int, bytes]] = []
    for row in due:
        try:
            opened.append((row.quarantine_no, office.box_keys.open(KIND, Sealed(row.epoch, row.sealed))))
        except (NotFound, Tampered):
            quarantine.refuse_anew(warehouse, row.quarantine_no, UNREADABLE)
    return opened


@dataclass(slots=True)
class _SortedOut:
    """Submissions by what becomes of them: the latest of each follower, those before a follow, those of leavers.

    `old` are those before a follow of which the tombstones cannot tell whether their person left since.
    """

    latest: dict[int, Submission] = field(default_factory=dict)
    early: list[Submission] = field(default_factory=list)
    late: list[Submission] = field(default_factory=list)
    old: list[Submission] = field(default_factory=list)


def _sort_out(office: Office, warehouse: Connection, submissions: Sequence[Submission]) -> _SortedOut:
    """Sort submissions by what is known of their people.

    Who followed before they confirmed, and follows still, never left in between. Of anybody else the tombstones tell
    it, as far back as they are certain; a submission older than that is not put, whoever follows now (L14).
    """
    now, keys = office.now(), office.tombstone_keys
    indexes = list({one.index for one in submissions})
    known = people.find_people(warehouse, indexes, lock=True)
    left = tombstones.leavings(warehouse, keys, indexes, now)
    certain_ms = tombstones.certain_since_ms(warehouse, keys, now)
    since_ms = int((now - seen.FOLLOWS_UNTIL).timestamp() * 1000)
    found = _SortedOut()
    for one in submissions:
        confirmed_ms = one.confirmed_at.timestamp() * 1000
        person = known.get(one.index)
        number = _follower(person)
        left_ms = person.last_event_ms if person is not None and person.left else left.get(one.index, NEVER)
        follows_ms = person.last_event_ms if person is not None and number is not None else None
        if confirmed_ms <= left_ms or _is_past(confirmed_ms, follows_ms, since_ms, certain_ms):
            found.late.append(one)
        elif number is None:
            found.early.append(one)
            found.old += [one] if confirmed_ms < certain_ms else []
        elif number not in found.latest or one.confirmed_at >= found.latest[number].confirmed_at:
            found.latest[number] = one
    return found


def _is_past(confirmed_ms: float, follows_ms: int | None, since_ms: int, certain_ms: int) -> bool:
    """Whether nobody can tell any more if its person left after they confirmed."""
    if follows_ms is None:
        return confirmed_ms < since_ms
    return confirmed_ms < min(follows_ms, certain_ms)


def reception_frame(given: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Build the frame of submissions as they were given, a row each; every cell as it came, moments in ms."""
    columns: dict[str, list[Any]] = {name: [one.get(name) for one in given] for name in FIELDS}
    columns["confirmed_at"] = [_milliseconds(moment) for moment in columns["confirmed_at"]]
    columns["unknown_fields"] = [len(one.keys() - set(FIELDS)) for one in given]
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


def _given(content: bytes) -> Mapping[str, Any]:
    try:
        written = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return written if isinstance(written, dict) else {}


def _milliseconds(moment: object) -> int:
    """Give a moment in ms; one without a time zone, or none at all, is no moment."""
    try:
        read = datetime.fromisoformat(moment) if isinstance(moment, str) else None
    except ValueError:
        return NO_TIME
    return (read - EPOCH) // MILLISECOND if read is not None and read.tzinfo is not None else NO_TIME


def _index(office: Office, given: Mapping[str, Any]) -> bytes | None:
    line_id = given.get("line_user_id")
    if not isinstance(line_id, str) or not LINE_USER_ID.fullmatch(line_id):
        return None
    return office.index.of_line_ids([line_id])[0]


def _submission(office: Office, row_no: int, content: bytes, given: Mapping[str, Any]) -> Submission:
    return Submission(
        row_no=row_no,
        content=content,
        index=office.index.of_line_ids([given["line_user_id"]])[0],
        submission_id=given["submission_id"],
        purpose_version=given["purpose_version"],
        confirmed_at=datetime.fromtimestamp(_milliseconds(given["confirmed_at"]) / 1000, UTC),
        given=given,
    )


def _not_seen(office: Office, warehouse: Connection, passed: Sequence[Submission]) -> list[Submission]:
    first: dict[str, Submission] = {}
    for one in passed:
        first.setdefault(f"reception:{one.submission_id}", one)
    known = seen.remember(warehouse, list(first), int(office.now().timestamp() * 1000))
    return [one for key, one in first.items() if key not in known]


def _follower(known: Known | None) -> int | None:
    return known.person_no if known is not None and not known.left else None


def _put(office: Office, warehouse: Connection, latest: Mapping[int, Submission]) -> int:
    before = people.confirmations(warehouse, list(latest))
    chosen = [
        _chosen(number, one)
        for number, one in latest.items()
        if number not in before or one.confirmed_at >= before[number]
    ]
    if chosen:
        record(warehouse, EVIDENCE, Action.WRITE, "reception settings", count=len(chosen), now=office.now())
        people.put_settings(warehouse, chosen)
    return len(chosen)


def _chosen(number: int, one: Submission) -> Chosen:
    return Chosen(
        person_no=number,
        purpose_version=one.purpose_version,
        confirmed_at=one.confirmed_at,
        birth_year=one.given.get("birth_year"),
        sex=one.given.get("sex"),
        area=one.given.get("area"),
        genres=frozenset(one.given.get("genres") or ()),
    )
