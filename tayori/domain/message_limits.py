"""What LINE takes: the limits of its reference, checked on the very messages that would go out.

Source: Messaging API reference, message objects (read 2026-11): text 5,000 UTF-16 units; altText 1,500; a bubble 30 KB
of JSON; a label on a flex button 40 grapheme clusters; URIs 1,000, picture addresses 2,000, pictures over https; an
image at most three times as high as wide. The depth is ours: LINE names none, and deeper cards are hard to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tayori.domain.links import link_fault, links_in
from tayori.domain.material import Material
from tayori.domain.measures import clusters, json_bytes, utf16_units

LONGEST_TEXT: Final = 5_000
LONGEST_ALT: Final = 1_500
LONGEST_LABEL: Final = 40
LONGEST_PICTURE_ADDRESS: Final = 2_000
LARGEST_BUBBLE: Final = 30 << 10
DEEPEST: Final = 5
HIGHEST_RATIO: Final = 3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What LINE or the ward would refuse: where it stands, and the rule as a sentence. Never the value."""

    place: str
    rule: str


def faults_in(message: Json, material: Material) -> Iterator[Fault]:
    """Give everything in a message, as LINE would get it, that breaks a limit or a rule on links."""
    match message["type"]:
        case "text":
            yield from _text_faults(message["text"], "text", LONGEST_TEXT, material)
        case "image":
            for place in ("originalContentUrl", "previewImageUrl"):
                yield from _picture_faults(message[place], place, material)
        case "flex":
            yield from _text_faults(message["altText"], "altText", LONGEST_ALT, material)
            yield from _bubble_faults(message["contents"], material)


def _bubble_faults(bubble: Json, material: Material) -> Iterator[Fault]:
    size = json_bytes(bubble)
    if size > LARGEST_BUBBLE:
        yield Fault("contents", f"{size} bytes of JSON, LINE takes at most {LARGEST_BUBBLE} for a card. Shorten it.")
    for block in ("hero", "body", "footer"):
        if block in bubble:
            yield from _component_faults(bubble[block], f"contents.{block}", 1, material)


def _component_faults(component: Json, place: str, depth: int, material: Material) -> Iterator[Fault]:
    if depth > DEEPEST:
        yield Fault(place, f"boxes lie deeper than {DEEPEST} in each other. Make the card flatter.")
        return
    if "text" in component:
        yield from _text_faults(component["text"], f"{place}.text", LONGEST_TEXT, material)
    if "url" in component:
        yield from _picture_faults(component["url"], f"{place}.url", material)
        yield from _ratio_faults(component["aspectRatio"], f"{place}.aspectRatio")
    if "action" in component:
        yield from _action_faults(component["action"], f"{place}.action", material)
    for at, part in enumerate(component.get("contents", [])):
        yield from _component_faults(part, f"{place}.contents[{at}]", depth + 1, material)


def _text_faults(text: str, place: str, longest: int, material: Material) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(place, "the text is empty.")
    units = utf16_units(text)
    if units > longest:
        yield Fault(place, f"{units} UTF-16 units, LINE takes at most {longest}. Shorten it.")
    for link in links_in(text):
        fault = link_fault(link, material.link_hosts)
        if fault:
            yield Fault(place, fault)


def _action_faults(action: Json, place: str, material: Material) -> Iterator[Fault]:
    length = clusters(action["label"])
    if not 1 <= length <= LONGEST_LABEL or not action["label"].strip():
        yield Fault(f"{place}.label", f"{length} letters, LINE takes 1 to {LONGEST_LABEL} on a button. Shorten it.")
    fault = link_fault(action["uri"], material.link_hosts)
    if fault:
        yield Fault(f"{place}.uri", fault)


def _picture_faults(address: str, place: str, material: Material) -> Iterator[Fault]:
    if not address.startswith("https://"):
        yield Fault(
            place, "LINE fetches pictures over https only. Set TAYORI_WEB_BASE_URL to the doors' https address."
        )
    elif not address.startswith(material.media_base):
        yield Fault(place, "the picture lies elsewhere; only pictures handed in here are sent.")
    elif len(address) > LONGEST_PICTURE_ADDRESS:
        yield Fault(place, f"the address is longer than LINE's {LONGEST_PICTURE_ADDRESS} characters.")


def _ratio_faults(ratio: str, place: str) -> Iterator[Fault]:
    width, _, height = ratio.partition(":")
    if int(height) > HIGHEST_RATIO * int(width):
        yield Fault(
            place, f"the picture is more than {HIGHEST_RATIO} times as high as wide; LINE does not draw it. Crop it."
        )
