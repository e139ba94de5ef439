"""What exactness costs: our sending, limiter off, against a bare SDK loop that opens the same ids and keeps no ledger.

Both go to the same platform on this machine, whose rate is widened, and read the same stores.
"""

import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import linebot.v3.messaging as sdk
import urllib3
from sqlalchemy import Connection

from bench.broadcast._scale import scaled
from bench.broadcast._sending import TEXT, Ward, a_ward, approved, frozen, proven, sent
from tayori.domain.batches import LARGEST_BATCH
from tayori.domain.evidence import Evidence, Purpose
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Recorded
from tayori.vault.identity import open_line_ids_between
from tayori.warehouse.engines import reading, writing

PEOPLE = 1_000_000
WIDE = 1_000.0
OFF = Limiter(1_000_000.0)


def measure(folder: Path) -> Mapping[str, float]:
    """Give `overhead_vs_bare_sdk`, time of ours over time of the bare loop, and the seconds of both."""
    with a_ward(folder, scaled(PEOPLE), WIDE) as ward:
        broadcast_id = approved(ward.office)
        frozen(ward.office, broadcast_id)
        ours = sent(ward, broadcast_id, OFF)
        proven(ward)
        bare = _bare(ward)
    return {
        "bare_sdk_seconds": round(bare, 2),
        "sending_seconds": round(ours, 2),
        "overhead_vs_bare_sdk": round(ours / bare, 3),
    }


def _bare(ward: Ward) -> float:
    """Read, open and send, batch after batch, as the SDK's own documentation shows it; give the seconds."""
    office = ward.office
    configuration = sdk.Configuration(host=ward.platform.base_url, access_token=ward.platform.account.access_token)
    configuration.retries = urllib3.Retry(0)
    with writing(office.warehouse) as connection:
        evidence = Evidence("bench", Purpose.DELIVERY)
        recorded = audit.record(
            connection, evidence, audit.Action.OPEN, "bare loop", count=ward.count, now=office.now()
        )
    began = time.perf_counter()
    with sdk.ApiClient(configuration) as client, reading(office.warehouse) as people, reading(office.vault) as keys:
        api = sdk.MessagingApi(client)
        for first in range(1, ward.count, LARGEST_BATCH):
            to = _ids(office, people, keys, first, recorded)
            request = sdk.MulticastRequest(to=to, messages=[sdk.TextMessage(text=TEXT)])
            api.multicast_with_http_info(request, x_line_retry_key=str(uuid.uuid4()), _request_timeout=(3, 10))
    return time.perf_counter() - began


def _ids(office: Office, people: Connection, keys: Connection, first: int, recorded: Recorded) -> list[str]:
    last = first + LARGEST_BATCH - 1
    return list(open_line_ids_between(people, keys, office.person_keys, first, last, recorded).values())
