"""The pages in a real Chromium: the whole path, no attack from another page, and a look that everybody can read."""

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import NO_PROGRAM
from tests.ingest.builders import rows, take_in
from tests.resident.builders import Door
from tests.resident.chromium import Tab, running_chromium
from tests.resident.test_forgeries import handed_in
from tests.support.builders import a_line_id
from tests.surveys.builders import published

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PHONE, DESK, ZOOMED = (390, 844), (1280, 800), (320, 600)
PAGES = ("/settings", "/me", "/erase", "/staff", "/surveys", "/surveys/library", "/letter", "/nowhere")
AXE = Path(os.environ.get("AXE_CORE", "axe.min.js"))
CONTRAST = """(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const part = v => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = c => { const f = c.slice(0, 3).map(part);
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const b = parse(getComputedStyle(e).backgroundColor);
    if (b[3] > 0) return b; } return [255, 255, 255, 1]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, s = getComputedStyle(e);
    if (!walk.currentNode.textContent.trim() || e.closest('.skip, option, optgroup')) continue;
    const a = light(parse(s.color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push([e.tagName, e.textContent.trim().slice(0, 20), ratio.toFixed(2)]);
  }
  return poor;
})()"""
UNLABELLED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => !one.labels.length && !one.getAttribute('aria-label')).map(one => one.name)"""
SMALL = """[...document.querySelectorAll('button, a.button, label.pick, nav a, select')]
  .filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.textContent.trim().slice(0, 20))"""
OUTLINE = """[document.documentElement.lang, document.querySelectorAll('h1').length,
  document.querySelectorAll('main').length, document.title.length > 0]"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Give one browser for the module."""
    with running_chromium() as running:
        yield running


def ask(door: Door) -> None:
    """Let a survey be open, once for the module."""
    if not rows(door.office, "SELECT name FROM survey"):
        published(door.office)


def enter(tab: Tab, door: Door, person: int = 1) -> None:
    """Go in as a resident does: read, tick, log in at LINE."""
    door.app.platform.login.next_id = a_line_id(person)
    tab.ask("Network.clearBrowserCookies")
    tab.open(f"{door.base}/")
    tab.shows("はじめに、利用目的をご確認ください")
    tab.find("document.querySelector('[name=confirmed]').click()")
    tab.press("LINEでログインして進む", "location.pathname === '/settings'")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desktop"])
def test_the_whole_path_without_a_script_of_ours(door: Door, tab: Tab, size: tuple[int, int]) -> None:
    """L1, P4: purpose, LINE's own page, settings by town, saving, seeing it, being erased; scripts are off."""
    door.follow(1)
    tab.look(*size)
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.ask("Network.clearBrowserCookies")
    door.app.platform.people.add_dummies(3)
    tab.open(f"{door.base}/")
    tab.press("LINEでログインして進む", "document.querySelector('[name=confirmed]:invalid')")
    tab.find("document.querySelector('[name=confirmed]').click()")
    tab.press("LINEでログインして進む", "document.title === '模擬の LINE ログイン'")
    door.app.platform.login.next_id = a_line_id(1)
    tab.press("許可する", "location.pathname === '/settings'")
    tab.find("document.querySelector('#town').value = '高田馬場'")
    tab.press("町名から地域を選ぶ", "location.pathname === '/settings/area'")
    tab.shows("地域は「戸塚」です")
    tab.find("[...document.querySelectorAll('[name=genre]')].slice(0, 2).forEach(one => one.click())")
    tab.find("document.querySelector('#year').value = '1985'")
    tab.press("この内容で保存する", "location.pathname === '/settings'")
    tab.shows("受け付けました")
    take_in(door.office)
    stored = rows(door.office, "SELECT birth_year, sex, area FROM reception_settings")
    assert stored == [(1985, None, 6)]
    assert rows(door.office, "SELECT genre FROM genre_choice ORDER BY genre") == [(1,), (2,)]
    tab.press("区が保有しているあなたの情報を見る", "location.pathname === '/me'")
    tab.shows("1985年（昭和60年）")
    tab.press("受信設定に戻る", "location.pathname === '/settings'")
    tab.press("あなたの情報をすべて消去する", "location.pathname === '/erase'")
    tab.press("すべて消去する", "document.title.includes('消去を受け付けました')")
    assert take_in(door.office).wishes.applied == 1
    tab.ask("Emulation.setScriptExecutionDisabled", value=False)


def test_a_browser_that_sends_no_referer_is_taken(one_door: Door) -> None:
    """O6: the genuine request is accepted also where the browser never sends a Referer."""
    with running_chromium("--no-referrers") as tab:
        enter(tab, one_door)
        before = handed_in(one_door)
        tab.press("この内容で保存する", "document.body.innerText.includes('受け付けました')")
        assert handed_in(one_door) == before + 1


class _Evil(BaseHTTPRequestHandler):
    """A page of somebody else that tries what such pages try."""

    def __init__(self, pages: dict[str, str], *given: object) -> None:
        self.pages = pages
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        content = self.pages.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def another_site(pages: dict[str, str]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Evil, pages))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def attacks(base: str, token: str) -> dict[str, str]:
    """Give pages that post by themselves, each in another way."""
    fields = f'<input name="token" value="{token}"><input name="genre" value="9">'
    go = "<script>document.forms[0].submit()</script>"
    return {
        "/plain": f'<form method="post" action="{base}/settings">{fields}</form>{go}',
        "/no-referrer": f'<meta name="referrer" content="no-referrer">'
        f'<form method="post" action="{base}/settings">{fields}</form>{go}',
        "/stop": f'<form method="post" action="{base}/stop">{fields}</form>{go}',
        "/erase": f'<form method="post" action="{base}/erase">{fields}</form>{go}',
        "/multipart": f'<form method="post" enctype="multipart/form-data" action="{base}/settings">{fields}</form>{go}',
        "/text": f'<form method="post" enctype="text/plain" action="{base}/settings">{fields}</form>{go}',
        "/login": f'<form method="post" action="{base}/login"><input name="confirmed" value="yes">'
        f'<input name="purpose" value="2026-11">{fields}</form>{go}',
        "/sandboxed": f'<iframe sandbox="allow-forms allow-scripts" srcdoc="&lt;form method=post '
        f"action='{base}/settings'&gt;&lt;input name=token value={token}&gt;&lt;/form&gt;"
        '&lt;script&gt;document.forms[0].submit()&lt;/script&gt;"></iframe>',
        "/fetch": f"<script>fetch('{base}/settings', {{method: 'POST', mode: 'no-cors', credentials: 'include', "
        f"body: new URLSearchParams('genre=9&token={token}')}}).finally(() => document.title = 'sent')</script>",
    }


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["another site", "same site, another origin"])
def test_a_page_elsewhere_that_posts_by_itself_is_refused(one_door: Door, tab: Tab, host: str) -> None:
    """O6: with a session that lives and even a token that was read off the screen, nothing is taken.

    The neighbour on another port is the harder one: the browser sends it the cookie, so that only route and token stand
    between.
    """
    enter(tab, one_door)
    token = str(tab.find("document.querySelector('[name=token]').value"))
    with another_site(attacks(one_door.base, token)) as port:
        for path in attacks(one_door.base, token):
            before, refused = handed_in(one_door), one_door.context.refused.total()
            tab.ask("Page.navigate", url=f"http://{host}:{port}{path}")
            waiting = threading.Event()
            for _ in range(200):
                if one_door.context.refused.total() > refused:
                    break
                waiting.wait(0.05)
            assert one_door.context.refused.total() > refused, path
            assert handed_in(one_door) == before, path
    tab.open(f"{one_door.base}/settings")
    tab.shows("受信設定")


def test_the_pages_cannot_be_framed(one_door: Door, tab: Tab) -> None:
    """Clickjacking: a frame of another page stays empty, though the browser holds a session."""
    enter(tab, one_door)
    framing = {"/": f'<iframe src="{one_door.base}/settings" onload="document.title = \'loaded\'"></iframe>'}
    with another_site(framing) as port:
        tab.open(f"http://127.0.0.1:{port}/")
        tab.until("document.title === 'loaded'")
        frame = tab.ask("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]
    assert frame.get("unreachableUrl") or frame["url"].startswith("chrome-error:")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(one_door: Door, tab: Tab, *, dark: bool) -> None:
    """JIS X 8341-3 AA as far as a program sees it: contrast, labels, targets, outline; nothing runs out at 200 %."""
    one_door.follow(1)
    ask(one_door)
    enter(tab, one_door)
    for path in ("/", *PAGES):
        if path == "/":
            tab.ask("Network.clearBrowserCookies")
            tab.look(*PHONE, dark=dark)
            tab.open(f"{one_door.base}/")
            assert_readable(tab, path, dark=dark)
            enter(tab, one_door)
            continue
        tab.open(f"{one_door.base}{path}")
        assert_readable(tab, path, dark=dark)


def assert_readable(tab: Tab, path: str, *, dark: bool) -> None:
    for size in (ZOOMED, PHONE, DESK):
        tab.look(*size, dark=dark)
        assert tab.find("document.documentElement.scrollWidth") <= size[0], (path, size)
        assert tab.find(CONTRAST) == [], (path, size)
        assert tab.find(SMALL) == [], (path, size)
    assert tab.find(UNLABELLED) == [], path
    assert tab.find(OUTLINE) == ["ja", 1, 1, True], path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(one_door: Door, tab: Tab, *, dark: bool) -> None:
    """axe-core, where its file is given by AXE_CORE, has no violation to report on any page."""
    if not AXE.is_file():
        pytest.skip(NO_PROGRAM)
    one_door.follow(1)
    ask(one_door)
    tab.look(*PHONE, dark=dark)
    tab.ask("Page.setBypassCSP", enabled=True)
    enter(tab, one_door)
    found = {}
    for path in (*PAGES, "/"):
        if path == "/":
            tab.ask("Network.clearBrowserCookies")
        tab.open(f"{one_door.base}{path}")
        tab.find(AXE.read_text("utf-8") + ";true")
        told = tab.find("axe.run().then(one => one.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        found[path] = told
    tab.ask("Page.setBypassCSP", enabled=False)
    assert not any(found.values()), found
