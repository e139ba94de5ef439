"""The rate that processes share: places come in blocks, go out evenly, grow stale, and end when the source does."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.errors import Refused, TayoriError, Unavailable
from tayori.line.limiter import MULTICASTS_A_SECOND, SharedLimiter, Shares

QUICK = 200.0


class Blocks:
    """A source that gives so many blocks, and counts; then it has none any more, or raises."""

    def __init__(self, left: int, then: Exception | None = None) -> None:
        self.left = left
        self.given = 0
        self._then = then

    def wait(self, _places: int) -> float:
        """Look whether there are places."""
        if self.left == 0 and self._then is not None:
            raise self._then
        return 0.0 if self.left else 0.01

    def take(self, places: int) -> bool:
        """Give a block."""
        self.left -= 1
        self.given += places
        return True


def taken(limiter: SharedLimiter, most: int) -> int:
    """Take until there is no place any more; give how many there were."""
    for done in range(most):
        try:
            limiter.take()
        except TayoriError:
            return done
    return most


@given(per_second=st.floats(0.5, MULTICASTS_A_SECOND), seconds=st.floats(0, 100), pool=st.integers(1, 100))
def test_all_who_share_stay_below_the_platforms_bucket(per_second: float, seconds: float, pool: int) -> None:
    """However many share it: what the source gave out since the oldest place that is still good fits LINE's bucket."""
    sizes = Shares(per_second, pool)
    assert 1 <= sizes.block <= Shares.of(per_second).pool <= 100
    assert pool + per_second * (seconds + sizes.keep) <= MULTICASTS_A_SECOND * (1 + seconds)


def test_no_call_goes_out_without_a_place() -> None:
    """So many places as the source gave, so many calls; then the refusal, for every further call too."""
    source = Blocks(3, then=Refused("The limit is gone."))
    limiter = SharedLimiter(Shares.of(QUICK), source)
    assert 0 < taken(limiter, 10 * int(QUICK)) <= source.given == 3 * 50
    for _ in range(2):
        with pytest.raises(Refused, match=r"^The limit is gone\.$"):
            limiter.take()


def test_places_that_were_not_used_in_time_are_thrown_away() -> None:
    """Who slept does not make up for it: a place is good for its time from the question on."""
    now = [0.0]
    source, sizes = Blocks(1), Shares.of(200)
    limiter = SharedLimiter(sizes, source, patience=0.05, clock=lambda: now[0])
    limiter.take()
    now[0] = sizes.keep
    with pytest.raises(Unavailable, match="gave no place"):
        limiter.take()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (Blocks(0), r"gave no place for 0\.05 seconds"),
        (Blocks(0, then=Unavailable("Prefect cannot be asked.")), r"^Prefect cannot be asked\.$"),
        (Blocks(0, then=KeyError("大久保の山田さん")), r"cannot be asked for \(KeyError\)\.$"),
    ],
    ids=["silent", "gone", "stumbling"],
)
def test_a_source_that_gives_nothing_stops_the_calls(source: Blocks, sentence: str) -> None:
    """Fail closed: no place, no call, and a sentence that says why; of an unforeseen error its kind only (I3)."""
    limiter = SharedLimiter(Shares.of(200), source, patience=0.05)
    with pytest.raises(Unavailable, match=sentence):
        limiter.take()


def test_whoever_waits_for_a_place_hears_of_the_end() -> None:
    """Closing wakes those who wait: no thread hangs behind a sender that ended."""
    limiter = SharedLimiter(Shares.of(200), Blocks(0), patience=60)
    told: list[str] = []

    def wait() -> None:
        try:
            limiter.take()
        except Unavailable as ended:
            told.append(ended.sentence)

    waiting = threading.Thread(target=wait)
    waiting.start()
    limiter.close()
    waiting.join(30)
    assert told == ["The sender has ended; no more places are taken."]
