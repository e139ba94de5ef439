"""What can go wrong with a question to LINE, told apart without the SDK."""

from tayori.errors import Unavailable


class PageExpired(Unavailable):
    """The place where the next page starts is no longer valid (LINE keeps it for 24 h); begin again at the first."""


class TooFast(Unavailable):
    """LINE was asked more often than it answers in an hour or a second; what it told before stands."""
