"""What LINE refuses: recipients are taken out, the others get it once; content stops all, and burns nobody."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, desk, freeze, lists
from tayori.broadcast.brake import QUOTA
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.vault.lists import key_number, make_key
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading
from tests.broadcast.builders import ME, QUICK, Someone, Staff, an_approved, residents, some_writing, staff
from tests.broadcast.rig import assert_once_each, outcome, send
from tests.support.builders import TestClock

PEOPLE = 1_300
Thirty = tuple[list[Someone], Staff]
FIVE = frozenset({0, 7, 499, 500, 1_299})


@pytest.fixture
def thirty(sqlite_office: Office) -> Thirty:
    """Give thirty residents and two handlers."""
    return residents(sqlite_office, 30), staff(sqlite_office)


def refuse(platform: RunningPlatform, people: list[Someone], *places: int) -> None:
    platform.control.ask("refuse", ids=[people[at].line_user_id for at in places])


def assert_all_but(office: Office, platform: RunningPlatform, broadcast_id: BroadcastId, refused: int) -> None:
    """Everybody but the refused got it once; the ledger counts the refused, and no request was altered."""
    counts = outcome(platform, PEOPLE)
    assert (counts["missed"], counts["reached"], counts["doubled"]) == (refused, PEOPLE - refused, 0)
    standing = control.status(office, broadcast_id)
    assert standing.people(BatchState.ACCEPTED) == PEOPLE - refused
    assert standing.people(BatchState.REFUSED) == refused
    assert standing.frozen == PEOPLE
    assert platform.control.stats()["retry_keys"]["altered"] == 0


def test_a_refused_recipient_costs_nobody_else_the_message(office: Office, platform: RunningPlatform) -> None:
    """A 400 that names to[i] takes exactly those out, under new keys; the rest of their batches gets it once."""
    people = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    refuse(platform, people, *FIVE)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_all_but(office, platform, broadcast_id, len(FIVE))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(refused=st.sets(st.integers(0, 29), max_size=30), named=st.booleans())
def test_whoever_is_refused_the_others_get_it_once(
    sqlite_office: Office,
    platform: RunningPlatform,
    clock: TestClock,
    thirty: Thirty,
    *,
    refused: set[int],
    named: bool,
) -> None:
    """Named or not, one or all: by halves or by name, everybody is either refused or reached, never both or neither."""
    people, who = thirty
    clock.forward(days=31)  # the same text again is held for a month
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=None)
    platform.control.friends(30)
    broadcast_id = an_approved(sqlite_office, who)
    platform.control.ask("refuse", ids=[people[at].line_user_id for at in refused], named=named)
    assert send(sqlite_office, platform, broadcast_id).ended is BroadcastState.SENT
    counts = outcome(platform, 30)
    assert (counts["missed"], counts["reached"], counts["doubled"]) == (len(refused), 30 - len(refused), 0)
    standing = control.status(sqlite_office, broadcast_id)
    assert (standing.people(BatchState.REFUSED), standing.people(BatchState.ACCEPTED)) == (
        len(refused),
        30 - len(refused),
    )


def test_refusals_among_other_faults_miss_and_double_nobody(office: Office, platform: RunningPlatform) -> None:
    """Lost answers, 5xx and refused recipients together: an outcome that was in doubt is known before a split."""
    people = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    refuse(platform, people, *FIVE)
    rules: list[dict[str, object]] = [
        {"kind": "reset", "accepted": True, "share": 0.3, "times": 4},
        {"kind": "error", "share": 0.3, "times": 4},
    ]
    platform.control.ask("faults", rules=[{"endpoint": "multicast", **rule} for rule in rules])
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_all_but(office, platform, broadcast_id, len(FIVE))


def test_content_that_line_refuses_holds_the_broadcast_and_burns_nobody(
    office: Office, platform: RunningPlatform
) -> None:
    """A 400 about the messages would come for every batch: nothing more is asked, and everybody is still planned."""
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    rule = {"endpoint": "multicast", "kind": "error", "status": 400, "times": None}
    platform.control.ask("faults", rules=[rule])
    assert send(office, platform, broadcast_id).ended is BroadcastState.HELD
    standing = control.status(office, broadcast_id)
    assert "LINE refuses the request (400" in (standing.reason or "")
    assert standing.people(BatchState.PLANNED) == PEOPLE
    platform.control.ask("faults", rules=[])
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_content_refused_after_a_doubt_leaves_nobody_in_doubt(office: Office, platform: RunningPlatform) -> None:
    """A 400 about the messages says that no earlier try under that key went out: nobody waits, nobody is unsure."""
    residents(office, 20)
    broadcast_id = an_approved(office)
    rules: list[dict[str, object]] = [{"kind": "error", "times": 2}, {"kind": "error", "status": 400, "times": None}]
    platform.control.ask("faults", rules=[{"endpoint": "multicast", **rule} for rule in rules])
    assert send(office, platform, broadcast_id).ended is BroadcastState.HELD
    assert control.status(office, broadcast_id).people(BatchState.PLANNED) == 20


def test_a_part_that_went_out_is_never_frozen_anew(office: Office, platform: RunningPlatform) -> None:
    """Held halfway and approved again, the broadcast goes on with the frozen rest; its text cannot change any more."""
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    rule = {"endpoint": "multicast", "kind": "error", "status": 400, "times": 1, "skip": 1}
    platform.control.ask("faults", rules=[rule])
    assert send(office, platform, broadcast_id).ended is BroadcastState.HELD
    assert control.status(office, broadcast_id).people(BatchState.ACCEPTED)
    with pytest.raises(Refused, match="Part of the broadcast went out"):
        desk.alter(office, who.writer, broadcast_id, some_writing(office))
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_a_quota_that_only_seemed_spent_does_not_stop_the_broadcast(office: Office, platform: RunningPlatform) -> None:
    """LINE may say "monthly limit" while the month still holds enough: the quota is read again and the run goes on."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    rule = {"endpoint": "multicast", "kind": "monthly_limit", "times": 2}
    platform.control.ask("faults", rules=[rule])
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_a_quota_that_is_spent_pauses_after_it_was_read(sqlite_office: Office, platform: RunningPlatform) -> None:
    """Where the month does not hold what is left, nothing is waited for: a person has to know."""
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=600)
    platform.control.friends(6_000)
    residents(sqlite_office, PEOPLE)
    broadcast_id = an_approved(sqlite_office)
    assert send(sqlite_office, platform, broadcast_id).ended is BroadcastState.PAUSED
    assert control.status(sqlite_office, broadcast_id).reason == QUOTA.reason
    assert platform.control.stats()["endpoints"]["quota"]["answers"]["200"]


def test_the_key_of_the_lists_ends_with_them(office: Office, platform: RunningPlatform) -> None:
    """While a broadcast runs its lists are sealed under a key of its own; at its end neither lists nor key are left."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    assert _list_keys(office) == [key_number(broadcast_id)]
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=QUICK) as run:
        assert run.advance(10_000).ended is BroadcastState.SENT
    assert _list_keys(office) == []


def test_a_key_that_a_crash_left_goes_at_night(sqlite_office: Office) -> None:
    """The nightly sweep destroys keys of ended broadcasts, and never one that is still needed."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    left = an_approved(sqlite_office, who)
    freeze.start(sqlite_office, left, ME)
    freeze.freeze(sqlite_office, left, ME)
    control.cancel(sqlite_office, who.approver, left, "試験")
    make_key(sqlite_office.vault, sqlite_office.list_keys, left)  # as if the crash came between
    needed = an_approved(sqlite_office, who)
    freeze.start(sqlite_office, needed, ME)
    freeze.freeze(sqlite_office, needed, ME)
    assert lists.sweep(sqlite_office) == 1
    assert _list_keys(sqlite_office) == [key_number(needed)]


def _list_keys(office: Office) -> list[int]:
    with reading(office.vault) as vault:
        return wrapped_keys.numbers(vault, office.list_keys.space)
