"""Webhook events of dummy people, one builder per kind, valid against LINE's webhook specification."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from sandbox.line.ids import LineUserId
from sandbox.line.ulid import ulid

Event = dict[str, Any]
_Fields = dict[str, Any]

_TALK: Final = ("こんにちは", "ありがとうございます", "次の回収日はいつですか", "申込みの方法を教えてください", "👍")
_LINE_CONTENT: Final = {"type": "line"}


def _number(rng: random.Random) -> str:
    return str(rng.randrange(10**17, 10**18))


def _token(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"


def _message(rng: random.Random, kind: str, **fields: object) -> _Fields:
    return {"replyToken": _token(rng), "message": {"id": _number(rng), "type": kind, **fields}}


def _pictured(rng: random.Random, kind: str, **fields: object) -> _Fields:
    return _message(rng, kind, contentProvider=_LINE_CONTENT, quoteToken=_token(rng), **fields)


def _text(rng: random.Random) -> _Fields:
    return _message(rng, "text", text=rng.choice(_TALK), quoteToken=_token(rng))


def _sticker(rng: random.Random) -> _Fields:
    return _message(
        rng,
        "sticker",
        packageId="446",
        stickerId="1988",
        stickerResourceType="STATIC",
        quoteToken=_token(rng),
    )


def _location(rng: random.Random) -> _Fields:
    return _message(rng, "location", title="試験地点", address="試験町1-1", latitude=35.69, longitude=139.7)


def _members(_rng: random.Random) -> list[Event]:
    return [{"type": "user", "userId": "Udddddddd" + "0" * 24}]


def _followed(rng: random.Random, *, unblocked: bool) -> _Fields:
    return {"replyToken": _token(rng), "follow": {"isUnblocked": unblocked}}


KINDS: Final[dict[str, Callable[[random.Random], _Fields]]] = {
    "follow": lambda rng: _followed(rng, unblocked=False),
    "follow.again": lambda rng: _followed(rng, unblocked=True),
    "unfollow": lambda _rng: {},
    "message.text": _text,
    "message.image": lambda rng: _pictured(rng, "image"),
    "message.video": lambda rng: _pictured(rng, "video", duration=6000),
    "message.audio": lambda rng: _message(rng, "audio", contentProvider=_LINE_CONTENT, duration=6000),
    "message.file": lambda rng: _message(rng, "file", fileName="dummy.txt", fileSize=7),
    "message.location": _location,
    "message.sticker": _sticker,
    "unsend": lambda rng: {"unsend": {"messageId": _number(rng)}},
    "postback": lambda rng: {"replyToken": _token(rng), "postback": {"data": "menu=home"}},
    "accountLink": lambda rng: {"replyToken": _token(rng), "link": {"result": "ok", "nonce": _token(rng)}},
    "beacon": lambda rng: {"replyToken": _token(rng), "beacon": {"hwid": "d41d8cd98f", "type": "enter"}},
    "videoPlayComplete": lambda rng: {
        "replyToken": _token(rng),
        "videoPlayComplete": {"trackingId": "dummy"},
    },
    "membership": lambda rng: {
        "replyToken": _token(rng),
        "membership": {"type": "joined", "membershipId": 1},
    },
    "join": lambda rng: {"replyToken": _token(rng)},
    "leave": lambda _rng: {},
    "memberJoined": lambda rng: {"replyToken": _token(rng), "joined": {"members": _members(rng)}},
    "memberLeft": lambda rng: {"left": {"members": _members(rng)}},
    "activated": lambda _rng: {"chatControl": {"expireAt": 4102444800000}},
    "deactivated": lambda _rng: {},
    "botSuspended": lambda _rng: {},
    "botResumed": lambda _rng: {},
    "module": lambda _rng: {"module": {"type": "attached", "botId": "U" + "b" * 32, "scopes": ["message:send"]}},
    "delivery": lambda rng: {"delivery": {"data": _token(rng) * 2}},
}
"""What each kind of event carries beside the common fields. The part before the dot is LINE's `type`."""

GROUP_KINDS: Final = frozenset({"join", "leave", "memberJoined", "memberLeft"})
SOURCELESS_KINDS: Final = frozenset({"activated", "deactivated", "botSuspended", "botResumed", "module"})


class EventMaker:
    """Makes events; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def make(self, kind: str, line_user_id: LineUserId, at: datetime) -> Event:
        """One event of a kind (see `KINDS`) that this person caused at this time."""
        milliseconds = int(at.timestamp() * 1000)
        return {
            "type": kind.partition(".")[0],
            "mode": "active",
            "timestamp": milliseconds,
            **self._source(kind, line_user_id),
            "webhookEventId": ulid(milliseconds, self._rng),
            "deliveryContext": {"isRedelivery": False},
            **KINDS[kind](self._rng),
        }

    def make_all(self, kind: str, ids: Iterable[LineUserId], at: datetime) -> Iterator[Event]:
        """The same kind of event for many people."""
        return (self.make(kind, one, at) for one in ids)

    @staticmethod
    def _source(kind: str, line_user_id: LineUserId) -> _Fields:
        if kind in SOURCELESS_KINDS:
            return {}
        if kind in GROUP_KINDS:
            return {"source": {"type": "group", "groupId": "C" + line_user_id[1:]}}
        return {"source": {"type": "user", "userId": line_user_id}}
