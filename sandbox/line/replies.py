"""Reply tokens: good once, for about a minute."""

from typing import Final

from sandbox.line.refusals import BAD_REPLY_TOKEN, bad_request

TOKEN_SECONDS: Final = 60.0


class ReplyTokens:
    """The tokens that webhook events carried and nobody used yet."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, float]] = {}

    def issue(self, token: str, slot: int, now: float) -> None:
        """Make a token good for one reply to this person."""
        self._open[token] = (slot, now + TOKEN_SECONDS)

    def redeem(self, token: object, now: float) -> int:
        """The person whom this token answers; 400 when it is unknown, used or too old."""
        slot, until = self._open.pop(token, (0, 0.0)) if isinstance(token, str) else (0, 0.0)
        if now >= until:
            raise bad_request(BAD_REPLY_TOKEN)
        return slot
