"""What the figures of sending share: an approved broadcast to everybody, and the platform that it goes to."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.broadcast._people import GENRE_NAME, SEED, populated, settings_of
from sandbox.approver import let_through
from sandbox.line.platform import Account
from sandbox.line.serve import RunningPlatform, running_platform
from tayori.broadcast import desk, freeze
from tayori.broadcast.lease import worker_name
from tayori.broadcast.send import Sending
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.states import BroadcastState
from tayori.line.client import LineClient
from tayori.line.limiter import Pacer
from tayori.office import Office, open_office
from tayori.vault import roster
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse.engines import writing

TEXT = "明日9時から、区役所前の広場で防災訓練を行います。"
EVERYONE: dict[str, object] = {"everyone": True}
PASSPHRASE = "only for dummy people"  # noqa: S105 - opens nothing but a throw-away folder
BLOCK = 100


@dataclass(frozen=True, slots=True)
class Ward:
    """An office with its residents, and the platform on which all of them are friends."""

    office: Office
    platform: RunningPlatform
    count: int

    @property
    def line(self) -> LineClient:
        """A client of the platform."""
        return LineClient(self.platform.base_url, self.platform.account.access_token)


@contextmanager
def a_ward(folder: Path, count: int, rate_factor: float = 1.0) -> Iterator[Ward]:
    """Give a ward of so many dummy residents, and LINE's rate times a factor."""
    home = populated(folder, count)
    account = Account(seed=SEED, rate_factor=rate_factor)
    with running_platform(friends=count, account=account) as platform:
        settings = settings_of(home, line_api_base=platform.base_url, line_access_token=account.access_token)
        with open_office(settings) as office:
            yield Ward(office, platform, count)


def approved(office: Office, segment: object = EVERYONE) -> BroadcastId:
    """Give a broadcast that two handlers signed, and that no guard keeps back: one measures at any hour, and again."""
    now, (writer, approver) = office.now(), _two_handlers(office)
    said = [{"type": "text", "text": f"{TEXT}（第{secrets.randbelow(10**6)}回）"}]
    new = desk.written(GENRE_NAME, segment, said, now - timedelta(hours=1), now + timedelta(hours=12))
    broadcast_id = desk.draft(office, writer, new)
    desk.submit(office, writer, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, approver, broadcast_id, desk.review(office, broadcast_id))
    let_through(office, approver, broadcast_id)
    return broadcast_id


def _two_handlers(office: Office) -> tuple[Credential, Credential]:
    """Enrol a writer and an approver under names that nobody has."""
    some = secrets.token_hex(4)
    with writing(office.warehouse) as connection:
        writer, approver = (
            roster.enrol(
                connection,
                office.handlers_folder,
                NewHandler(HandlerId(f"{role}-{some}"), "試験", [role], "甲", office.today()),
                PASSPHRASE,
                office.now(),
            )
            for role in ("writer", "approver")
        )
    return writer, approver


def frozen(office: Office, broadcast_id: BroadcastId) -> freeze.Frozen:
    """Take the broadcast in hand and freeze its audience."""
    started(office, broadcast_id)
    return freeze.freeze(office, broadcast_id, worker_name())


def started(office: Office, broadcast_id: BroadcastId) -> None:
    """Take the broadcast in hand: every guard looks at it."""
    freeze.start(office, broadcast_id, worker_name())


def at_any_hour(*_: object) -> None:
    """No quiet hours: figures are taken when the machine is quiet."""


def sent(ward: Ward, broadcast_id: BroadcastId, limiter: Pacer | None = None) -> float:
    """Send in this process, as the sending step does; give the seconds."""
    began = time.perf_counter()
    me = worker_name()
    with Sending(ward.office, broadcast_id, me, ward.line, limiter=limiter, interrupted=at_any_hour) as run:
        while (progress := run.advance(BLOCK)).ended is None:
            pass
    assert progress.ended is BroadcastState.SENT, progress.ended  # noqa: S101 - an unended run is no figure
    return time.perf_counter() - began


def proven(ward: Ward) -> dict[str, Any]:
    """Give what the platform counted, after it said that everybody got it once.

    `seconds` runs from the first answer to the last one.
    """
    ledger = ward.platform.control.summary(expected={"range": [0, ward.count]})
    assert (ledger["reached"], ledger["doubled"]) == (ward.count, 0), ledger  # noqa: S101 - else it is no figure
    multicasts = ward.platform.control.stats()["endpoints"]["multicast"]
    return {"accepted": multicasts["answers"].get("200", 0), **multicasts}
