"""Cards: the few flex templates that a writer may fill in. A card is the same for everybody; LINE draws it (I4).

Fields are the writer's, layout is ours: a raw flex message is never read. Every field that the SDK would add by itself
stands here already (`animated`), so that what is approved is what is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tayori.domain.material import Material

Json = dict[str, Any]
INK, QUIET, ACCENT, PAPER, PALE = "#1A1A1A", "#55595E", "#1F4E79", "#FFFFFF", "#EEF2F6"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a template: how many grapheme clusters, or entries of a list, it takes at most."""

    most: int
    required: bool = False
    entries: Mapping[str, "Field"] | None = None  # the fields of each entry, where the field is a list
    is_link: bool = False
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its fields, and how it is drawn."""

    fields: Mapping[str, Field]
    draw: Callable[[Json, Material], Json]
    headline: tuple[str, ...]  # fields that become the text of the notification


_LINK: Final = {"label": Field(40, required=True), "uri": Field(1_000, required=True, is_link=True)}
_LINKS: Final = Field(3, entries=_LINK)
_EVENT: Final = {
    "date": Field(60, required=True),
    "title": Field(80, required=True),
    "place": Field(80),
    "link": Field(1_000, is_link=True),
}
_EDITION: Final = {
    "language": Field(30, required=True),
    "title": Field(120, required=True),
    "body": Field(900, required=True),
}


def drawn(template: str, fields: Json, material: Material) -> Json:
    """Draw a card from its checked fields: a flex message as LINE takes it."""
    chosen = TEMPLATES[template]
    alt = fields.get("alt") or "｜".join(str(fields[name]) for name in chosen.headline if name in fields)
    return {"type": "flex", "altText": alt, "contents": chosen.draw(fields, material)}


def _notice(fields: Json, material: Material) -> Json:
    facts = [
        (label, fields[name])
        for name, label in (("date", "日時"), ("place", "場所"), ("contact", "問合せ"))
        if name in fields
    ]
    body = [_title(fields["title"]), *([_text(fields["body"])] if "body" in fields else [])]
    if facts:
        body += [_rule(), _column([_fact(label, value) for label, value in facts], spacing="sm", margin="lg")]
    return _bubble(body, fields.get("links", []), _hero(fields, material))


def _events(fields: Json, material: Material) -> Json:
    body = [_title(fields["title"]), *([_text(fields["body"])] if "body" in fields else [])]
    for event in fields["events"]:
        body += [_rule(), _column(_event(event), spacing="xs", margin="lg")]
    return _bubble(body, fields.get("links", []), _hero(fields, material))


def _event(event: Json) -> list[Json]:
    title = _text(event["title"], weight="bold")
    if "link" in event:
        title |= {"color": ACCENT, "decoration": "underline", "action": _uri("詳しく見る", event["link"])}
    place = [_text(event["place"], size="sm", color=QUIET)] if "place" in event else []
    return [_text(event["date"], size="sm", color=ACCENT), title, *place]


def _easy(fields: Json, material: Material) -> Json:
    body = [_label("やさしい日本語"), _title(fields["title"]), _text(fields["body"], lineSpacing="8px")]
    for edition in fields["editions"]:
        body += [_rule(), _label(edition["language"]), _title(edition["title"], size="md"), _text(edition["body"])]
    return _bubble(body, fields.get("links", []), _hero(fields, material))


def _bubble(body: list[Json], links: list[Json], hero: Json | None) -> Json:
    """Put a card together; its colours are set, so that it reads the same in a dark talk."""
    bubble: Json = {"type": "bubble", "size": "mega"}
    if hero is not None:
        bubble["hero"] = hero
    bubble["body"] = _column(body, spacing="md")
    if links:
        bubble["footer"] = _column([_button(link, first=at == 0) for at, link in enumerate(links)], spacing="sm")
    white = {"backgroundColor": PAPER}
    bubble["styles"] = {"body": white, **({"footer": white} if links else {})}
    return bubble


def _hero(fields: Json, material: Material) -> Json | None:
    if "image" not in fields:
        return None
    picture = material.pictures[fields["image"]]
    return {
        "type": "image",
        "url": material.address(picture.preview_name),
        "size": "full",
        "aspectRatio": f"{picture.width}:{picture.height}",
        "aspectMode": "cover",
        "animated": False,
    }


def _column(contents: list[Json], **more: str) -> Json:
    return {"type": "box", "layout": "vertical", "contents": contents, **more}


def _text(text: str, **more: str) -> Json:
    return {"type": "text", "text": text, "size": "md", "color": INK, "wrap": True, **more}


def _title(text: str, size: str = "lg") -> Json:
    return _text(text, size=size, weight="bold")


def _label(text: str) -> Json:
    return _text(text, size="xs", color=QUIET)


def _rule() -> Json:
    return {"type": "separator", "margin": "lg"}


def _fact(label: str, value: str) -> Json:
    named = {**_text(label, size="sm", color=QUIET), "flex": 2}
    return {"type": "box", "layout": "baseline", "contents": [named, {**_text(value, size="sm"), "flex": 7}]}


def _button(link: Json, *, first: bool) -> Json:
    look = {"style": "primary", "color": ACCENT} if first else {"style": "link"}
    return {"type": "button", **look, "height": "sm", "action": _uri(link["label"], link["uri"])}


def _uri(label: str, uri: str) -> Json:
    return {"type": "uri", "label": label, "uri": uri}


_COMMON: Final = {"alt": Field(1_500), "image": Field(200, is_picture=True), "links": _LINKS}
TEMPLATES: Final[Mapping[str, Template]] = {
    "notice": Template(
        {
            "title": Field(120, required=True),
            "body": Field(1_500),
            "date": Field(100),
            "place": Field(100),
            "contact": Field(100),
            **_COMMON,
        },
        _notice,
        ("title", "date", "place"),
    ),
    "events": Template(
        {
            "title": Field(120, required=True),
            "body": Field(600),
            "events": Field(10, required=True, entries=_EVENT),
            **_COMMON,
        },
        _events,
        ("title",),
    ),
    "easy": Template(
        {
            "title": Field(120, required=True),
            "body": Field(900, required=True),
            "editions": Field(2, required=True, entries=_EDITION),
            **_COMMON,
        },
        _easy,
        ("title",),
    ),
}
