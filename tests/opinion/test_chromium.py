"""The screen in a real Chromium: no attack from another page, a look for everybody (O6); its path: `tests/path`."""

from collections.abc import Iterator

import pytest

from tests.opinion.builders import ANSWERED, CONFIRM, EASY, FORM, SEND, Desk
from tests.support.chromium import Tab, running_chromium
from tests.support.elsewhere import HOSTS, REFERRERS, assert_refused, assert_unframed
from tests.support.readable import assert_readable

pytestmark = [pytest.mark.chromium, pytest.mark.slow]
PAGES = ("form", "easy", "wrong", "easy wrong", "confirm", "sent", "refused")


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Give one browser for the module."""
    with running_chromium() as running:
        yield running


def fill(tab: Tab, **given: object) -> None:
    """Fill the form as a resident does."""
    for name, value in given.items():
        kind = "radio" if name in {"addressee", "answer", "answer_by"} else "text"
        place = f"[name={name}][value={value}]" if kind == "radio" else f"[name={name}]"
        tab.find(f"document.querySelector('{place}').{'click()' if kind == 'radio' else f'value = {value!r}'}; true")


def show(tab: Tab, desk: Desk, page: str) -> None:
    """Go to one of the pages."""
    tab.open(desk.base + (EASY if page.startswith("easy") else FORM))
    tab.shows("119")
    go, send = ("書いたことを", "送る") if page.startswith("easy") else ("内容を確認する", "送信する")
    if page == "refused":
        tab.open(f"{desk.base}/opinion/nowhere")
        tab.shows("ページが見つかりません")
        return
    if page in {"confirm", "sent"}:
        fill(tab, **{"addressee": "mayor", "opinion": "模擬の意見です。", **ANSWERED})
    if page in {"form", "easy"}:
        return
    tab.find(f"document.querySelector('form button.main').click() || {go!r}")
    tab.until(f"location.pathname === '{CONFIRM}'")
    if page == "sent":
        tab.press(send, f"location.pathname === '{SEND}'")


def test_a_double_tap_is_one_letter(one_desk: Desk, tab: Tab) -> None:
    """Two taps on the button of the real browser: one letter, and its number is shown."""
    before = one_desk.waiting()
    show(tab, one_desk, "confirm")
    tab.find("document.querySelector('form button.main').click(); document.querySelector('form button.main').click()")
    tab.until(f"location.pathname === '{SEND}'")
    tab.shows("受付番号")
    assert one_desk.waiting() == before + 1


@pytest.mark.parametrize("said", REFERRERS)
def test_a_browser_that_hides_where_it_was_is_taken(one_desk: Desk, said: str) -> None:
    """O6: the genuine letter is accepted also where no Referer is sent, or an Origin of null for want of it."""
    before = one_desk.waiting()
    with running_chromium(*REFERRERS[said].flags) as tab:
        show(tab, one_desk, "confirm")
        tab.find(REFERRERS[said].script)
        tab.press("送信する", f"location.pathname === '{SEND}'")
        tab.shows("受付番号")
    assert one_desk.waiting() == before + 1


def attacks(base: str, fields: dict[str, str]) -> dict[str, str]:
    """Give pages that post a letter by themselves, each in another way."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    go, to = "<script>document.forms[0].submit()</script>", f"{base}{SEND}"
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    return {
        "/plain": f'<form method="post" action="{to}">{inputs}</form>{go}',
        "/confirm": f'<form method="post" action="{base}{CONFIRM}">{inputs}</form>{go}',
        "/no-referrer": f'<meta name="referrer" content="no-referrer">'
        f'<form method="post" action="{to}">{inputs}</form>{go}',
        "/multipart": f'<form method="post" enctype="multipart/form-data" action="{to}">{inputs}</form>{go}',
        "/text": f'<form method="post" enctype="text/plain" action="{to}">{inputs}</form>{go}',
        "/fetch": f"<script>fetch('{to}', {{method: 'POST', mode: 'no-cors', credentials: 'include', "
        f"body: new URLSearchParams({query!r})}})</script>",
        "/beacon": f"<script>navigator.sendBeacon('{to}', new URLSearchParams({query!r}))</script>",
        "/sandboxed": f'<iframe sandbox="allow-forms allow-scripts" srcdoc="&lt;form method=post action={to}&gt;'
        '&lt;/form&gt;&lt;script&gt;document.forms[0].submit()&lt;/script&gt;"></iframe>',
    }


@pytest.mark.parametrize("host", [pytest.param(host, id=name) for host, name in HOSTS])
def test_a_page_elsewhere_that_posts_by_itself_is_refused(one_desk: Desk, tab: Tab, host: str) -> None:
    """O6: even with a token that was read off the screen, and with the cookie where the browser sends it."""
    show(tab, one_desk, "confirm")
    read = "Object.fromEntries([...new FormData(document.forms[0])])"
    fields = {str(name): str(value) for name, value in tab.find(read).items()}
    pages = attacks(one_desk.base, fields)
    assert_refused(tab, host, pages, one_desk.screen.refused.total, one_desk.waiting)


def test_the_screen_cannot_be_framed(one_desk: Desk, tab: Tab) -> None:
    """Clickjacking: a frame of another page stays empty."""
    assert_unframed(tab, f"{one_desk.base}{FORM}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(one_desk: Desk, tab: Tab, *, dark: bool) -> None:
    """JIS X 8341-3 AA: contrast, labels, targets, outline, axe-core; nothing runs out at 320 px and at 200 %."""
    for page in PAGES:
        show(tab, one_desk, page)
        assert_readable(tab, page, dark=dark)
