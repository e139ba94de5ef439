"""Builders of what a writer hands in: one of every kind of message, a picture with a camera's traces, the material."""

import io
from datetime import date
from typing import Any

from PIL import Image

from tayori.broadcast.picturing import prepared
from tayori.domain.material import Material
from tayori.domain.pictures import Picture
from tayori.domain.placeholders import placeholders_on

HOST = "www.city.example.jp"
SITE = f"https://{HOST}"
DOORS = "https://doors.example.jp"
DAY = date(2026, 11, 26)
FLYER = "flyer.jpg"
TEXT = {
    "type": "text",
    "text": f"明日、防災訓練を行います。📣 {SITE}/bosai?page=2 をご覧ください。",
}
IMAGE = {"type": "image", "image": FLYER}
LINKS = [{"label": "くわしく見る", "uri": f"{SITE}/bosai"}, {"label": "地図", "uri": f"{SITE}/map#hiroba"}]
NOTICE = {
    "type": "card",
    "template": "notice",
    "title": "総合防災訓練",
    "body": "起震車と消火器の体験ができます。",
    "date": "12月1日（火）午前9時",
    "place": "区役所前広場",
    "contact": "{{担当課}} {{電話}}",
    "image": FLYER,
    "links": LINKS,
}
EVENTS = {
    "type": "card",
    "template": "events",
    "title": "12月の催し",
    "events": [
        {"date": "12月5日", "title": "もちつき大会", "place": "中央公園", "link": f"{SITE}/mochi"},
        {"date": "12月12日", "title": "絵本の会"},
    ],
    "links": LINKS[:1],
}
EASY = {
    "type": "card",
    "template": "easy",
    "title": "地震（じしん）の 練習（れんしゅう）",
    "body": "12月1日に します。",
    "editions": [{"language": "English", "title": "Earthquake drill", "body": "On December 1."}],
}
EVERY_KIND: list[dict[str, Any]] = [TEXT, IMAGE, NOTICE, EVENTS, EASY]


def a_photo(size: tuple[int, int] = (800, 600), kind: str = "JPEG", *, colour: str = "teal", turned: int = 1) -> bytes:
    """Give a picture file with the place, the camera and a comment written into it."""
    held, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "marked-camera"
    exif.get_ifd(0x8825)[1] = "N"
    more: dict[str, Any] = {"comment": b"marked-comment"} if kind == "JPEG" else {}
    Image.new("RGB", size, colour).save(held, kind, exif=exif, **more)
    return held.getvalue()


def a_picture(colour: str = "teal") -> Picture:
    """Give a picture that may be sent."""
    return prepared(a_photo(colour=colour), FLYER)


def material(picture: Picture | None = None) -> Material:
    """Give what the messages of these builders may use."""
    return Material(frozenset({HOST}), DOORS, placeholders_on(DAY), {FLYER: picture or a_picture()})
