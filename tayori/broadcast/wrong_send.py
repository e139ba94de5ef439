"""誤配信: stop it, write down what went out, and propose a correction. LINE cannot recall a message.

The proposed correction goes to the stored condition on today's settings, which is not the set of people who got the
wrong message; its note says so. Like every proposal it goes nowhere until a writer takes it over and two people sign.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import control, proposing
from tayori.broadcast.desk import LONGEST_REASON, Writing
from tayori.broadcast.proposing import OPEN_FOR, Proposed
from tayori.broadcast.signatures import APPROVE, SUBMIT
from tayori.domain.identifiers import BroadcastId
from tayori.domain.messages import message_bytes
from tayori.domain.states import BatchState, BroadcastState
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.office import TOKYO, Office
from tayori.vault.roster import Credential
from tayori.warehouse import batches, broadcasts, incidents
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import writing
from tayori.warehouse.incidents import WrongSendRow

WRITTEN_ONLY: Final = frozenset({BroadcastState.DRAFT, BroadcastState.SUBMITTED})
CORRECTION: Final = (
    "【訂正とお詫び】\n{day}にお送りした「{genre}」のお知らせは、誤って配信したものです。ご迷惑をおかけしました。"
)
NOTE: Final = (
    "誤配信 {incident} の訂正案です。保存された条件を、今日の受信設定で改めて数えた人に届きます。"
    "誤配信が届いた人と同じ集まりではありません（その後に登録・変更・解除した人がいるため）。"
)


@dataclass(frozen=True, slots=True)
class WrongSend:
    """The record for the incident file: counts, moments, ids of ours and handlers; no resident.

    `people` and `batches` are by state at `counted_at`; batches under way are settled within moments after a stop, so
    a later report of the same broadcast may count more of them as accepted.
    """

    incident_id: str
    broadcast_id: BroadcastId
    genre: str
    content_sha256: str
    reason: str
    state_before: str
    state_now: str
    people: dict[str, int]
    batches: dict[str, int]
    first_sent_at: str | None
    last_settled_at: str | None
    drafted_by: str
    submitted_by: str | None
    approved_by: str | None
    reported_by: str
    counted_at: str
    correction_id: BroadcastId | None


def report(office: Office, who: Credential, broadcast_id: BroadcastId, reason: str) -> WrongSend:
    """Stop a broadcast that should not have gone out, record what did, and propose a correction once.

    Raises:
        BadInput: no reason, or one that is too long.
        Refused: it was never approved, so nothing went out; or the handler may not stop broadcasts.

    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise BadInput(f"Say why it was wrong, in at most {LONGEST_REASON} letters, and name no resident.")
    with writing(office.warehouse) as connection:
        before = broadcasts.find(connection, broadcast_id, lock=True)
        if before.state in WRITTEN_ONLY:
            raise Refused(f"The broadcast is {before.state}; nothing of it went out. Cancel it instead.")
        row = control.stop(connection, office, who, broadcast_id, "wrong send reported")
        incident_id = f"w-{office.rng.getrandbits(64):016x}"
        correction = _correction(connection, office, row, incident_id)
        found = _record(connection, office, row, who, (incident_id, reason, before.state, correction))
        kept = json.dumps(asdict(found), ensure_ascii=False, indent=2)
        incidents.add(connection, WrongSendRow(incident_id, broadcast_id, kept, correction, office.now()))
    return found


def _record(
    connection: Connection,
    office: Office,
    row: BroadcastRow,
    who: Credential,
    told: tuple[str, str, BroadcastState, BroadcastId | None],
) -> WrongSend:
    incident_id, reason, before, correction = told
    tallies = batches.tallies(connection, row.broadcast_id)
    signed = broadcasts.signatures(connection, row.broadcast_id)
    first, last = incidents.send_times(connection, row.broadcast_id)
    return WrongSend(
        incident_id=incident_id,
        broadcast_id=row.broadcast_id,
        genre=ward().genres.get(row.genre, str(row.genre)),
        content_sha256=row.content_hash,
        reason=reason,
        state_before=before,
        state_now=row.state,
        people={state.value: tallies[state].people if state in tallies else 0 for state in BatchState},
        batches={state.value: tallies[state].batches if state in tallies else 0 for state in BatchState},
        first_sent_at=_moment(first),
        last_settled_at=_moment(last),
        drafted_by=row.drafted_by,
        submitted_by=signed[SUBMIT].handler_id if SUBMIT in signed else None,
        approved_by=signed[APPROVE].handler_id if APPROVE in signed else None,
        reported_by=who.handler_id,
        counted_at=office.now().astimezone(TOKYO).isoformat(timespec="seconds"),
        correction_id=correction,
    )


def _correction(connection: Connection, office: Office, row: BroadcastRow, incident_id: str) -> BroadcastId | None:
    """Give the correction that was proposed before, or propose one; none where nobody can have got anything."""
    earlier = [one.correction_id for one in incidents.of_broadcast(connection, row.broadcast_id) if one.correction_id]
    if earlier or row.started_at is None:
        return earlier[-1] if earlier else None
    began, now = row.started_at.astimezone(TOKYO), office.now()
    genre = ward().genres.get(row.genre, str(row.genre))
    said = CORRECTION.format(day=f"{began.month}月{began.day}日{began:%H時%M分}", genre=genre)
    messages = message_bytes(({"type": "text", "text": said},))
    new = Writing(row.genre, row.segment, messages, now, now + OPEN_FOR)
    return proposing.propose(
        connection, office, f"incident:{incident_id}", Proposed(new, NOTE.format(incident=incident_id))
    )


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat(timespec="seconds") if moment else None
