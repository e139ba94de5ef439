"""The follower list, page by page, as awkward as LINE's: short pages, and tokens that die after a day."""

import base64
import hashlib
import hmac
import struct
from typing import Final

import numpy as np

from sandbox.line.ids import LineUserId, mix
from sandbox.line.people import People
from sandbox.line.refusals import BAD_START, bad_request

TOKEN_SECONDS: Final = 24 * 3600.0
DEFAULT_LIMIT: Final = 300
LARGEST_LIMIT: Final = 1000
_SHORTENED_BY: Final = 8
_SIGNATURE: Final = 8
_TOKEN: Final = struct.Struct(f">Qd{_SIGNATURE}s")


class FollowerPages:
    """Pages over the listed friends.

    A page looks at the next `limit` people or somewhat fewer, and shows those who are friends: it may be short,
    even empty, and still have a `next`.
    """

    def __init__(self, people: People, secret: bytes) -> None:
        self._people = people
        self._secret = secret

    def page(self, start: str | None, limit: int, now: float) -> tuple[list[LineUserId], str | None]:
        """One page and the token of the next; 400 for a limit or token that LINE would refuse."""
        if not 1 <= limit <= LARGEST_LIMIT:
            raise bad_request("Invalid limit param")
        position = 0 if start is None else self._position(start, now)
        slots, following = self._people.window(position, self._length(position, limit))
        token = None if following is None else self._token(following, now)
        return self._people.ids_of(slots), token

    @staticmethod
    def _length(position: int, limit: int) -> int:
        spread = limit // _SHORTENED_BY + 1
        return limit - int(mix(np.array([position], np.uint64))[0]) % spread

    def _sign(self, position: int, issued: float) -> bytes:
        return hmac.digest(self._secret, struct.pack(">Qd", position, issued), hashlib.sha256)[:_SIGNATURE]

    def _token(self, position: int, now: float) -> str:
        return base64.urlsafe_b64encode(_TOKEN.pack(position, now, self._sign(position, now))).decode()

    def _position(self, token: str, now: float) -> int:
        try:
            position, issued, signature = _TOKEN.unpack(base64.urlsafe_b64decode(token.encode()))
        except (ValueError, struct.error):
            raise bad_request(BAD_START) from None
        genuine = hmac.compare_digest(signature, self._sign(position, issued))
        if not genuine or now - issued >= TOKEN_SECONDS:
            raise bad_request(BAD_START)
        return int(position)
