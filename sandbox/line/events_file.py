"""A file of webhook events for rehearsals and benches: as many lines as wanted, written as a stream.

One event a line: `{"destination": ..., "event": {...}}`. The same seed writes the same file.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sandbox.line.ids import IdSpace, as_text
from sandbox.line.ulid import ulids

_CHUNK: Final = 10_000
_STEP_MILLISECONDS: Final = 7
_OTHERS: Final = ("message", "message", "message", "message", "sticker", "postback")

_Step = tuple[str, int]
"""A kind of event, and the index of the person who causes it."""

_REPLY: Final = '"replyToken":"%(token)s"'
_CARRIED: Final = {
    "follow": f'{_REPLY},"follow":{{"isUnblocked":false}}',
    "unfollow": "",
    "message": f'{_REPLY},"message":{{"id":"%(at)d","type":"text","text":"ダミーの発言です","quoteToken":"%(token)s"}}',
    "sticker": f'{_REPLY},"message":{{"id":"%(at)d","type":"sticker","packageId":"446","stickerId":"1988",'
    '"stickerResourceType":"STATIC","quoteToken":"%(token)s"}',
    "postback": f'{_REPLY},"postback":{{"data":"menu=home"}}',
}
_TYPES: Final = {"sticker": "message"}


def _template(kind: str, destination: str) -> str:
    carried = f",{_CARRIED[kind]}" if _CARRIED[kind] else ""
    return (
        f'{{"destination":"{destination}","event":{{"type":"{_TYPES.get(kind, kind)}","mode":"active",'
        '"timestamp":%(at)d,"source":{"type":"user","userId":"%(who)s"},"webhookEventId":"%(event)s",'
        f'"deliveryContext":{{"isRedelivery":false}}{carried}}}}}\n'
    )


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
            luck = rng.random()
            yield _OTHERS[line % len(_OTHERS)], unfollowed + int(luck * (followed - unfollowed))


class _Writer:
    """Formats lines; a chunk's ids, times and tokens are made at once."""

    def __init__(self, seed: int, destination: str, milliseconds: int) -> None:
        self._space = IdSpace(seed)
        self._rng = np.random.default_rng(seed)
        self._milliseconds = milliseconds
        self._templates = {kind: _template(kind, destination) for kind in _CARRIED}

    def write(self, file: BinaryIO, chunk: list[_Step]) -> None:
        kinds, indices = zip(*chunk, strict=True)
        ids = as_text(self._space.encode(np.array(indices, np.int64)))
        times = self._milliseconds + np.arange(len(chunk), dtype=np.int64) * _STEP_MILLISECONDS
        self._milliseconds += len(chunk) * _STEP_MILLISECONDS
        columns = (kinds, ids, times.tolist(), ulids(times, self._rng), self._tokens(len(chunk)))
        file.write("".join(map(self._line, *columns)).encode())

    def _tokens(self, count: int) -> list[str]:
        digits = self._rng.bytes(16 * count).hex()
        return [digits[at : at + 32] for at in range(0, len(digits), 32)]

    def _line(self, kind: str, who: str, at: int, event: str, token: str) -> str:
        return self._templates[kind] % {"at": at, "who": who, "event": event, "token": token}
