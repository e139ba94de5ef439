"""What LINE checks in flex messages: containers, components, actions and their limits, each fault by its property.

Source: Messaging API reference, Flex Message and action objects. What the reference leaves open is accepted here.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import regex

from sandbox.line.refusals import Detail

Json = Mapping[str, Any]
LARGEST: Final = {"bubble": 30 * 1024, "carousel": 50 * 1024}
"""Bytes of the JSON that defines the container."""
MOST_BUBBLES: Final = 12
LONGEST_LABEL: Final = 40
"""In grapheme clusters; required on a button."""
LONGEST_URI: Final = 1000
LONGEST_URL: Final = 2000
SCHEMES: Final = ("http://", "https://", "line://", "tel:")
IN_BOX: Final = {
    "horizontal": {"box", "button", "image", "text", "separator", "filler"},
    "vertical": {"box", "button", "image", "text", "separator", "filler"},
    "baseline": {"icon", "text", "filler"},
}
HERO: Final = {"box", "image", "video"}
_RATIO: Final = re.compile(r"([0-9]{1,6}):([0-9]{1,6})")
_CLUSTER: Final = regex.compile(r"\X")
_EMPTY: Final = "May not be empty"


def faults_in_container(container: object, where: str) -> Iterator[Detail]:
    """Everything that LINE would refuse in the contents of a flex message."""
    if not isinstance(container, Mapping) or container.get("type") not in LARGEST:
        yield Detail(f"Must be one of the following values: [{', '.join(LARGEST)}]", f"{where}.type")
        return
    largest = LARGEST[container["type"]]
    if len(json.dumps(container, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")) > largest:
        yield Detail(f"The size must be at most {largest} bytes", where)
    yield from (_bubble if container["type"] == "bubble" else _carousel)(container, where)


def faults_in_https(url: object, where: str) -> Iterator[Detail]:
    """What LINE would refuse in the address of a picture."""
    if not isinstance(url, str) or not url:
        yield Detail(_EMPTY, where)
    elif not url.startswith("https://"):
        yield Detail("Must start with https", where)
    elif len(url) > LONGEST_URL:
        yield Detail(f"Length must be between 0 and {LONGEST_URL}", where)


def _carousel(carousel: Json, where: str) -> Iterator[Detail]:
    bubbles = carousel.get("contents")
    if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= MOST_BUBBLES:
        yield Detail(f"Size must be between 1 and {MOST_BUBBLES}", f"{where}.contents")
        return
    for at, bubble in enumerate(bubbles):
        if not isinstance(bubble, Mapping) or bubble.get("type") != "bubble":
            yield Detail("Must be one of the following values: [bubble]", f"{where}.contents[{at}].type")
        else:
            yield from _bubble(bubble, f"{where}.contents[{at}]")
    if len({bubble.get("size", "mega") for bubble in bubbles if isinstance(bubble, Mapping)}) > 1:
        yield Detail("Bubbles of a carousel must have the same size", f"{where}.contents")


def _bubble(bubble: Json, where: str) -> Iterator[Detail]:
    for block in ("header", "body", "footer"):
        if block in bubble:
            yield from _component(bubble[block], {"box"}, f"{where}.{block}")
    if "hero" in bubble:
        yield from _component(bubble["hero"], HERO, f"{where}.hero")
    if "action" in bubble:
        yield from _action(bubble["action"], f"{where}.action", required=False)


def _component(part: object, allowed: set[str], where: str) -> Iterator[Detail]:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(part, Mapping) or kind not in allowed:
        yield Detail(f"Must be one of the following values: [{', '.join(sorted(allowed))}]", f"{where}.type")
        return
    if kind in _PARTS:
        yield from _PARTS[kind](part, where)
    if "action" in part:
        yield from _action(part["action"], f"{where}.action", required=kind == "button")


def _box(box: Json, where: str) -> Iterator[Detail]:
    layout, contents = box.get("layout"), box.get("contents")
    if layout not in IN_BOX:
        yield Detail(f"Must be one of the following values: [{', '.join(IN_BOX)}]", f"{where}.layout")
    elif not isinstance(contents, list):
        yield Detail(_EMPTY, f"{where}.contents")
    else:
        for at, part in enumerate(contents):
            yield from _component(part, IN_BOX[layout], f"{where}.contents[{at}]")


def _text(text: Json, where: str) -> Iterator[Detail]:
    if not text.get("contents") and (not isinstance(text.get("text"), str) or not text["text"]):
        yield Detail(_EMPTY, f"{where}.text")


def _button(button: Json, where: str) -> Iterator[Detail]:
    if "action" not in button:
        yield Detail(_EMPTY, f"{where}.action")


def _image(image: Json, where: str) -> Iterator[Detail]:
    yield from faults_in_https(image.get("url"), f"{where}.url")
    ratio = _RATIO.fullmatch(str(image.get("aspectRatio", "1:1")))
    if ratio is None or not 1 <= int(ratio[1]) <= 100_000 or not 1 <= int(ratio[2]) <= 3 * int(ratio[1]):  # noqa: PLR2004 - the reference
        yield Detail("Invalid aspect ratio", f"{where}.aspectRatio")


def _action(action: object, where: str, *, required: bool) -> Iterator[Detail]:
    if not isinstance(action, Mapping) or not isinstance(action.get("type"), str):
        yield Detail(_EMPTY, f"{where}.type")
        return
    label = action.get("label")
    if label in (None, ""):
        if required:
            yield Detail(_EMPTY, f"{where}.label")
    elif not isinstance(label, str) or len(_CLUSTER.findall(label)) > LONGEST_LABEL:
        yield Detail(f"Length must be between 0 and {LONGEST_LABEL}", f"{where}.label")
    if action["type"] == "uri":
        yield from _uri(action.get("uri"), f"{where}.uri")


def _uri(uri: object, where: str) -> Iterator[Detail]:
    if not isinstance(uri, str) or not uri:
        yield Detail(_EMPTY, where)
    elif not uri.startswith(SCHEMES):
        yield Detail("Invalid uri scheme", where)
    elif len(uri) > LONGEST_URI:
        yield Detail(f"Length must be between 0 and {LONGEST_URI}", where)


_PARTS: Final[dict[str, Callable[[Json, str], Iterator[Detail]]]] = {
    "box": _box,
    "text": _text,
    "button": _button,
    "image": _image,
}
