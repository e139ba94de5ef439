"""誤配信: stopped, counted, recorded with who and when, and a correction proposed that says whom it does not reach."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.app import run as command
from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, desk, freeze, proposing, wrong_send
from tayori.broadcast.wrong_send import WrongSend
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.reports.wrong_send import write_wrong_send, wrong_send_page
from tayori.warehouse import broadcasts, incidents, origins
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import ME, QUICK, Staff, a_submitted, an_approved, handler, residents, staff
from tests.broadcast.rig import outcome, send

ONE_BY_ONE = replace(QUICK, block=1, ahead=1, threads=1)  # so that a stop comes before the end
WHY = "対象の条件を誤った"


def half_sent(office: Office, platform: RunningPlatform, who: Staff) -> BroadcastId:
    """Give a broadcast to 3,000 people that stands in the middle of its sending."""
    residents(office, 3_000)
    broadcast_id = an_approved(office, who)
    send(office, platform, broadcast_id, ONE_BY_ONE, most=1)
    return broadcast_id


def report(office: Office, who: Staff, broadcast_id: BroadcastId) -> WrongSend:
    return wrong_send.report(office, who.writer, broadcast_id, WHY)


def test_a_running_broadcast_stops_and_what_went_out_is_counted(office: Office, platform: RunningPlatform) -> None:
    """Paused; the counts are the ledger's; who wrote, signed and reported stands there, and no resident."""
    who = staff(office)
    broadcast_id = half_sent(office, platform, who)
    found = report(office, who, broadcast_id)
    assert control.status(office, broadcast_id).state is BroadcastState.PAUSED
    reached = outcome(platform, 3_000)["reached"]
    assert 0 < reached < 3_000
    assert (found.people["accepted"], found.people["planned"]) == (reached, 3_000 - reached)
    assert found.batches["accepted"] == reached // 500
    assert (found.state_before, found.state_now) == ("sending", "paused")
    assert (found.submitted_by, found.approved_by, found.reported_by) == ("suzuki", "tanaka", "suzuki")
    assert found.first_sent_at == found.last_settled_at == "2026-11-02T10:00:00+09:00"
    with reading(office.warehouse) as connection:
        assert found.content_sha256 == broadcasts.find(connection, broadcast_id).content_hash
        (kept,) = incidents.of_broadcast(connection, broadcast_id)
    assert json.loads(kept.record)["people"] == found.people
    with pytest.raises(Refused, match="paused"):
        freeze.start(office, broadcast_id, ME)


def test_the_correction_is_a_proposal_that_says_whom_it_does_not_reach(
    office: Office, platform: RunningPlatform
) -> None:
    """The stored condition on today's settings, a note that it is not the same set, and nobody's signature."""
    who = staff(office)
    broadcast_id = half_sent(office, platform, who)
    found = report(office, who, broadcast_id)
    assert found.correction_id is not None
    with reading(office.warehouse) as connection:
        wrong, correction = (broadcasts.find(connection, one) for one in (broadcast_id, found.correction_id))
        origin = origins.find(connection, found.correction_id)
        assert broadcasts.signatures(connection, found.correction_id) == {}
    assert (correction.genre, correction.segment) == (wrong.genre, wrong.segment)
    assert correction.drafted_by == f"incident:{found.incident_id}"
    assert origin is not None
    assert "同じ集まりではありません" in origin.note
    assert "【訂正とお詫び】" in correction.messages.decode()
    with pytest.raises(Refused, match="take-over"):
        desk.submit(office, who.writer, found.correction_id, desk.review(office, found.correction_id))
    proposing.take_over(office, who.writer, found.correction_id)
    assert desk.submit(office, who.writer, found.correction_id, desk.review(office, found.correction_id)) == 3_000


def test_a_second_report_is_a_record_of_its_own_and_no_second_correction(
    office: Office, platform: RunningPlatform
) -> None:
    """Counts may have moved; nothing of the first record changes, and residents are not corrected twice."""
    who = staff(office)
    broadcast_id = half_sent(office, platform, who)
    first = report(office, who, broadcast_id)
    second = wrong_send.report(office, who.approver, broadcast_id, "続報")
    assert second.incident_id != first.incident_id
    assert second.correction_id == first.correction_id
    with reading(office.warehouse) as connection:
        assert len(incidents.of_broadcast(connection, broadcast_id)) == 2
        assert [one.broadcast_id for one in origins.waiting(connection, "incident:")] == [first.correction_id]


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (BroadcastState.APPROVED, BroadcastState.HELD),
        (BroadcastState.SENDING, BroadcastState.PAUSED),
        (BroadcastState.PAUSED, BroadcastState.PAUSED),
        (BroadcastState.HELD, BroadcastState.HELD),
        (BroadcastState.SENT, BroadcastState.SENT),
        (BroadcastState.CANCELLED, BroadcastState.CANCELLED),
        (BroadcastState.NEEDS_DECISION, BroadcastState.NEEDS_DECISION),
    ],
)
def test_whatever_state_it_is_in_nothing_more_goes_out(
    sqlite_office: Office, state: BroadcastState, after: BroadcastState
) -> None:
    """Approved is held, running is paused, ended stays; before the first send there is nothing to correct."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, state=state)
    found = report(sqlite_office, who, broadcast_id)
    assert control.status(sqlite_office, broadcast_id).state is after
    assert found.correction_id is None


def test_what_never_went_out_is_no_wrong_send(sqlite_office: Office) -> None:
    """A draft or a submitted broadcast is cancelled instead; a reason is needed, and somebody who may stop it."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = a_submitted(sqlite_office, who)
    with pytest.raises(Refused, match="nothing of it went out"):
        report(sqlite_office, who, broadcast_id)
    desk.approve(sqlite_office, who.approver, broadcast_id, desk.review(sqlite_office, broadcast_id))
    for reason in ("", " ", "長" * 201):
        with pytest.raises(BadInput, match="Say why"):
            wrong_send.report(sqlite_office, who.writer, broadcast_id, reason)
    with pytest.raises(Refused):
        wrong_send.report(sqlite_office, handler(sqlite_office, "sakura", "desk"), broadcast_id, WHY)
    assert control.status(sqlite_office, broadcast_id).state is BroadcastState.APPROVED
    with reading(sqlite_office.warehouse) as connection:
        assert incidents.of_broadcast(connection, broadcast_id) == []


def test_the_incident_file_holds_json_and_a_page(sqlite_office: Office, tmp_path: Path) -> None:
    """Both say the same; what staff wrote as a reason cannot become markup."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    found = wrong_send.report(sqlite_office, who.writer, broadcast_id, "<script>誤り</script>")
    record = asdict(found)
    kept, page = write_wrong_send(record, tmp_path / "incidents")
    assert json.loads(kept.read_text("utf-8")) == record
    text = page.read_text("utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;誤り" in text
    assert found.incident_id in text
    assert wrong_send_page(record) == text


def test_the_command_records_it_and_shows_the_proposal(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`broadcast wrong-send`, `proposals`, `show` and `take-over`: the way from a mistake to its correction."""
    residents(sqlite_office, 20)
    who, home = staff(sqlite_office), sqlite_office.settings.home
    (home / "agent").write_text("suzuki correct horse battery\n", "utf-8")
    (home / "agent").chmod(0o600)
    monkeypatch.setenv("TAYORI_HOME", str(home))
    monkeypatch.setenv("TAYORI_PASSPHRASE_FILE", str(home / "agent"))
    broadcast_id = an_approved(sqlite_office, who)
    with writing(sqlite_office.warehouse) as connection:
        begun = {"state": BroadcastState.SENT, "started_at": sqlite_office.now() - timedelta(hours=1)}
        broadcasts.change(connection, broadcast_id, **begun)
    assert command(["broadcast", "wrong-send", broadcast_id, "--reason", WHY, "--as", "suzuki", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(one).exists() for one in told["files"]] == [True, True]
    assert command(["broadcast", "proposals", "--json"]) == 0
    (waiting,) = json.loads(capsys.readouterr().out)
    assert waiting["broadcast_id"] == told["correction_id"]
    assert command(["broadcast", "show", told["correction_id"]]) == 0
    assert "同じ集まりではありません" in capsys.readouterr().out
    assert command(["broadcast", "take-over", told["correction_id"], "--as", "suzuki"]) == 0
    assert command(["broadcast", "take-over", told["correction_id"], "--as", "suzuki"]) == 3
