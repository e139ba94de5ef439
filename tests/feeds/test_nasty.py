"""Whatever a site answers, a feed is read rightly or refused with a sentence; nothing of it goes further (I7, I9)."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from tayori.broadcast import desk
from tayori.errors import Unavailable
from tayori.feeds.entries import plain_text, read_moment
from tayori.feeds.fetch import LARGEST, fetch
from tayori.office import Office
from tayori.warehouse import origins
from tayori.warehouse.engines import reading
from tests.feeds.builders import HERE, a_segment, counted, looked, news, rfc822, rss
from tests.support.builders import START
from tests.support.feed_site import FeedSite

LATE = rfc822(START - timedelta(hours=49))
AHEAD = rfc822(START + timedelta(hours=2))
ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>新着</title><entry><id>tag:1</id>
<title type="html">防災&lt;b&gt;訓練&lt;/b&gt;</title><link href="https://{HERE}/1"/><updated>2026-11-02T09:30:00+09:00</updated>
<summary>広場で</summary></entry></feed>"""
RDF = f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>新着</title></channel>
<item rdf:about="https://{HERE}/1"><title>防災の日</title><link>https://{HERE}/1</link>
<dc:date>2026-11-02T09:00:00+09:00</dc:date></item></rdf:RDF>"""
SJIS = rss(news(), head='<?xml version="1.0" encoding="Shift_JIS"?>').encode("cp932")
JIS = rss(news(), head='<?xml version="1.0" encoding="ISO-2022-JP"?>').encode("iso2022_jp")
LAUGHS = "<!DOCTYPE r [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + at)} '{f'&{chr(97 + at)};' * 10}'>" for at in range(9)
)
PASSWD = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
DEEP = f"{'<a>' * 100}{'</a>' * 100}"

READ = {
    "rss 2.0": (rss(news()), {}, {"drafted": 1}),
    "atom": (ATOM, {}, {"drafted": 1}),
    "rss 1.0": (RDF, {}, {"drafted": 1}),
    "shift_jis": (SJIS, {}, {"drafted": 1}),
    "iso-2022-jp": (JIS, {}, {"drafted": 1}),
    "euc-jp by its header": (rss(news(), head="").encode("euc_jp"), {"content_type": "text/xml; charset=EUC-JP"}, 1),
    "utf-16": (rss(news(), head="").encode("utf-16"), {}, {"drafted": 1}),
    "byte order mark": (rss(news()).encode("utf-8-sig"), {}, {"drafted": 1}),
    "header against declaration": (SJIS, {"content_type": "text/xml; charset=Windows-31J"}, {"drafted": 1}),
    "a doctype without entities": (rss(news(), before="<!DOCTYPE rss PUBLIC '-//x' 'http://127.0.0.1:9/x'>"), {}, 1),
    "twice in one feed": (rss(news(), news()), {}, {"drafted": 1, "known": 1}),
    "under another id": (rss(news(), news(guid="other")), {}, {"drafted": 1, "known": 1}),
    "old": (rss(news(pubDate=LATE)), {}, {"old": 1}),
    "old, touched up": (rss(news(pubDate=LATE), news(number=2)), {}, {"old": 1, "drafted": 1}),
    "from the future": (rss(news(pubDate=AHEAD)), {}, {"undated": 1}),
    "undated": (rss(news(pubDate=None)), {}, {"undated": 1}),
    "a date that is none": (rss(news(pubDate="令和8年11月2日")), {}, {"undated": 1}),
    "no rule": (rss(news("図書館の休館日")), {}, {"unmatched": 1}),
    "no title": (rss(news("")), {}, {"no_title": 1}),
    "a title of 400 letters": (rss(news("防災" * 200)), {}, {"no_title": 1}),
    "a title of tags": (rss(news("<b></b>")), {}, {"no_title": 1}),
    "no id": (rss(news(guid=None, link=None)), {}, {"no_id": 1}),
    "a link elsewhere": (rss(news(link="https://evil.example/1")), {}, {"elsewhere": 1}),
    "a link that pretends": (rss(news(link=f"https://{HERE}@evil.example/1")), {}, {"elsewhere": 1}),
    "a link of script": (rss(news(link="javascript:alert(1)")), {}, {"elsewhere": 1}),
    "a link that breaks parsers": (rss(news(link="http://[::1/")), {}, {"elsewhere": 1}),
    "no news": (rss(), {}, {}),
}
REFUSED = {
    "billion laughs": (rss(news("&j;"), before=f"{LAUGHS}]>"), {}, "entities"),
    "billion laughs in utf-16": (rss(news(), head="", before=f"{LAUGHS}]>").encode("utf-16"), {}, "entities"),
    "a file of this machine": (rss(news("&x;"), before=PASSWD), {}, "entities"),
    "cut off": (rss(news())[:-20], {}, "well-formed"),
    "a bare ampersand": (rss("<item><title>A & B</title></item>"), {}, "well-formed"),
    "nothing": ("", {}, "well-formed"),
    "json": ('{"items": []}', {"content_type": "application/json"}, "well-formed"),
    "a page": ("<html><body><h1>お探しのページはありません</h1></body></html>", {}, "no RSS or Atom"),
    "nested without end": (rss(DEEP), {}, "nested"),
    "more entries than anybody reads": (rss(*(news(number=at) for at in range(501))), {}, "501 entries"),
    "everything new at once": (rss(*(news(f"防災 {at}", at) for at in range(21))), {}, "21 new entries at once"),
    "an encoding that is not its own": (SJIS, {"content_type": "text/xml; charset=utf-8"}, "and is not"),
    "an unknown encoding": (rss(news(), head="<?xml version='1.0' encoding='x-mac'?>"), {}, "not read here"),
    "noise": (bytes(range(256)) * 8, {}, "and is not"),
    "larger than a feed may be": (b"<rss>" + b" " * LARGEST, {}, "larger than"),
    "packed": (b"\x1f\x8b\x08", {"headers": {"Content-Encoding": "gzip"}}, "packed"),
    "less than promised": (rss(news()), {"announced": 100_000}, "did not answer"),
    "gone": ("", {"status": 404}, "answered 404"),
    "out of order": ("", {"status": 503}, "answered 503"),
    "led elsewhere": ("", {"status": 302, "headers": {"Location": "http://localhost:9/feed"}}, "no host"),
    "led to another scheme": ("", {"status": 301, "headers": {"Location": f"ftp://{HERE}/feed"}}, "not http"),
    "led to a file": ("", {"status": 301, "headers": {"Location": "file:///etc/passwd"}}, "no host"),
    "led in a circle": ("", {"status": 302, "headers": {"Location": "/feed"}}, "without end"),
}


@pytest.mark.parametrize("nasty", READ)
def test_what_can_be_read_is_read(sqlite_reader: Office, site: FeedSite, nasty: str) -> None:
    """Encodings, formats, dates and links as sites write them: each entry ends in exactly one count."""
    a_segment(sqlite_reader)
    body, how, expected = READ[nasty]
    assert counted(looked(sqlite_reader, site, body, **how)) == ({"drafted": 1} if expected == 1 else expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("nasty", REFUSED)
def test_what_is_not_sound_is_refused_whole(sqlite_reader: Office, site: FeedSite, nasty: str) -> None:
    """Broken, hostile, outsized or led elsewhere: one sentence, no draft, and no value of the feed in the sentence."""
    a_segment(sqlite_reader)
    body, how, sentence = REFUSED[nasty]
    found = looked(sqlite_reader, site, body, **how)  # type: ignore[arg-type]
    assert sentence in (found.trouble or "")
    assert not any(found.counts.values())
    assert "evil" not in str(found.trouble)
    with reading(sqlite_reader.warehouse) as connection:
        assert origins.waiting(connection) == []


def test_a_site_that_leads_within_the_list_is_followed(sqlite_reader: Office, site: FeedSite) -> None:
    """A page that moved on the same host is read where it is now."""
    a_segment(sqlite_reader)
    site.show(rss(news()), "/rss/new.xml")
    assert counted(looked(sqlite_reader, site, "", status=301, headers={"Location": "/rss/new.xml"})) == {"drafted": 1}
    assert site.asked == ["/feed", "/rss/new.xml"]


def test_a_host_off_the_list_is_never_asked(site: FeedSite) -> None:
    """The list is the setting's; an empty one allows nothing."""
    for url in (f"{site.base}/feed", "https://city.example.lg.jp/feed", "file:///etc/passwd", "//x"):
        with pytest.raises(Exception, match=r"no host|not understood"):
            fetch(url, ())
    assert site.asked == []


@pytest.mark.parametrize("url", ["http://city.example/feed", "https://city.example:8443/feed"])
def test_another_host_is_asked_under_tls_only(url: str) -> None:
    """L8: what is not this machine is https on its own port."""
    with pytest.raises(Exception, match="not https"):
        fetch(url, ("city.example",))


def test_a_site_that_takes_for_ever_is_left(site: FeedSite) -> None:
    """The whole answer has its time, however its pieces trickle; the clock is handed in."""
    url, ticks = site.show(rss(news())), count(step=21.0)
    with pytest.raises(Unavailable, match="too long"):
        fetch(url, (HERE,), clock=lambda: next(ticks))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("防災<b>訓練</b>", "防災訓練"),
        ("A &amp; B &lt;C&gt;", "A & B <C>"),
        ("前\n\t 後", "前 後"),
        ("\u202eだまし\u202c\u0007", "だまし"),
        ("<!-- x -->本文", "本文"),
        ("前<script>if (a < b) {}</script>後", "前後"),
        ("前<style>p</style><SCRIPT src=x>y</SCRIPT >後", "前後"),
        ("前<script>まだ", "前"),
        ("防\u200b災", "防災"),
        ("前" + "<script>" * 60_000, "前"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        (None, ""),
    ],
)
def test_markup_becomes_plain_text(written: object, plain: str) -> None:
    """Tags go, what they enclose stays; what cannot be seen or turns the reading direction goes."""
    assert plain_text(written) == plain


def test_what_a_script_says_is_not_part_of_a_title(sqlite_reader: Office, site: FeedSite) -> None:
    """Scripts go with their contents; a dollar in a title is a dollar."""
    a_segment(sqlite_reader)
    looked(sqlite_reader, site, rss(news("防災 $link <script>alert(1)</script> ${day} 100%")))
    with reading(sqlite_reader.warehouse) as connection:
        (one,) = origins.waiting(connection)
    said = desk.review(sqlite_reader, one.broadcast_id).messages.decode()
    assert "防災 $link ${day} 100%（11月2日）" in said
    assert "alert" not in said


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-02T09:00:00+09:00", "2026-11-02T00:00:00+00:00"),
        ("2026-11-02T00:00:00Z", "2026-11-02T00:00:00+00:00"),
        ("2026-11-02 09:00:00", "2026-11-02T00:00:00+00:00"),
        ("Mon, 02 Nov 2026 09:00:00 +0900", "2026-11-02T00:00:00+00:00"),
        ("Mon, 02 Nov 2026 09:00:00 JST", "2026-11-02T00:00:00+00:00"),
        ("Mon, 02 Nov 2026 00:00:00 GMT", "2026-11-02T00:00:00+00:00"),
        ("2026-11-02", "2026-11-01T15:00:00+00:00"),
        ("yesterday", None),
        ("", None),
        ("99999999999", None),
    ],
)
def test_a_moment_without_zone_is_tokyos(written: str, moment: str | None) -> None:
    """News never looks younger than it is for want of a time zone."""
    assert read_moment(written) == (datetime.fromisoformat(moment) if moment else None)
