"""The wall before LINE: every request of every client goes through it, and what is not on the list stays here."""

import logging
from typing import Any, Final

import urllib3

from tayori.errors import Refused
from tayori.line.endpoints import endpoint_of

CONNECTIONS: Final = 32

for _chatty in ("linebot", "urllib3"):  # at DEBUG they write bodies and paths, which hold user ids (I3)
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class Wall(urllib3.PoolManager):
    """The only way from here to LINE: connections to one address, for the endpoints on the list, asked once."""

    def __init__(self, base: str, *, connections: int = CONNECTIONS) -> None:
        super().__init__(maxsize=connections, cert_reqs="CERT_REQUIRED", retries=urllib3.Retry(0, redirect=False))
        self._base = base.rstrip("/")

    def urlopen(  # type: ignore[override]
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: FBT001, FBT002 - urllib3's own signature
        **how: Any,  # noqa: ANN401 - what urllib3 takes
    ) -> urllib3.BaseHTTPResponse:
        """Ask what is on the list.

        Raises:
            Refused: another address, or an endpoint that is not on the list. No connection was made.

        """
        path = url.removeprefix(self._base).partition("?")[0]
        if not url.startswith(f"{self._base}/") or endpoint_of(method, path) is None:
            raise Refused("This is not on the list of what may be asked of LINE; nothing was sent (I4).")
        return super().urlopen(method, url, redirect=redirect, **how)


def put_behind(wall: Wall, sdk_client: Any) -> Any:  # noqa: ANN401 - the SDK's ApiClient, which has no types
    """Let a client of the SDK speak through the wall only, and give it back."""
    sdk_client.rest_client.pool_manager = wall
    return sdk_client
