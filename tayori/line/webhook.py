"""The webhook's two pure rules: whose signature a body bears, and the little of an event that we may keep.

Talk text, stickers, postback contents and the like are never among it. A delivery is read event by event: a broken
one keeps its siblings. LINE's own parser loses them all, so it is not used (docs/adr).
"""

import base64
import hmac
from typing import Any, Final, NamedTuple

import orjson

SIGNATURE_HEADER: Final = "x-line-signature"
LONGEST: Final = 128  # characters of any text that we keep; a longer one is none of LINE's ids or words
NO_TIME: Final = -1
LATEST: Final = 1 << 53  # what JSON's numbers hold exactly


class ReducedEvent(NamedTuple):
    """All that is kept of one event. Empty text, `NO_TIME` or None: the event did not say it, or not in its form.

    `line_user_id` is kept of a single person's talk with the account alone, not of groups and rooms; there it is None.
    """

    event_type: str = ""
    at_ms: int = NO_TIME
    event_id: str = ""
    mode: str = ""
    redelivered: bool = False
    source_type: str = ""
    line_user_id: str | None = None
    is_unblocked: bool | None = None
    reply_token: str = ""


class Unparsed(ValueError):
    """The body is not a webhook delivery: not JSON, or JSON of another shape. Holds nothing of it."""


def signature_of(channel_secret: bytes, body: bytes) -> bytes:
    """Give the signature that LINE sends with a body: base64 of HMAC-SHA256 over its raw bytes."""
    return base64.b64encode(hmac.digest(channel_secret, body, "sha256"))


def is_signed(channel_secret: bytes, body: bytes, given: bytes) -> bool:
    """Whether the given signature is the body's, compared in constant time."""
    return hmac.compare_digest(signature_of(channel_secret, body), given)


def events_of(body: bytes) -> list[ReducedEvent]:
    """Give the reduced events of one delivery; an empty delivery has none.

    Raises:
        Unparsed: the body is no delivery.

    """
    try:
        delivery = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unparsed from None
    events = delivery.get("events") if isinstance(delivery, dict) else None
    if not isinstance(events, list):
        raise Unparsed
    return [reduce_event(event) for event in events]


def reduce_event(event: Any) -> ReducedEvent:  # noqa: ANN401 - whatever JSON holds
    """Keep the allowed fields of one event. What is no event at all keeps nothing, and the gate refuses it."""
    if not isinstance(event, dict):
        return ReducedEvent()
    get = event.get
    moment, context, source, follow = get("timestamp"), get("deliveryContext"), get("source"), get("follow")
    source_type, line_user_id = _sender(source) if isinstance(source, dict) else ("", None)
    return ReducedEvent(
        _text(get("type")),
        moment if type(moment) is int and 0 <= moment < LATEST else NO_TIME,
        _text(get("webhookEventId")),
        _text(get("mode")),
        isinstance(context, dict) and context.get("isRedelivery") is True,
        source_type,
        line_user_id,
        None if follow is None else _unblocked(follow),
        _text(get("replyToken")),
    )


def packed(events: list[ReducedEvent]) -> bytes:
    """Write reduced events for the inbox."""
    return orjson.dumps([tuple(event) for event in events])


def unpacked(written: bytes) -> list[ReducedEvent]:
    """Give back what `packed` wrote; an event in another form keeps nothing, and the gate refuses it.

    Whoever may add to the inbox can seal anything: the public key is no secret.

    Raises:
        Unparsed: `packed` never wrote this.

    """
    try:
        events = orjson.loads(written)
    except orjson.JSONDecodeError:
        raise Unparsed from None
    if not isinstance(events, list):
        raise Unparsed
    return [ReducedEvent(*event) if _has_our_form(event) else ReducedEvent() for event in events]


def _has_our_form(event: Any) -> bool:  # noqa: ANN401
    return isinstance(event, list) and tuple(map(type, event)) in _FORMS and NO_TIME <= event[1] < LATEST


_FORMS: Final = frozenset(
    (str, int, str, str, bool, str, line_user_id, is_unblocked, str)
    for line_user_id in (str, type(None))
    for is_unblocked in (bool, type(None))
)


def _sender(source: dict[str, Any]) -> tuple[str, str | None]:
    kind = _text(source.get("type"))
    return kind, _text(source.get("userId")) if kind == "user" else None


def _text(value: Any) -> str:  # noqa: ANN401
    return value if type(value) is str and len(value) <= LONGEST else ""


def _unblocked(follow: Any) -> bool | None:  # noqa: ANN401
    told = follow.get("isUnblocked") if isinstance(follow, dict) else None
    return told if isinstance(told, bool) else None
