"""A file of webhook events for rehearsals and benches: as many lines as wanted, written as a stream.

One event a line: `{"destination": ..., "event": {...}}`. The same seed writes the same file.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sandbox.line.ids import IdSpace, as_text
from sandbox.line.ulid import chance_part, time_part

_CHUNK: Final = 10_000
_STEP_MILLISECONDS: Final = 7
_OTHERS: Final = ("message", "message", "message", "message", "sticker", "postback")

_Step = tuple[str, int]
"""A kind of event, and the index of the person who causes it."""

_TAILS: Final = {
    "follow": '"replyToken":"{token}","follow":{{"isUnblocked":false}}',
    "unfollow": "",
    "message": '"replyToken":"{token}","message":{{"id":"{number}","type":"text",'
    '"text":"ダミーの発言です","quoteToken":"{token}"}}',
    "sticker": '"replyToken":"{token}","message":{{"id":"{number}","type":"sticker","packageId":"446",'
    '"stickerId":"1988","stickerResourceType":"STATIC","quoteToken":"{token}"}}',
    "postback": '"replyToken":"{token}","postback":{{"data":"menu=home"}}',
}
_TYPES: Final = {"sticker": "message"}


@dataclass(frozen=True)
class EventsWritten:
    """What is in the file: lines by kind, and which people are friends at its end.

    People `0 <= index < unfollowed` followed and left again; `unfollowed <= index < followed` stayed.
    """

    lines: int
    kinds: dict[str, int]
    followed: int
    unfollowed: int


def write_events_file(
    path: Path,
    n: int,
    new_follower_share: float = 0.1,
    *,
    seed: int,
    at: datetime,
    unfollow_share: float = 0.02,
    destination: str = "U" + "b" * 32,
) -> EventsWritten:
    """Write `n` events from `at` on; what was written.

    Exactly `round(n * new_follower_share)` people follow, evenly spread; the rest is talk of those who are
    friends, and (at most `unfollow_share`) friends who leave, oldest first.
    """
    counts = Counter[str]()
    writer = _Writer(seed, destination, int(at.timestamp() * 1000))
    steps = iter(_story(n, new_follower_share, unfollow_share, random.Random(seed)))
    with path.open("wb") as file:
        while chunk := list(islice(steps, _CHUNK)):
            counts.update(kind for kind, _ in chunk)
            writer.write(file, chunk)
    return EventsWritten(n, dict(counts), counts["follow"], counts["unfollow"])


def _story(n: int, follow_share: float, unfollow_share: float, rng: random.Random) -> Iterator[_Step]:
    follows, unfollows = round(n * follow_share), round(n * unfollow_share)
    followed = unfollowed = 0
    for line in range(1, n + 1):
        if followed < -(-line * follows // n):
            yield "follow", followed
            followed += 1
        elif unfollowed < line * unfollows // n and followed - unfollowed > 1:
            yield "unfollow", unfollowed
            unfollowed += 1
        else:
            yield rng.choice(_OTHERS), int(unfollowed + rng.random() * (followed - unfollowed))


class _Writer:
    """Formats lines; a chunk's ids are computed at once."""

    def __init__(self, seed: int, destination: str, milliseconds: int) -> None:
        self._space = IdSpace(seed)
        self._rng = random.Random(seed + 1)
        self._milliseconds = milliseconds
        self._head = f'{{"destination":"{destination}","event":{{"type":"'

    def write(self, file: BinaryIO, chunk: list[_Step]) -> None:
        ids = as_text(self._space.encode(np.array([index for _, index in chunk], np.int64)))
        kinds: Iterable[str] = (kind for kind, _ in chunk)
        file.write("".join(map(self._line, kinds, ids)).encode())

    def _line(self, kind: str, line_user_id: str) -> str:
        self._milliseconds += _STEP_MILLISECONDS
        tail = _TAILS[kind]
        token = f"{self._rng.getrandbits(128):032x}"
        carried = f",{tail.format(token=token, number=self._milliseconds)}" if tail else ""
        event_id = time_part(self._milliseconds) + chance_part(self._rng)
        return (
            f'{self._head}{_TYPES.get(kind, kind)}","mode":"active","timestamp":{self._milliseconds},'
            f'"source":{{"type":"user","userId":"{line_user_id}"}},"webhookEventId":"{event_id}",'
            f'"deliveryContext":{{"isRedelivery":false}}{carried}}}}}\n'
        )
