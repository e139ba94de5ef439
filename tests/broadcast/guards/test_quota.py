"""Guard `quota`: a broadcast that the month does not hold in full does not begin."""

import pytest
from pydantic import SecretStr

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, desk
from tayori.broadcast.guards import overrides
from tayori.broadcast.guards.asking import asking_room
from tayori.broadcast.guards.quota import AskRoom, room_at
from tayori.domain.states import BroadcastState
from tayori.errors import Refused, TayoriError, Unavailable
from tayori.line.client import LineClient
from tayori.office import Office
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import approved, assert_held, assert_starts, start
from tests.broadcast.rig import send

NOBODY_LISTENS = "http://127.0.0.1:9"


def asking(office: Office, base: str, token: str) -> AskRoom:
    """Give what asks the LINE of an address."""
    changes = {"line_api_base": base, "line_access_token": SecretStr(token)}
    return asking_room(office.settings.model_copy(update=changes))


def limited(office: Office, platform: RunningPlatform, monthly_limit: int | None) -> AskRoom:
    """Give what asks a platform whose month holds so many messages."""
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=monthly_limit)
    platform.control.friends(6_000)
    return asking(office, platform.base_url, platform.account.access_token)


def test_it_holds_what_the_month_does_not_hold(office: Office, platform: RunningPlatform) -> None:
    """99 left for 100: held before anybody gets it; nobody may override it, with a wider plan it is approved again."""
    residents(office, 100)
    who = staff(office)
    broadcast_id = approved(office, who)
    assert_held(office, broadcast_id, "quota", "holds 99 more messages", limited(office, platform, 99))
    with pytest.raises(Refused, match="Nobody may override quota"):
        overrides.override(office, who.approver, broadcast_id, "quota", "急ぎ")
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert_starts(office, broadcast_id, limited(office, platform, 100))


def test_it_holds_by_what_the_month_has_carried(office: Office, platform: RunningPlatform) -> None:
    """The limit less what was sent: the first broadcast fits, the second no longer does."""
    residents(office, 100)
    who = staff(office)
    room = limited(office, platform, 150)
    send(office, platform, approved(office, who))
    assert room().left == 50
    assert_held(office, approved(office, who), "quota", "holds 50 more messages", room)


def test_it_lets_through_what_fits(office: Office, platform: RunningPlatform) -> None:
    """Exactly as many as are left; and any number where the plan has no limit."""
    residents(office, 100)
    who = staff(office)
    assert_starts(office, approved(office, who), limited(office, platform, 100))
    line = LineClient(platform.base_url, platform.account.access_token)
    limited(office, platform, None)
    assert_starts(office, approved(office, who), lambda: room_at(line))


@pytest.mark.parametrize(("base", "error"), [(NOBODY_LISTENS, Unavailable), ("", Refused)])
def test_without_an_answer_it_is_refused_and_stays_approved(
    office: Office, base: str, error: type[TayoriError]
) -> None:
    """Fail closed: LINE that does not answer, or that is not set, starts nothing, and costs no approval."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office))
    with pytest.raises(error, match="LINE") as told:
        start(office, broadcast_id, asking(office, base, "token"))
    assert type(told.value) is error
    standing = control.status(office, broadcast_id)
    assert (standing.state, standing.held_by) == (BroadcastState.APPROVED, None)
    assert_starts(office, broadcast_id)
