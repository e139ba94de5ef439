"""What can go wrong between two pages of followers, told apart without the SDK."""

from tayori.errors import Unavailable


class PageExpired(Unavailable):
    """The place where the next page starts is no longer valid (LINE keeps it for 24 h); begin again at the first."""
