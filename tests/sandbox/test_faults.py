"""What goes wrong on demand, over a real socket: lost answers are lost, accepted ones were accepted."""

import http.client
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import orjson
import pytest

from sandbox.line.client import ControlClient, ControlRefused
from sandbox.line.faults import Fault, FaultKind, FaultTable
from sandbox.line.http import LineApp
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, make_app, platform_in_thread
from tayori.errors import Unavailable
from tayori.line.client import LineClient
from tests.sandbox.builders import KEY, a_text

_WAIT, _LONG = 0.3, 60.0  # seconds: for an answer that must not come, and for one that must
_SILENT = {"hang", "slow"}


@pytest.fixture
def app() -> LineApp:
    made = make_app(Account())
    made.platform.befriend(10)
    return made


@pytest.fixture
def running(app: LineApp) -> Iterator[RunningPlatform]:
    with platform_in_thread(app) as platform:
        yield platform


def send(
    running: RunningPlatform, app: LineApp, start: int = 0, stop: int = 10, *, wait: float = _LONG
) -> tuple[int, str]:
    """One multicast by a real client that waits so long; (0, "") when no answer came."""
    connection = HTTPConnection(running.base_url.removeprefix("http://"), timeout=wait)
    try:
        connection.request("POST", "/v2/bot/message/multicast", *a_request(running, app, start, stop))
        answer = connection.getresponse()
        return answer.status, str(orjson.loads(answer.read()).get("message", ""))
    except (TimeoutError, ConnectionError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def a_request(running: RunningPlatform, app: LineApp, start: int = 0, stop: int = 10) -> tuple[bytes, dict[str, str]]:
    body = orjson.dumps({"to": app.platform.people.space.ids(start, stop), "messages": a_text()})
    headers = {
        "Authorization": f"Bearer {running.account.access_token}",
        "Content-Type": "application/json",
        "X-Line-Retry-Key": KEY,
    }
    return body, headers


def fault(running: RunningPlatform, kind: str, **how: object) -> None:
    running.control.ask("faults", rules=[{"endpoint": "multicast", "kind": kind} | how])


@pytest.mark.parametrize(
    ("kind", "how", "status", "message"),
    [
        ("error", {}, 500, "An internal error occurred."),
        ("error", {"status": 503}, 503, "An internal error occurred."),
        ("rate_limit", {}, 429, "The API rate limit has been exceeded. Try again later."),
        ("monthly_limit", {}, 429, "You have reached your monthly limit."),
        ("hang", {"seconds": 5}, 0, ""),
        ("reset", {}, 0, ""),
        ("torn", {}, 0, ""),
    ],
)
def test_a_fault_before_acceptance_reaches_nobody(
    app: LineApp, running: RunningPlatform, kind: str, how: dict[str, object], status: int, message: str
) -> None:
    """Afterwards the same key is accepted as if for the first time, and everybody has it once."""
    fault(running, kind, **how)
    assert send(running, app, wait=_WAIT if kind in _SILENT else _LONG) == (status, message)
    assert running.control.summary()["copies"] == 0
    assert send(running, app) == (200, "")
    assert running.control.summary()["copies"] == 10


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("hang", 0), ("reset", 0), ("torn", 0), ("slow", 0)])
def test_a_lost_answer_was_accepted_all_the_same(
    app: LineApp, running: RunningPlatform, kind: str, status: int
) -> None:
    """The sender knows nothing; its retry is answered 409, and nobody has it twice."""
    fault(running, kind, accepted=True, seconds=5)
    assert send(running, app, wait=_WAIT if kind in _SILENT else _LONG)[0] == status
    assert send(running, app) == (409, "The retry key is already accepted")
    counts = running.control.summary(expected={"range": [0, 10]})
    assert (counts["reached"], counts["doubled"], counts["missed"]) == (10, 0, 0)


def test_a_slow_answer_is_an_answer(app: LineApp, running: RunningPlatform) -> None:
    """A request that waits is served in the end, and has reached nobody before."""
    fault(running, "slow", seconds=0.1)
    started = time.monotonic()
    assert send(running, app)[0] == 200
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(("accepted", "status", "half"), [(False, 500, 20), (True, 200, 1)])
def test_a_torn_answer_has_a_status_and_half_a_body(
    app: LineApp, running: RunningPlatform, *, accepted: bool, status: int, half: int
) -> None:
    """Headers come, half of the body comes, then the line breaks: what was accepted was accepted."""
    fault(running, "torn", accepted=accepted)
    connection = HTTPConnection(running.base_url.removeprefix("http://"), timeout=_LONG)
    with closing(connection):
        connection.request("POST", "/v2/bot/message/multicast", *a_request(running, app))
        answer = connection.getresponse()
        assert (answer.status, len(answer.read1(half))) == (status, half)
        with pytest.raises(ConnectionResetError):
            answer.read1(1)
    assert running.control.summary()["copies"] == (10 if accepted else 0)


def test_the_monthly_limit_can_come_while_the_month_holds_more(app: LineApp, running: RunningPlatform) -> None:
    """Sends under way reserve the quota: the 429 says "reached", the quota read anew says that there is room."""
    running.control.ask("reset", monthly_limit=15)
    running.control.friends(10)
    fault(running, "monthly_limit")
    assert send(running, app) == (429, "You have reached your monthly limit.")
    quota = app.platform.quota
    assert (quota.limit, quota.used(app.clock())) == (15, 0)
    assert send(running, app)[0] == 200


def test_the_same_seed_meets_the_same_faults(running: RunningPlatform) -> None:
    """A table that is given a seed draws from its beginning: a failing run can be run again."""
    rules = [{"endpoint": "quota", "kind": "error", "times": None, "share": 0.5}]
    line = LineClient(running.base_url, running.account.access_token)

    def met(seed: int) -> list[bool]:
        running.control.ask("faults", rules=rules, seed=seed)
        return [_fails(line) for _ in range(20)]

    assert met(1) == met(1) != met(2)


def _fails(line: LineClient) -> bool:
    try:
        line.quota()
    except Unavailable:
        return True
    return False


def test_a_late_request_does_not_reach_the_platform_after_its_reset(app: LineApp, running: RunningPlatform) -> None:
    """What was under way when the platform began anew is not booked on the new one."""
    fault(running, "slow", seconds=_WAIT + 0.1)
    assert send(running, app, wait=_WAIT) == (0, "")
    running.control.ask("reset")
    time.sleep(0.2)
    assert running.control.summary()["requests"] == 0


def test_a_refused_recipient_is_named_wherever_it_stands(app: LineApp, running: RunningPlatform) -> None:
    """So that a sender can bisect: batches without the id pass."""
    running.control.ask("refuse", ids=app.platform.people.space.ids(7, 8))
    assert send(running, app)[0] == 400
    assert send(running, app, 7, 8)[0] == 400
    assert send(running, app, 0, 7)[0] == 200


def test_a_rule_skips_hits_and_is_spent() -> None:
    """Passes over the first two, hits two, then never again; other endpoints are not concerned."""
    table = FaultTable()
    table.rules = [Fault("multicast", FaultKind.ERROR, times=2, skip=2)]
    assert table.draw("push") is None
    assert [table.draw("multicast") is not None for _ in range(6)] == [False, False, True, True, False, False]
    assert table.hits == {"error": 2}


def test_a_share_hits_by_seeded_chance() -> None:
    """The same seed hits the same requests, about as often as asked."""

    def hits(seed: int) -> list[bool]:
        table = FaultTable(seed)
        table.rules = [Fault("*", FaultKind.RESET, times=None, share=0.3)]
        return [table.draw("multicast") is not None for _ in range(1000)]

    assert hits(1) == hits(1) != hits(2)
    assert 240 < sum(hits(1)) < 360


@pytest.mark.parametrize("rule", [{}, {"endpoint": "push"}, {"endpoint": "push", "kind": "flood"}, {"x": 1}])
def test_an_unknown_fault_is_refused_in_words(running: RunningPlatform, rule: dict[str, object]) -> None:
    """The control door says which words it knows."""
    with pytest.raises(ControlRefused, match="A fault has"):
        running.control.ask("faults", rules=[rule])


def test_answers_are_counted_by_endpoint(app: LineApp, running: RunningPlatform) -> None:
    """Lost ones too, as 0."""
    fault(running, "reset")
    for _ in range(3):
        send(running, app)
    stats = ControlClient(running.base_url).stats()
    assert stats["endpoints"]["multicast"]["answers"] == {"0": 1, "200": 1, "409": 1}
    assert running.control.ask("faults")["hits"] == {"reset": 1}
    assert stats["retry_keys"] == {"known": 1, "repeated": 1, "altered": 0}
