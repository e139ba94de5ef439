"""Where a verdict of the disclosure package, which knows nothing of the ward, becomes a refusal of the ward."""

from collections.abc import Iterator
from contextlib import contextmanager

from tayori.errors import Refused
from tayori.opinions.disclosure.refusal import NotReleased


@contextmanager
def verdict(advice: str = "") -> Iterator[None]:
    """Turn "not released" into Refused, with what may be done instead.

    Raises:
        Refused: the tables were not released.

    """
    try:
        yield
    except NotReleased as told:
        raise Refused(f"{told} {advice}".rstrip()) from told
