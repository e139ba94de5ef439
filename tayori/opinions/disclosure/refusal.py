"""How this package says no. It knows nothing of the house around it, so the exception is its own."""


class NotReleased(Exception):
    """The tables stay here: what is hidden could be worked out, or is not as it was printed. Names no small count."""
