"""LINE's refusals: status, message and details as its reference and specification give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Detail:
    """One thing wrong with a request: what, and where (`messages[0].text`)."""

    message: str
    property: str


class LineRefusal(Exception):
    """An answer other than success. Nobody received anything by a request that was refused."""

    def __init__(
        self,
        status: int,
        message: str,
        details: Sequence[Detail] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = tuple(details)
        self.headers = tuple(headers)

    def body(self) -> dict[str, object]:
        """The JSON body; `details` is left out when there are none."""
        details = [{"message": one.message, "property": one.property} for one in self.details]
        return {"message": self.message} | ({"details": details} if details else {})


RATE_EXCEEDED: Final = "The API rate limit has been exceeded. Try again later."
MONTH_EXCEEDED: Final = "You have reached your monthly limit."
KEY_ACCEPTED: Final = "The retry key is already accepted"
BAD_START: Final = "Invalid start param"
BAD_REPLY_TOKEN: Final = "Invalid reply token"  # noqa: S105 - LINE's message, no token
UNAUTHENTICATED: Final = "Authentication failed. Confirm that the access token in the authorization header is valid."


def faulty(*details: Detail) -> LineRefusal:
    """400 with what is wrong, property by property."""
    return LineRefusal(400, f"The request body has {len(details)} error(s)", details)


def bad_request(message: str) -> LineRefusal:
    """400 with nothing but a sentence."""
    return LineRefusal(400, message)


def not_found(message: str = "Not found") -> LineRefusal:
    """404: LINE does not say which of its several meanings applies."""
    return LineRefusal(404, message)


def server_error(status: int = 500) -> LineRefusal:
    """5xx: LINE's own trouble. It does not say whether the request was accepted before it."""
    return LineRefusal(status, "An internal error occurred.")


def rate_exceeded() -> LineRefusal:
    """429: too many requests to this endpoint just now."""
    return LineRefusal(429, RATE_EXCEEDED)


def month_exceeded() -> LineRefusal:
    """429: the month's quota does not hold this request."""
    return LineRefusal(429, MONTH_EXCEEDED)
