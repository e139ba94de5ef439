"""What Prefect keeps of a contract that ends: runs of its stories. No flow and no task: a command calls it.

Prefect never saw a person (I3); its counts and times go all the same, as far as its server can be reached from here.
"""

from collections.abc import Mapping
from typing import Final

from tayori.domain.identifiers import Contract

STORIES: Final[Mapping[Contract, tuple[str, ...]]] = {
    Contract.LINE: ("ingest", "broadcast", "dispatch", "plan", "feeds", "reconcile", "results"),
    Contract.OPINIONS: ("ingest-opinions", "opinion-analysis", "receipts", "desk", "desk-reminders"),
}
"""The stories of one contract alone, by their flows' names; retention, backup and watch serve both."""
PAGE: Final = 200


def forget_runs(contract: Contract) -> dict[str, int]:
    """Delete the runs and artifacts of a contract's stories; give how many, and whether the server was reached."""
    from prefect.client.orchestration import SyncPrefectClient, get_client  # noqa: PLC0415 - start-up time
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName  # noqa: PLC0415 - as above
    from prefect.exceptions import PrefectException  # noqa: PLC0415 - as above
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - as above

    if PREFECT_API_URL.value() is None:
        return {"reached": 0, "runs": 0}

    named = FlowFilter(name=FlowFilterName(any_=list(STORIES[contract])))

    def gone(client: SyncPrefectClient) -> int:
        deleted = 0
        while runs := client.read_flow_runs(flow_filter=named, limit=PAGE):
            for run in runs:
                client.delete_flow_run(run.id)
                deleted += 1
        return deleted

    try:
        with get_client(sync_client=True) as client:
            if isinstance(client.api_healthcheck(), Exception):
                return {"reached": 0, "runs": 0}
            return {"reached": 1, "runs": gone(client)}
    except (PrefectException, OSError):
        return {"reached": 0, "runs": 0}
