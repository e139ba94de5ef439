"""Builders of feeds: news as RSS and Atom, rules as the ward writes them, an office that reads them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tayori.domain.segments import Everyone, canonical_segment
from tayori.feeds.run import Looked, look
from tayori.office import Office
from tayori.warehouse import segments
from tayori.warehouse.engines import writing
from tests.broadcast.builders import Staff, residents, staff
from tests.support.builders import START
from tests.support.feed_site import FeedSite

HERE = "127.0.0.1"
RULES = """
feeds:
  - name: ward-news
    url: {url}
    max_age_hours: "48"
    rules:
      - {{genre: 防災・防犯, segment: all, title: 防災|避難, text: "$title（$day）\\n$summary\\n$link"}}
      - {{genre: イベント, segment: all, category: イベント, text: "$title\\n$link"}}
"""


def rules_file(folder: Path, url: str) -> Path:
    """Write the ward's rules for one feed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "feeds.yaml"
    path.write_text(RULES.format(url=url), "utf-8")
    return path


def a_segment(office: Office) -> None:
    """Store the segment that the rules name."""
    with writing(office.warehouse) as connection:
        segments.add(connection, "all", canonical_segment(Everyone()), "suzuki", office.now())


def a_ward(office: Office) -> Staff:
    """Give residents who chose 防災, staff, and the segment that the rules name."""
    residents(office, 20)
    a_segment(office)
    return staff(office)


def rfc822(moment: datetime) -> str:
    """A moment as RSS writes it."""
    return moment.strftime("%a, %d %b %Y %H:%M:%S %z")


def news(title: str = "防災訓練のお知らせ", number: int = 1, **parts: str | None) -> str:
    """One item of RSS; a part given as None is left out."""
    written = {
        "title": escape(title),
        "link": f"https://{HERE}/news/{number}.html",
        "guid": f"news-{number}",
        "pubDate": rfc822(START - timedelta(hours=1)),
        "description": "区役所前の広場で行います。",
    } | parts
    return "<item>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in written.items() if text is not None) + "</item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', before: str = "") -> str:
    """An RSS 2.0 feed of these items."""
    return f"{head}{before}<rss version='2.0'><channel><title>新着</title>{''.join(items)}</channel></rss>"


def looked(office: Office, site: FeedSite, body: bytes | str, **how: Any) -> Looked:  # noqa: ANN401 - what a page takes
    """Let the site show a feed, and look at it."""
    site.show(body, **how)
    return look(office, "ward-news")


def counted(found: Looked) -> dict[str, int]:
    """The outcomes that were counted at all."""
    assert found.trouble is None, found.trouble
    return {name: count for name, count in found.counts.items() if count}
