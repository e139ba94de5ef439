"""Guard `validation`: LINE's own check at submission, so that nobody approves what LINE will refuse."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, desk
from tayori.broadcast.guards.asking import asking_faults
from tayori.broadcast.guards.validation import AskFaults
from tayori.domain.states import BroadcastState
from tayori.errors import Refused, Unavailable
from tayori.office import Office
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import Plan, written

NO_TOKEN = "none"
BAD = b'[{"type":"text","text":"x"},{"type":"text","text":""}]'


def asking(office: Office, base: str, token: str = NO_TOKEN) -> AskFaults | None:
    changes = {"line_api_base": base, "line_access_token": SecretStr(token)}
    return asking_faults(office.settings.model_copy(update=changes))


def test_it_holds_messages_that_line_would_refuse(sqlite_office: Office, platform: RunningPlatform) -> None:
    """What our own rules let pass and LINE does not stays a draft; the place is named, not the text."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, replace(written(sqlite_office, Plan()), messages=BAD))
    faults = asking(sqlite_office, platform.base_url, platform.account.access_token)
    with pytest.raises(Refused, match=r"messages\[1\].text"):
        desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id), faults=faults)
    assert control.status(sqlite_office, broadcast_id).state is BroadcastState.DRAFT


def test_it_lets_through_what_line_would_take(sqlite_office: Office, platform: RunningPlatform) -> None:
    """Nothing is sent by the check."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, written(sqlite_office, Plan()))
    faults = asking(sqlite_office, platform.base_url, platform.account.access_token)
    desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id), faults=faults)
    assert control.status(sqlite_office, broadcast_id).state is BroadcastState.SUBMITTED
    assert set(platform.control.stats()["endpoints"]) == {"validate.multicast"}


def test_without_an_answer_nothing_is_submitted(sqlite_office: Office) -> None:
    """LINE that does not answer: a draft stays a draft. A rehearsal without any LINE asks nobody."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, written(sqlite_office, Plan()))
    seen = desk.review(sqlite_office, broadcast_id)
    with pytest.raises(Unavailable, match="LINE did not answer"):
        desk.submit(sqlite_office, who.writer, broadcast_id, seen, faults=asking(sqlite_office, "http://127.0.0.1:9"))
    assert control.status(sqlite_office, broadcast_id).state is BroadcastState.DRAFT
    assert asking(sqlite_office, "") is None
