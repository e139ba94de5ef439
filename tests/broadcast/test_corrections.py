"""A wrong send is stopped, and a correction reaches exactly those whom it had reached."""

import pytest

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, corrections, desk, freeze
from tayori.broadcast.corrections import Window
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tests.broadcast.builders import ME, QUICK, Someone, Staff, an_approved, leave, residents, staff
from tests.broadcast.rig import send
from tests.broadcast.test_sending import ONE_BY_ONE

PEOPLE = 2_300
SORRY = [{"type": "text", "text": "先ほどのお知らせは誤りです。お詫びして訂正します。"}]


def stopped_halfway(office: Office, platform: RunningPlatform, who: Staff) -> BroadcastId:
    """Send a few batches of a broadcast, then pause it."""
    broadcast_id = an_approved(office, who)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=ONE_BY_ONE) as run:
        run.advance(2)
        control.pause(office, who.writer, broadcast_id, "誤配信")
        assert run.advance(10_000).ended is BroadcastState.PAUSED
    return broadcast_id


def corrected(office: Office, who: Staff, wrong: BroadcastId, *, doubtful: bool = False) -> BroadcastId:
    window = Window(office.now(), office.now().replace(hour=23))
    drafted = corrections.correct(office, who.writer, wrong, SORRY, window, doubtful=doubtful)
    desk.submit(office, who.writer, drafted, desk.review(office, drafted))
    desk.approve(office, who.approver, drafted, desk.review(office, drafted))
    return drafted


def contents(platform: RunningPlatform, people: list[Someone]) -> list[int]:
    """How many copies of anything each of these people got."""
    return [len(platform.control.ask("received", id=one.line_user_id)["copies"]) for one in people]


def test_a_correction_goes_to_exactly_those_who_got_the_wrong_one(office: Office, platform: RunningPlatform) -> None:
    """Everybody whom the stopped broadcast reached gets the correction, and nobody else gets anything."""
    people = residents(office, PEOPLE)
    who = staff(office)
    wrong = stopped_halfway(office, platform, who)
    got = control.status(office, wrong).people(BatchState.ACCEPTED)
    assert 0 < got < PEOPLE
    correction = corrected(office, who, wrong)
    assert send(office, platform, correction).ended is BroadcastState.SENT
    assert control.status(office, correction).people(BatchState.ACCEPTED) == got
    sample = [*people[:3], *people[got - 3 : got], *people[got : got + 3], *people[-3:]]
    assert contents(platform, sample) == [2] * 6 + [0] * 6
    control.cancel(office, who.approver, wrong, "誤配信")


def test_who_left_meanwhile_gets_no_correction(sqlite_office: Office, platform: RunningPlatform) -> None:
    """A list is narrowed by who still wants the genre when its batch is next."""
    people = residents(sqlite_office, PEOPLE)
    who = staff(sqlite_office)
    wrong = stopped_halfway(sqlite_office, platform, who)
    correction = corrected(sqlite_office, who, wrong)
    leave(sqlite_office, people[0])
    assert send(sqlite_office, platform, correction).ended is BroadcastState.SENT
    assert contents(platform, people[:2]) == [1, 2]


def test_those_of_whom_nobody_knows_can_be_told_too(sqlite_office: Office, platform: RunningPlatform) -> None:
    """While the lists of unknown batches live, a correction may go to them as well, if that is asked for."""
    people = residents(sqlite_office, 40)
    who = staff(sqlite_office)
    wrong = an_approved(sqlite_office, who)
    rule = {"endpoint": "multicast", "kind": "error", "accepted": True, "times": None}
    platform.control.ask("faults", rules=[rule])
    assert send(sqlite_office, platform, wrong).ended is BroadcastState.NEEDS_DECISION
    platform.control.ask("faults", rules=[])
    with pytest.raises(Refused, match="Nobody is on a list"):
        corrected(sqlite_office, who, wrong)
    correction = corrected(sqlite_office, who, wrong, doubtful=True)
    assert send(sqlite_office, platform, correction).ended is BroadcastState.SENT
    assert contents(platform, people[:2]) == [2, 2]


def test_only_what_was_stopped_halfway_is_corrected(sqlite_office: Office, platform: RunningPlatform) -> None:
    """While it runs it has to be paused first; once it ended, its lists are gone and the sentence says what to do."""
    residents(sqlite_office, 40)
    who = staff(sqlite_office)
    wrong = an_approved(sqlite_office, who)
    freeze.start(sqlite_office, wrong, ME)
    with pytest.raises(Refused, match="pause it first"):
        corrected(sqlite_office, who, wrong)
    assert send(sqlite_office, platform, wrong, QUICK).ended is BroadcastState.SENT
    with pytest.raises(Refused, match="lists are destroyed; write a new broadcast"):
        corrected(sqlite_office, who, wrong)


def test_a_correction_waits_until_the_wrong_one_is_stopped_again(
    sqlite_office: Office, platform: RunningPlatform
) -> None:
    """Resumed meanwhile, the wrong one reaches more people: the correction is refused, and nobody gets it."""
    residents(sqlite_office, PEOPLE)
    who = staff(sqlite_office)
    wrong = stopped_halfway(sqlite_office, platform, who)
    correction = corrected(sqlite_office, who, wrong)
    control.resume(sqlite_office, who.writer, wrong)
    with pytest.raises(Refused, match="is sending again"):
        send(sqlite_office, platform, correction)
    assert control.status(sqlite_office, correction).people(BatchState.ACCEPTED) == 0
