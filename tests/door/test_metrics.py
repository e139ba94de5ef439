"""Health and figures: on a port of this machine alone, in numbers, and nothing of anybody among them."""

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tayori.office import Office
from tests.door.builders import RunningDoor
from tests.ingest.builders import an_event
from tests.support.builders import a_line_id
from tests.support.doors import DOOR, SECRET, door, refused_start
from tests.support.ports import free_port
from web.door.figures import Outcome


def read(port: int) -> dict[str, float]:
    """Read the figures as Prometheus does."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    for word in (a_line_id(1), "秘密", SECRET):
        assert word not in text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {"".join([one.name, *one.labels.values()]): one.value for one in samples}


def test_the_door_counts_what_became_of_deliveries(sqlite_office: Office) -> None:
    """Each outcome has its count; the commit and the answer their histograms; the door's own port shows none of it."""
    port = free_port()
    with door(sqlite_office, DOOR, "--metrics-port", str(port)) as (at, _):
        running = RunningDoor(f"http://127.0.0.1:{at}")
        running.deliver(an_event("follow", 1), an_event("message", 1, message={"type": "text", "text": "秘密"}))
        running.deliver()
        running.post(b"{", None)
        running.post(b"{}", "AAAA")
        told = read(port)
        assert httpx.get(f"{running.base}/metrics", trust_env=False).status_code == 404
    counted = {one: told[f"tayori_door_deliveries_total{one}"] for one in Outcome}
    assert {one: count for one, count in counted.items() if count} == {
        Outcome.KEPT: 1,
        Outcome.EMPTY: 1,
        Outcome.UNPARSED: 1,
        Outcome.UNSIGNED: 1,
    }
    assert told["tayori_door_events_total"] == 2
    assert told["tayori_door_commit_deliveries_count"] == 2
    assert told["tayori_door_answer_seconds_count"] == 4
    assert told["tayori_door_held_bytes"] == 0


def test_figures_are_for_this_machine_alone(sqlite_office: Office) -> None:
    """The port of the figures listens on loopback and nowhere else."""
    port = free_port()
    with door(sqlite_office, DOOR, "--metrics-port", str(port)):
        listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    assert re.findall(rf"(\w+):{port:04X} \w+:\w+ 0A", listening) == ["0100007F"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--host", "0.0.0.0"), "127.0.0.1"),  # noqa: S104 - it is refused
        (("--host", "::"), "127.0.0.1"),
        (("--tls-certificate", "none.pem"), "--tls-key"),
        (("--host", "0.0.0.0", "--tls-certificate", "none.pem", "--tls-key", "none.pem"), "nothing was opened"),  # noqa: S104
        (("--host", "0.0.0.0", "--tls-certificate", __file__, "--tls-key", __file__), "--proxy"),  # noqa: S104
        (("--host", "0.0.0.0", "--tls-certificate", __file__, "--tls-key", __file__, "--proxy", "*"), "--proxy"),  # noqa: S104
    ],
)
def test_a_door_is_not_served_in_the_open(sqlite_office: Office, words: tuple[str, ...], why: str) -> None:
    """L8: beyond this machine a door speaks TLS or does not open; one sentence says so."""
    told = refused_start(sqlite_office, *words)
    assert told.returncode == 2
    assert why in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
