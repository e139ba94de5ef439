"""The platform's own checks of flex messages and pictures: what LINE's reference names, at the border."""

import json
from typing import Any

import pytest

from sandbox.line.messages import faults_in

URI = {"type": "uri", "label": "見る", "uri": "https://example.com/"}
FAMILY = "👨‍👩‍👧‍👦"


def body(*contents: object, layout: str = "vertical") -> dict[str, Any]:
    return {"type": "bubble", "body": {"type": "box", "layout": layout, "contents": list(contents)}}


def flex(contents: object, alt: str = "題") -> dict[str, Any]:
    return {"type": "flex", "altText": alt, "contents": contents}


def faults(message: dict[str, Any]) -> list[str]:
    return [fault.property for fault in faults_in([message])]


def sized(size: int) -> dict[str, Any]:
    """Give a bubble whose JSON has this many bytes."""
    bare = body({"type": "text", "text": ""})
    return body({"type": "text", "text": "x" * (size - len(json.dumps(bare, separators=(",", ":"))))})


TEXT = {"type": "text", "text": "本文"}
PICTURE = {"type": "image", "url": "https://example.com/a.png"}


@pytest.mark.parametrize(
    "contents",
    [
        body(TEXT),
        body(),
        body({"type": "text", "contents": [{"type": "span", "text": "x"}]}),
        body({"type": "button", "action": URI}, {"type": "separator"}, PICTURE),
        body(TEXT, {"type": "icon", "url": "https://example.com/i.png"}, layout="baseline"),
        body({"type": "button", "action": URI | {"label": FAMILY * 40, "uri": "tel:" + "0" * 996}}),
        body(PICTURE | {"aspectRatio": "1:3"}),
        body(TEXT | {"action": {"type": "uri", "uri": "line://x"}}),
        {"type": "bubble", "hero": PICTURE},
        {"type": "carousel", "contents": [body(TEXT)] * 12},
        sized(30 * 1024),
    ],
)
def test_what_the_reference_allows_is_taken(contents: dict[str, Any]) -> None:
    """Twelve bubbles, forty letters, 1,000 characters, 30 KB: each border belongs to it."""
    assert faults(flex(contents)) == []


@pytest.mark.parametrize(
    ("contents", "where"),
    [
        ({"type": "sphere"}, ".type"),
        (body({"type": "video"}), ".body.contents[0].type"),
        (body(PICTURE, layout="baseline"), ".body.contents[0].type"),
        (body(layout="diagonal"), ".body.layout"),
        ({"type": "bubble", "body": {"type": "box", "layout": "vertical"}}, ".body.contents"),
        ({"type": "bubble", "body": TEXT}, ".body.type"),
        (body({"type": "text", "text": ""}), ".body.contents[0].text"),
        (body({"type": "button"}), ".body.contents[0].action"),
        (body({"type": "button", "action": {"type": "uri", "uri": "https://x"}}), ".body.contents[0].action.label"),
        (body({"type": "button", "action": URI | {"label": "字" * 41}}), ".body.contents[0].action.label"),
        (body({"type": "button", "action": URI | {"uri": "ftp://x"}}), ".body.contents[0].action.uri"),
        (body({"type": "button", "action": URI | {"uri": "tel:" + "0" * 997}}), ".body.contents[0].action.uri"),
        (body(PICTURE | {"url": "http://example.com/a.png"}), ".body.contents[0].url"),
        (body(PICTURE | {"url": "https://" + "a" * 1_993}), ".body.contents[0].url"),
        (body(PICTURE | {"aspectRatio": "1:4"}), ".body.contents[0].aspectRatio"),
        ({"type": "carousel", "contents": []}, ".contents"),
        ({"type": "carousel", "contents": [body(TEXT)] * 13}, ".contents"),
        ({"type": "carousel", "contents": [body(TEXT), body(TEXT) | {"size": "kilo"}]}, ".contents"),
        ({"type": "carousel", "contents": [TEXT]}, ".contents[0].type"),
        (sized(30 * 1024 + 1), ""),
    ],
)
def test_what_the_reference_forbids_is_refused_by_its_property(contents: dict[str, Any], where: str) -> None:
    """One step beyond each border."""
    assert faults(flex(contents)) == [f"messages[0].contents{where}"]


@pytest.mark.parametrize(("units", "count"), [(1_500, 0), (1_501, 1)])
def test_the_text_of_the_notification_has_its_border(units: int, count: int) -> None:
    """AltText takes 1,500 UTF-16 units."""
    assert len(faults(flex(body(TEXT), "x" * units))) == count


@pytest.mark.parametrize("name", ["originalContentUrl", "previewImageUrl"])
@pytest.mark.parametrize("url", ["http://example.com/a.png", "https://" + "a" * 1_993, "", 7])
def test_a_picture_is_fetched_over_https_from_an_address_of_2000_characters(name: str, url: object) -> None:
    """Both addresses of an image message."""
    good = {"type": "image", "originalContentUrl": "https://" + "a" * 1_992, "previewImageUrl": "https://x"}
    assert faults(good) == []
    assert faults(good | {name: url}) == [f"messages[0].{name}"]
