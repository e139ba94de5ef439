"""The rate of multicasts as all workers and machines share it: a global concurrency limit of Prefect's (L1).

Its places decay at the rate at which we send. They are taken in blocks, ahead of need, since one question costs
12 to 35 ms. The limit must exist: Prefect itself passes over a missing one, we send nothing.
"""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpx

from tasks.support import settings_here
from tayori.errors import Refused, Unavailable
from tayori.line.limiter import MULTICASTS_A_SECOND, PATIENCE_SECONDS, Pacer, SharedLimiter, Shares, share_of_line
from tayori.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

LIMIT: Final = "line-multicast"
SHORTEST_WAIT: Final = 0.02


@contextlib.contextmanager
def shared_pacer(settings: Settings, patience: float = PATIENCE_SECONDS) -> Iterator[Pacer]:
    """Give the rate that this process shares with all others through Prefect; a silence of `patience` seconds ends it.

    Raises:
        Refused: the limit does not exist, or is not one that we can send by; the sentence says what to create.
        Unavailable: Prefect cannot be asked.

    """
    with _asking() as client:
        limit = _Limit(client, settings)
        pacer = SharedLimiter(limit.sizes, limit, patience=patience)
        try:
            yield pacer
        finally:
            pacer.close()


def refuse_without_limit(settings: Settings) -> None:
    """Refuse before anything is begun where the rate cannot be shared.

    Raises:
        Refused: the limit does not exist, or is not one that we can send by; the sentence says what to create.
        Unavailable: Prefect cannot be asked.

    """
    with _asking() as client:
        _Limit(client, settings)


@contextlib.contextmanager
def _asking() -> "Iterator[SyncPrefectClient]":
    # start-up time: the command sends without Prefect where there is none
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    with get_client(sync_client=True) as client:  # in a flow, the one that it has already
        yield client


@contextlib.contextmanager
def pacer_here(settings: Settings) -> Iterator[Pacer]:
    """Give the shared rate where a Prefect API is named (environment or profile), else a rate of this process's own.

    A Prefect that is named and cannot be asked is a refusal: others may be sending by it.
    """
    # start-up time: one second, and only sending needs it
    from prefect.settings import get_current_settings  # noqa: PLC0415

    if get_current_settings().api.url is not None:
        with shared_pacer(settings) as pacer:
            yield pacer
    else:
        yield share_of_line(settings.send_share)


class _Limit:
    """The limit at Prefect's server, as a source of places.

    It is looked at before each block, so that a question is hardly ever denied: a denial costs places, for the server
    then begins to count the decay anew.
    """

    def __init__(self, client: "SyncPrefectClient", settings: Settings) -> None:
        self._client = client
        self._wanted = settings.send_share * MULTICASTS_A_SECOND
        found = self._look()
        self.sizes = Shares(min(float(found.slot_decay_per_second), self._wanted), found.limit)

    def wait(self, places: int) -> float:
        """After how many seconds so many places may be there; 0.0: now."""
        found = self._look()
        missing = places - (found.limit - found.active_slots)
        return max(SHORTEST_WAIT, missing / found.slot_decay_per_second) if missing > 0 else 0.0

    def take(self, places: int) -> bool:
        """Take so many places; False where somebody else took them meanwhile."""
        try:
            with _sentences():
                taken = self._client.increment_concurrency_slots([LIMIT], places, "rate_limit")
        except _Denied:
            return False
        if not taken.json():  # Prefect passes over a limit that is not there
            raise self._refused("does not exist")
        return True

    def _look(self) -> "GlobalConcurrencyLimitResponse":
        from prefect.exceptions import ObjectNotFound  # noqa: PLC0415 - start-up time, as above

        try:
            with _sentences():
                found = self._client.read_global_concurrency_limit_by_name(LIMIT)
        except ObjectNotFound:
            raise self._refused("does not exist") from None
        self._refuse_unfit(found)
        return found

    def _refuse_unfit(self, found: "GlobalConcurrencyLimitResponse") -> None:
        decay, most = found.slot_decay_per_second, MULTICASTS_A_SECOND // 2
        if not found.active:
            raise self._refused("is switched off")
        if not 0 < decay <= MULTICASTS_A_SECOND:
            raise self._refused(f"decays by {decay:g} a second, not by more than 0 and at most {MULTICASTS_A_SECOND}")
        least = Shares.of(min(decay, self._wanted)).block
        if not least <= found.limit <= most:
            raise self._refused(f"holds {found.limit} places, not {least} to {most}")

    def _refused(self, why: str) -> Refused:
        return Refused(
            f"Prefect's limit {LIMIT} {why}; nothing more is sent. Create it: prefect gcl create {LIMIT} "
            f"--limit {Shares.of(self._wanted).pool} --slot-decay-per-second {self._wanted:g}"
        )


class _Denied(Exception):
    """Somebody else took the places meanwhile."""


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == HTTPStatus.LOCKED:
            raise _Denied from None
        raise Unavailable(
            f"Prefect cannot be asked for the shared rate ({type(error).__name__}); nothing more is sent. "
            "See that its server runs, then send again."
        ) from None


def provide(share: float) -> None:
    """Create the limit with this share of LINE's rate (`tayori up`, the rehearsal); one that is there stays as it is.

    Whoever runs the server may have narrowed it for a reason, and each sender keeps to its own share all the same.
    """
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415 - start-up time, as above

    per_second = share * MULTICASTS_A_SECOND
    with _sentences(), _asking() as client:
        try:
            client.read_global_concurrency_limit_by_name(LIMIT)
        except ObjectNotFound:
            client.upsert_global_concurrency_limit_by_name(LIMIT, Shares.of(per_second).pool, per_second)


if __name__ == "__main__":
    provide(settings_here().send_share)
