"""A sender against the sandbox: start, freeze and send as the flow does; and what the platform's ledger says."""

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import freeze
from tayori.broadcast.courier import Pace
from tayori.broadcast.lease import worker_name
from tayori.broadcast.send import Progress, Sending
from tayori.domain.identifiers import BroadcastId
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.warehouse.audience import CHUNK
from tests.broadcast.builders import QUICK

TIMEOUTS = (2.0, 1.0)


def send(
    office: Office,
    platform: RunningPlatform,
    broadcast_id: BroadcastId,
    pace: Pace = QUICK,
    *,
    most: int = 10_000,
    chunk: int = CHUNK,
) -> Progress:
    """Start, freeze and send, as the flow does."""
    freeze.start(office, broadcast_id, worker_name())
    freeze.freeze(office, broadcast_id, worker_name(), chunk=chunk)
    line = LineClient(platform.base_url, platform.account.access_token, timeouts=TIMEOUTS)
    with Sending(office, broadcast_id, worker_name(), line, limiter=Limiter(100_000.0), pace=pace) as run:
        return run.advance(most)


def outcome(platform: RunningPlatform, people: int) -> dict[str, int]:
    """Give the ledger's verdict on the first `people` friends."""
    return platform.control.summary(expected={"range": [0, people]})


def assert_once_each(platform: RunningPlatform, people: int) -> None:
    counts = outcome(platform, people)
    assert {name: counts[name] for name in ("missed", "doubled", "stray")} == {"missed": 0, "doubled": 0, "stray": 0}
    assert counts["reached"] == people
    assert platform.control.stats()["retry_keys"]["altered"] == 0
