"""The story of the ingest: what lies in the inbox is taken in, one run at a time, and no run leaves a gap."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from flows.ingest import IngestOrder, ingest
from sandbox.line.serve import running_platform
from tasks import ingest as steps
from tayori.errors import TayoriError
from tayori.office import Office, utc_now
from tayori.warehouse import leases, runs
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.runs import Outcome
from tests.door.builders import SECRET, running_door, settings_of
from tests.ingest.builders import an_event, deliver, followers, submit
from tests.support.builders import a_line_id
from tests.support.prefect_server import PrefectServer, settle
from web.door.webhook import WEBHOOK_PATH

KINDS = ("", "settings_", "wishes_")
MORE = ("answered", "unanswered", *(f"letters_{one}" for one in ("read", "recorded", "duplicate", "quarantined")))
NOTHING = dict.fromkeys((*(f"{kind}{name}" for kind in KINDS for name in steps.NUMBERS), *MORE), 0)


@pytest.fixture
def here(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office that the environment names, so that steps find it by themselves; its clock is the real one."""
    monkeypatch.setenv("TAYORI_HOME", str(office.settings.home))
    monkeypatch.setenv("TAYORI_DATABASE_URL", office.settings.database_url)
    monkeypatch.setenv("TAYORI_VAULT_URL", office.settings.vault_url)
    with closing(Office(office.settings, utc_now)) as opened:
        yield opened


def now_ms(later: int = 0) -> int:
    return int(datetime.now(UTC).timestamp() * 1000) - 60_000 + later


def test_a_run_takes_in_what_is_there_and_writes_down_its_counts(here: Office) -> None:
    """With 0 seconds the steps empty the inbox and end; the run's row holds numbers and no person."""
    deliver(here, an_event("follow", 1, timestamp=now_ms()), an_event("message", 1, timestamp=now_ms()))
    submit(here, 1, confirmed_at=(utc_now() - timedelta(minutes=1)).isoformat())
    run = steps.take_over.fn()
    assert run is not None
    counts = steps.take_in.fn(run, 0)
    steps.end.fn(run, counts)
    assert counts == NOTHING | {
        "received": 2,
        "applied": 1,
        "ignored": 1,
        "settings_received": 1,
        "settings_applied": 1,
    }
    with reading(here.warehouse) as connection:
        row = runs.find(connection, run)
        assert not leases.is_held(connection, steps.LEASE, utc_now())
    assert row is not None
    assert (row.outcome, row.counts) == (Outcome.DONE, counts)
    assert list(followers(here)) == [a_line_id(1)]


def test_who_follows_is_greeted_while_the_run_goes_on(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The greeting goes out on the token that LINE gave with the event; an old one is left, and nothing is pushed."""
    with running_platform(friends=2) as line:
        monkeypatch.setenv("TAYORI_LINE_API_BASE", line.base_url)
        monkeypatch.setenv("TAYORI_LINE_ACCESS_TOKEN", line.account.access_token)
        with running_door(settings_of(here)) as door:
            line.control.ask("reset", channel_secret=SECRET)
            line.control.ask("webhook", url=door.base + WEBHOOK_PATH)
            line.control.friends(2)
        deliver(here, an_event("follow", 8, timestamp=now_ms(-60_000), replyToken="0" * 32))
        run = steps.take_over.fn()
        assert run is not None
        counts = steps.take_in.fn(run, 0)
        steps.end.fn(run, counts)
        asked = line.control.stats()["endpoints"]
    assert (counts["answered"], counts["unanswered"]) == (2, 1)
    assert asked["reply"]["answers"] == {"200": 2}
    assert "push" not in asked


def test_the_next_run_takes_over_from_one_at_work(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose time is over goes on until the next one asks, which then begins; between them nothing is lost."""
    monkeypatch.setattr(steps, "POLL_SECONDS", 0.05)
    first = steps.take_over.fn()
    assert first is not None
    done: list[dict[str, int]] = []

    def work() -> None:
        counts = steps.take_in.fn(first, 0.01)
        steps.end.fn(first, counts)
        done.append(counts)

    worker = threading.Thread(target=work)
    worker.start()
    deliver(here, an_event("follow", 1, timestamp=now_ms()))
    second = steps.take_over.fn()
    worker.join(60)
    assert second is not None
    assert second != first
    deliver(here, an_event("follow", 2, timestamp=now_ms()))
    counts = steps.take_in.fn(second, 0)
    steps.end.fn(second, counts)
    assert done[0]["applied"] + counts["applied"] == len(followers(here)) == 2


def test_a_run_that_died_holds_nobody_up(here: Office) -> None:
    """A lease whose heart stopped is taken over."""
    with writing(here.warehouse) as connection:
        leases.take(connection, steps.LEASE, "dead", utc_now() - leases.STALE - timedelta(seconds=1))
    assert steps.take_over.fn() is not None


def test_two_successors_do_not_wait_for_one_place(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one run works and the next waits, a third ends at once."""
    monkeypatch.setattr(steps, "POLL_SECONDS", -1)  # to wait even once would be an error
    with writing(here.warehouse) as connection:
        leases.take(connection, steps.LEASE, "at work", utc_now())
        leases.take(connection, steps.NEXT, "waiting", utc_now())
    assert steps.take_over.fn() is None


def test_a_store_that_is_away_for_a_moment_is_waited_for(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key file ends a run only after a while of trying; put back in time, it costs nothing."""
    office = sqlite_office
    monkeypatch.setenv("TAYORI_HOME", str(office.settings.home))
    monkeypatch.setattr(steps, "POLL_SECONDS", 0.05)
    deliver(office, an_event("follow", 1, timestamp=now_ms()))
    run = steps.take_over.fn()
    assert run is not None
    kept = office.settings.key_path("key_file", "kek.json")
    away = kept.rename(kept.with_name("away.json"))
    threading.Timer(0.5, lambda: away.rename(kept)).start()
    assert steps.take_in.fn(run, 0)["applied"] == 1
    kept.unlink()
    monkeypatch.setattr(steps, "TROUBLE_SECONDS", 0.2)
    deliver(office, an_event("follow", 2, timestamp=now_ms()))
    with pytest.raises(TayoriError, match=r"kek\.json") as told:
        steps.take_in.fn(run, 0)
    assert told.value.__cause__ is None


def test_the_order_has_japanese_titles_and_takes_nothing_else() -> None:
    """Staff see one model with Japanese titles; an unknown field or an endless run is refused."""
    schema = IngestOrder.model_json_schema()
    assert schema["title"] == "取込みの実行"
    assert schema["properties"]["seconds"]["title"] == "続ける秒数"
    for wrong in ({"seconds": 90_000}, {"seconds": -1}, {"seconds": 0, "line_user_id": "x"}):
        with pytest.raises(ValueError, match=r"seconds|line_user_id"):
            IngestOrder.model_validate(wrong)


@pytest.mark.prefect
def test_under_prefect_no_person_reaches_the_server(
    prefect_here: PrefectServer, sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I3: runs that applied, refused and failed leave counts on the server and no LINE id."""
    office = sqlite_office
    monkeypatch.setenv("TAYORI_HOME", str(office.settings.home))
    broken = {"type": "user", "userId": "Ucccc-marked"}
    deliver(office, an_event("follow", 77, timestamp=now_ms()), an_event(source=broken, timestamp=now_ms()))
    submit(office, 77, birth_year="1980-05-marked")
    state = ingest(IngestOrder(seconds=0), return_state=True)
    assert state.is_completed()
    assert state.message == "反映 1 件"
    office.settings.key_path("key_file", "kek.json").unlink()
    monkeypatch.setattr(steps, "TROUBLE_SECONDS", 0)
    deliver(office, an_event("follow", 78, timestamp=now_ms()))
    assert ingest(IngestOrder(seconds=0), return_state=True).is_failed()
    settle()
    assert prefect_here.holds("取込みの結果".encode())
    for marked in (a_line_id(77), a_line_id(78), "marked"):
        assert not prefect_here.holds(marked.encode())
