"""The pages in a real Chromium: no attack from another page, and a look that everybody can read."""

from collections.abc import Iterator

import pytest

from tests.ingest.builders import rows
from tests.resident.builders import Door
from tests.resident.test_forgeries import handed_in
from tests.support.builders import a_line_id
from tests.support.chromium import Tab, running_chromium
from tests.support.elsewhere import HOSTS, REFERRERS, assert_refused, assert_unframed
from tests.support.readable import assert_readable
from tests.surveys.builders import published

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PAGES = ("/settings", "/me", "/erase", "/staff", "/surveys", "/surveys/library", "/letter", "/nowhere")


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


@pytest.mark.parametrize("said", REFERRERS)
def test_a_browser_that_hides_where_it_was_is_taken(one_door: Door, said: str) -> None:
    """O6: the genuine request is accepted also where no Referer is sent, or an Origin of null for want of it."""
    with running_chromium(*REFERRERS[said].flags) as tab:
        enter(tab, one_door)
        before = handed_in(one_door)
        tab.find(REFERRERS[said].script)
        tab.press("この内容で保存する", "document.body.innerText.includes('受け付けました')")
        assert handed_in(one_door) == before + 1


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


@pytest.mark.parametrize("host", [pytest.param(host, id=name) for host, name in HOSTS])
def test_a_page_elsewhere_that_posts_by_itself_is_refused(one_door: Door, tab: Tab, host: str) -> None:
    """O6: with a session that lives and even a token that was read off the screen, nothing is taken.

    The neighbour on another port is the harder one: the browser sends it the cookie, so that only route and token stand
    between.
    """
    enter(tab, one_door)
    token = str(tab.find("document.querySelector('[name=token]').value"))
    pages = attacks(one_door.base, token)
    assert_refused(tab, host, pages, one_door.context.refused.total, lambda: handed_in(one_door))
    tab.open(f"{one_door.base}/settings")
    tab.shows("受信設定")


def test_the_pages_cannot_be_framed(one_door: Door, tab: Tab) -> None:
    """Clickjacking: a frame of another page stays empty, though the browser holds a session."""
    enter(tab, one_door)
    assert_unframed(tab, f"{one_door.base}/settings")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(one_door: Door, tab: Tab, *, dark: bool) -> None:
    """JIS X 8341-3 AA: contrast, labels, targets, outline, axe-core; nothing runs out at 320 px and at 200 %."""
    one_door.follow(1)
    ask(one_door)
    tab.ask("Network.clearBrowserCookies")
    tab.open(f"{one_door.base}/")
    assert_readable(tab, "/", dark=dark)
    enter(tab, one_door)
    for path in PAGES:
        tab.open(f"{one_door.base}{path}")
        assert_readable(tab, path, dark=dark)
