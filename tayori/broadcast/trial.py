"""試し送り: named staff see a broadcast on their own phones before anybody else; it never counts as the broadcast.

Marked as a test at the ward level, under a retry key and a unit of its own, to followers who linked themselves.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tayori.broadcast.courier import ENDPOINT
from tayori.domain.batches import retry_key
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId, Contract, HandlerId, PersonNo
from tayori.domain.messages import MOST_MESSAGES, content_hash, message_bytes
from tayori.errors import NotFound, Refused
from tayori.line.answers import Verdict
from tayori.line.client import LineClient, content_of
from tayori.office import Office
from tayori.vault import audit, identity, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import batches, broadcasts, closing, staff_links
from tayori.warehouse.batches import Call
from tayori.warehouse.engines import reading, writing

MAY_TEST: Final = ("approver", "responsible", "writer")
MOST_STAFF: Final = 20
TRIES: Final = 3
MARK: Final = "【テスト】配信前の確認です。この後の内容は、まだ誰にも配信していません。"

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test send: to how many of the staff, in how many calls, and LINE's last verdict."""

    staff: int
    calls: int
    verdict: Verdict


def send(
    office: Office,
    who: Credential,
    broadcast_id: BroadcastId,
    staff: Sequence[HandlerId],
    line: LineClient,
    *,
    sleep: Sleep = time.sleep,
) -> Tested:
    """Send a broadcast to named staff only, marked as a test, under a retry key and a unit of its own.

    Raises:
        NotFound: no such broadcast, or one of the staff has not linked their account.
        Refused: the handler may not test, too many are named, or one of them no longer serves.

    """
    if not 1 <= len(set(staff)) <= MOST_STAFF:
        raise Refused(f"A test goes to 1 to {MOST_STAFF} named members of staff.")
    with reading(office.warehouse) as connection:
        closing.require_open(connection, Contract.LINE)
        row = broadcasts.find(connection, broadcast_id)
    calls = [_call(office, who, broadcast_id, sorted(set(staff)), part) for part in marked(row.messages)]
    verdicts = [_deliver(office, who, broadcast_id, line, call, sleep) for call in calls]
    return Tested(len(set(staff)), len(calls), verdicts[-1])


@dataclass(frozen=True, slots=True)
class _TestCall:
    """One multicast of a test: its key, what it says, to which numbers."""

    key: str
    unit: str
    messages: bytes
    numbers: tuple[PersonNo, ...]


def marked(messages: bytes) -> list[bytes]:
    """The messages with the mark before them; where there is no room for it, the mark goes before in its own call."""
    said: list[dict[str, object]] = json.loads(messages)
    mark: dict[str, object] = {"type": "text", "text": MARK}
    parts = [[mark, *said]] if len(said) < MOST_MESSAGES else [[mark], said]
    return [message_bytes(tuple(part)) for part in parts]


def _call(
    office: Office, who: Credential, broadcast_id: BroadcastId, staff: Sequence[HandlerId], messages: bytes
) -> _TestCall:
    """Store a test with its key before any call, and give what to send."""
    key = retry_key(office.rng)
    with writing(office.warehouse) as connection:
        roster.require_any(connection, who.handler_id, MAY_TEST, office.today())
        for handler_id in staff:
            roster.require_serving(connection, handler_id, office.today())
        numbers = staff_links.numbers_of(connection, staff)
        missing = [one for one in staff if one not in numbers]
        if missing:
            raise NotFound(f"Not linked: {', '.join(missing)}. They run `tayori handler link`, then enter the code.")
        staff_links.begin_test(
            connection,
            key,
            broadcast_id=broadcast_id,
            content_hash=content_hash(messages),
            sent_by=who.handler_id,
            staff=len(numbers),
            sent_at=office.now(),
        )
    return _TestCall(key, f"t{office.rng.getrandbits(80):020x}", messages, tuple(numbers.values()))


def _deliver(
    office: Office, who: Credential, broadcast_id: BroadcastId, line: LineClient, call: _TestCall, sleep: Sleep
) -> Verdict:
    ids, content, made = _opened(office, who, broadcast_id, call), content_of(call.messages, call.unit), []
    for attempt in range(TRIES):
        if attempt:
            sleep(float(attempt))  # the key and the body stay the same
        at, answer = office.now(), line.multicast(ids, content, call.key)
        made.append(Call(at, ENDPOINT, answer.status, answer.request_id))
        if answer.verdict not in {Verdict.UNCERTAIN, Verdict.TOO_FAST}:
            break
    with writing(office.warehouse) as connection:
        batches.add_calls(connection, made)
        staff_links.end_test(connection, call.key, answer.verdict.name.lower())
        evidence, what = Evidence(who.handler_id, Purpose.TRIAL), f"test of broadcast {broadcast_id}"
        audit.record(connection, evidence, Action.SEND, what, count=len(ids), now=office.now())
    return answer.verdict


def _opened(office: Office, who: Credential, broadcast_id: BroadcastId, call: _TestCall) -> list[str]:
    evidence, what = Evidence(who.handler_id, Purpose.TRIAL), f"LINE ids of staff, test of broadcast {broadcast_id}"
    count = len(call.numbers)
    with writing(office.warehouse) as connection:
        recorded = audit.record(connection, evidence, Action.OPEN, what, count=count, now=office.now())
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        found = identity.open_line_ids(warehouse, vault, office.person_keys, call.numbers, recorded)
    if len(found) != count:
        raise NotFound("A member of staff has just left the account; nothing was sent. Name the others.")
    return [str(found[number]) for number in call.numbers]
