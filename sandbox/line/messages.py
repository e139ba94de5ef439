"""What LINE checks in message objects before it accepts them; every fault names its property."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sandbox.line.flex import faults_in_container, faults_in_https
from sandbox.line.refusals import Detail

MOST_MESSAGES: Final = 5
MOST_RECIPIENTS: Final = 500
LONGEST: Final = {"text": 5000, "altText": 1500}
"""Limits in UTF-16 code units: an emoji counts two."""
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "text": ("text",),
    "textV2": ("text",),
    "sticker": ("packageId", "stickerId"),
    "image": ("originalContentUrl", "previewImageUrl"),
    "video": ("originalContentUrl", "previewImageUrl"),
    "audio": ("originalContentUrl", "duration"),
    "location": ("title", "address", "latitude", "longitude"),
    "imagemap": ("baseUrl", "altText", "baseSize", "actions"),
    "template": ("altText", "template"),
    "flex": ("altText", "contents"),
    "coupon": ("couponId",),
}
_EMPTY: Final = "May not be empty"


def utf16_length(text: str) -> int:
    """Length as LINE counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults_in(messages: object) -> Iterator[Detail]:
    """Everything that LINE would refuse in the `messages` of a request."""
    if not isinstance(messages, Sequence) or isinstance(messages, str):
        yield Detail(_EMPTY, "messages")
    elif not 1 <= len(messages) <= MOST_MESSAGES:
        yield Detail(f"Size must be between 1 and {MOST_MESSAGES}", "messages")
    else:
        for at, message in enumerate(messages):
            yield from _faults_in_one(message, f"messages[{at}]")


def _faults_in_one(message: object, where: str) -> Iterator[Detail]:
    if not isinstance(message, Mapping):
        yield Detail("Must be an object", where)
    elif message.get("type") not in REQUIRED:
        yield Detail(f"Must be one of the following values: [{', '.join(REQUIRED)}]", f"{where}.type")
    else:
        for name in REQUIRED[message["type"]]:
            yield from _faults_in_field(message.get(name), name, f"{where}.{name}")
        if message["type"] == "flex" and message.get("contents"):
            yield from faults_in_container(message["contents"], f"{where}.contents")


def _faults_in_field(given: object, name: str, where: str) -> Iterator[Detail]:
    if given is None or given == "":
        yield Detail(_EMPTY, where)
    elif name in LONGEST and not isinstance(given, str):
        yield Detail("Must be a string", where)
    elif isinstance(given, str) and name in LONGEST and utf16_length(given) > LONGEST[name]:
        yield Detail(f"Length must be between 0 and {LONGEST[name]}", where)
    elif name in ("originalContentUrl", "previewImageUrl"):
        yield from faults_in_https(given, where)
