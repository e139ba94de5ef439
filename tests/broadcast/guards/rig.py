"""Guards at work: broadcasts that two handlers approved, and what the start says to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tayori.broadcast import control, desk, freeze
from tayori.broadcast.freeze import Held
from tayori.broadcast.guards.judging import Ruling, first_objection
from tayori.broadcast.guards.quota import AskRoom
from tayori.broadcast.guards.situation import Situation
from tayori.domain.identifiers import BroadcastId
from tayori.domain.sending_policy import SendingPolicy, sending_policy
from tayori.domain.states import BroadcastState
from tayori.domain.ward import ward
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import reading
from tests.broadcast.builders import EVERYONE, GENRE_NAME, ME, Staff

WOMEN, MEN = {"sex": "女性"}, {"sex": "男性"}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """A broadcast as a test wants it; the text is its own unless a test says the same again."""

    genre: str = GENRE_NAME
    segment: object = None
    text: str = ""
    begins: timedelta = -HOUR
    lasts: timedelta = 48 * HOUR
    content_at: datetime | None = None
    reason: str | None = None


def code_of(genre: str) -> int:
    """Give the code of a genre."""
    code = ward().genre_code(genre)
    assert code is not None
    return code


def written(office: Office, plan: Plan) -> desk.Writing:
    """Give what a writer hands in."""
    text = plan.text or f"お知らせ {office.rng.getrandbits(64):x}"
    begins = office.now() + plan.begins
    return desk.written(
        plan.genre,
        plan.segment or EVERYONE,
        [{"type": "text", "text": text}],
        begins,
        begins + plan.lasts,
        content_at=plan.content_at,
    )


def approved(office: Office, who: Staff, plan: Plan | None = None) -> BroadcastId:
    """Give a broadcast that two handlers signed."""
    plan = plan or Plan()
    broadcast_id = desk.draft(office, who.writer, written(office, plan))
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id), small_reason=plan.reason)
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id


def start(office: Office, broadcast_id: BroadcastId, room: AskRoom | None = None) -> BroadcastState:
    """Start a broadcast."""
    return freeze.start(office, broadcast_id, ME, room=room)


def started(office: Office, who: Staff, plan: Plan | None = None) -> BroadcastId:
    """Give a broadcast that is going out."""
    broadcast_id = approved(office, who, plan)
    assert start(office, broadcast_id) is BroadcastState.SENDING
    return broadcast_id


def assert_held(
    office: Office, broadcast_id: BroadcastId, guard: str, sentence: str, room: AskRoom | None = None
) -> None:
    """The start is refused; the broadcast is held under the guard's name, with its sentence."""
    with pytest.raises(Held, match=sentence):
        start(office, broadcast_id, room)
    standing = control.status(office, broadcast_id)
    assert (standing.state, standing.held_by) == (BroadcastState.HELD, guard)
    assert standing.reason
    assert standing.started_at is None


def assert_starts(office: Office, broadcast_id: BroadcastId, room: AskRoom | None = None) -> None:
    """The start goes through, and no guard's name stands beside it."""
    assert start(office, broadcast_id, room) is BroadcastState.SENDING
    assert control.status(office, broadcast_id).held_by is None


def judged(office: Office, broadcast_id: BroadcastId, policy: SendingPolicy | None = None) -> Ruling | None:
    """Ask the guards under another policy, without a start."""
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        return first_objection(
            Situation(connection, row, office.now(), policy=policy or sending_policy(), folder=office.media_folder)
        )


def states(office: Office, ids: Sequence[BroadcastId]) -> list[BroadcastState]:
    """Give where broadcasts stand."""
    return [control.status(office, one).state for one in ids]
