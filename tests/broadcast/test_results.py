"""Results: people by genre and month, blocks beside send times, LINE's figures; nothing small and nobody's history."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from cli.app import run as command
from flows.results import results as results_flow
from sandbox.line.clock import JumpingClock
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, make_app, platform_in_thread
from tayori.broadcast import results
from tayori.domain.identifiers import BroadcastId
from tayori.domain.results import SMALLEST_SHOWN, Sent, month_results
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Unavailable
from tayori.line.endpoints import foreign_endpoints
from tayori.line.insight import InsightClient
from tayori.office import Office
from tayori.reports.broadcast_results import results_page
from tayori.warehouse import broadcasts, daily, runs
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import batch
from tests.broadcast.builders import an_approved, residents, staff
from tests.broadcast.rig import send
from tests.support.builders import START, TestClock
from tests.support.prefect_server import PrefectServer, settle

NOVEMBER, DAY = date(2026, 11, 1), date(2026, 11, 2)
A, R, U, D = BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN, BatchState.UNDECIDED


def a_sent(genre: str = "子育て", day: int = 2, number: int = 1, **people: int) -> Sent:
    counted = {BatchState(state): count for state, count in people.items()}
    return Sent(BroadcastId(f"b-{number}"), genre, date(2026, 11, day), "10:00", counted or {A: 100})


@pytest.fixture
def platform_then() -> Iterator[RunningPlatform]:
    """Give a platform whose clock stands where the office's does, and moves only when told to."""
    app = make_app(Account(rate_factor=100.0), JumpingClock(lambda: START, frozen=True))
    with platform_in_thread(app) as running:
        running.control.friends(1_000)
        yield running
        assert foreign_endpoints(running.control.asked()) == []


def a_line(platform: RunningPlatform) -> InsightClient:
    return InsightClient(platform.base_url, platform.account.access_token)


def test_people_are_summed_by_genre_and_outcome() -> None:
    """Pushes, their share, people by what became of their batch; most pushes first."""
    sends = [a_sent(), a_sent(accepted=500, refused=20, unknown=30, undecided=10), a_sent("防災・防犯", 9)]
    found = month_results(NOVEMBER, sends, {}, date(2026, 12, 5))
    assert [(row.genre, row.pushes, round(row.share, 2)) for row in found.genres] == [
        ("子育て", 2, 0.67),
        ("防災・防犯", 1, 0.33),
    ]
    assert found.genres[0].people == {A: 600, R: 20, U: 30, D: 10}
    assert (found.people(A), len(found.days)) == (700, 30)


def test_a_small_broadcast_is_counted_and_its_people_are_in_no_sum() -> None:
    """Fewer than ten people: one push more, and no difference of two figures gives their number away."""
    large = [a_sent(), a_sent("防災・防犯")]
    small = a_sent(number=9, accepted=SMALLEST_SHOWN - 1)
    without = month_results(NOVEMBER, large, {}, date(2026, 12, 5))
    found = month_results(NOVEMBER, [*large, small], {}, date(2026, 12, 5))
    assert (found.pushes, found.small) == (3, 1)
    assert found.people(A) == without.people(A)
    assert {row.genre: row.people for row in found.genres} == {row.genre: row.people for row in without.genres}
    assert small.count(A) is None
    assert a_sent(accepted=SMALLEST_SHOWN).count(A) == SMALLEST_SHOWN
    page = results_page(found, date(2026, 12, 5))
    assert page.count("10人未満") == 4
    assert "<td>9</td>" not in page


def test_blocks_stand_beside_the_days_of_a_genre() -> None:
    """The day of a push and the one after are averaged, against the whole month; days to come count for nothing."""
    blocks = {date(2026, 11, 2): 4, date(2026, 11, 3): 2, date(2026, 11, 20): 9}
    found = month_results(NOVEMBER, [a_sent()], blocks, date(2026, 11, 15))
    assert found.genres[0].blocks_a_day == 3.0
    assert found.blocks_a_day == 6 / 15
    assert [(one.pushes, one.blocks) for one in found.days[:3]] == [(0, 0), (1, 4), (0, 2)]
    assert month_results(NOVEMBER, [a_sent(day=15)], blocks, date(2026, 11, 14)).genres[0].blocks_a_day is None


def test_a_month_is_tokyos_and_reads_what_the_ledger_says(office: Office, platform: RunningPlatform) -> None:
    """A real broadcast in the table, by its Tokyo day; another month is empty."""
    residents(office, 1_200)
    broadcast_id = an_approved(office)
    send(office, platform, broadcast_id)
    found = results.of_month(office, DAY)
    assert [(sent.broadcast_id, sent.day, sent.time, sent.people) for sent in found.sends] == [
        (broadcast_id, DAY, "10:00", {A: 1_200})
    ]
    assert results.of_month(office, date(2026, 10, 1)).sends == ()
    last = datetime(2026, 11, 30, 15, 30, tzinfo=START.tzinfo)  # half past midnight of 1 December in Tokyo
    with writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, started_at=last)
    assert results.of_month(office, DAY).pushes == 0
    assert results.of_month(office, date(2026, 12, 31)).sends[0].day == date(2026, 12, 1)


def test_lines_figures_are_asked_until_they_are_final(
    office: Office, clock: TestClock, platform_then: RunningPlatform
) -> None:
    """Opened and clicked by unit grow for 14 days; afterwards nobody asks again; below 20 LINE tells nothing."""
    residents(office, 1_000)
    who = staff(office)
    send(office, platform_then, an_approved(office, who))
    line, seen = a_line(platform_then), []
    for days in (0, 6, 10, 1):
        clock.forward(days=days)
        platform_then.control.ask("clock", advance=days * 86_400)
        asked = results.ask_line(office, line)
        seen.append((asked.broadcasts, results.of_month(office, DAY).sends[0].opened))
    assert seen == [(1, 350), (1, 610), (1, 640), (0, 640)]


def test_fewer_than_twenty_are_told_by_nobody(office: Office, platform_then: RunningPlatform) -> None:
    """LINE gives null, and null is what is kept and shown."""
    residents(office, 30)
    send(office, platform_then, an_approved(office))
    assert results.ask_line(office, a_line(platform_then)).told == 0
    assert results.of_month(office, DAY).sends[0].opened is None


def test_the_account_by_lines_count_is_kept_by_day(
    office: Office, clock: TestClock, platform_then: RunningPlatform
) -> None:
    """Each of the last days once it is told; a day that LINE has not counted is asked again."""
    residents(office, 1_000)
    send(office, platform_then, an_approved(office))
    line = a_line(platform_then)
    assert results.ask_line(office, line).days == 3
    clock.forward(days=1)
    platform_then.control.ask("clock", advance=86_400)
    assert results.ask_line(office, line).days == 1
    with reading(office.warehouse) as connection:
        found = daily.accounts_between(connection, DAY, DAY)[DAY]
    assert (found.followers, found.reached, found.blocks, found.delivered) == (1_000, 1_000, 0, 1_000)


def test_what_line_told_before_it_fell_silent_is_kept(office: Office, platform_then: RunningPlatform) -> None:
    """LINE allows 60 questions an hour; what it answered until then stands, the rest is asked next time."""
    residents(office, 1_000)
    send(office, platform_then, an_approved(office))
    platform_then.control.ask("faults", rules=[{"endpoint": "insight", "kind": "error"}])
    with pytest.raises(Unavailable, match="answered 500"):
        results.ask_line(office, a_line(platform_then))
    assert results.of_month(office, DAY).sends[0].opened == 350


def test_more_questions_than_line_answers_end_the_round(office: Office, platform_then: RunningPlatform) -> None:
    """Past 60 an hour LINE says 429: the round ends well, and what is left is asked next time."""
    residents(office, 30)
    send(office, platform_then, an_approved(office))
    platform_then.control.ask("faults", rules=[{"endpoint": "insight.unit", "kind": "rate_limit"}])
    assert results.ask_line(office, a_line(platform_then)).broadcasts == 0
    platform_then.control.ask("faults", rules=[])
    assert results.ask_line(office, a_line(platform_then)).broadcasts == 1


def test_a_page_tells_what_it_knows_and_says_what_it_does_not() -> None:
    """One file that fetches nothing, in Japanese; an empty month is a page too."""
    for sends in ([], [a_sent()]):
        page = results_page(month_results(NOVEMBER, sends, {DAY: 3}, date(2026, 11, 30)), date(2026, 12, 1))
        assert "http" not in page.replace("http://www.w3.org/", "")
        assert "誰に届いたか" in page
        assert "<script" not in page


@pytest.fixture
def ward(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Give an office that the worker's environment names, with a broadcast of this month."""
    residents(sqlite_office, 20)
    monkeypatch.setenv("TAYORI_HOME", str(sqlite_office.settings.home))
    broadcast_id = an_approved(sqlite_office)
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, started_at=START, state=BroadcastState.SENT)
        row = {"ordinal": 0, "retry_key": "k", "size": 20, "state": A, "attempts": 1}
        connection.execute(batch.insert().values(broadcast_id=broadcast_id, **row))
    return sqlite_office


def test_the_command_shows_a_month(ward: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a table, as JSON and as a page; a month that is none is refused."""
    assert command(["broadcast", "results", "--month", "2026-11"]) == 0
    assert "防災・防犯" in capsys.readouterr().out
    assert command(["broadcast", "results", "--month", "2026-11", "--out", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["month"], told["pushes"], told["sends"][0]["people"]["accepted"]) == ("2026-11", 1, 20)
    assert (tmp_path / "out" / "2026-11.html").exists()
    assert command(["broadcast", "results", "--month", "2026-13"]) == 2
    assert ward


@pytest.mark.prefect
def test_the_flow_writes_tables_and_a_page(ward: Office, prefect_here: PrefectServer) -> None:
    """Two tables of counts, the page in HOME/results; without a LINE it says so."""
    assert "LINE の設定なし" in str(results_flow(return_state=True).message)
    settle()
    keys = {one["key"] for one in prefect_here.found("artifacts")}
    assert {"results-genres", "results-days"} <= keys
    assert list((ward.settings.home / "results").glob("*.html"))
    with reading(ward.warehouse) as connection:
        assert runs.latest(connection, "results") is not None
