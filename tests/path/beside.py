"""The pages that lie beside a resident's path: plain words, what was not understood, who is not logged in, staff."""

from collections.abc import Iterator

from tests.opinion.builders import CONFIRM, EASY
from tests.path.house import House
from tests.support.builders import a_line_id
from tests.support.chromium import Tab


def beside_the_path(tab: Tab, house: House) -> Iterator[str]:
    """Open them one after the other; gives the name of each while it is open."""
    yield from _in_plain_words(tab, house.base)
    tab.open(f"{house.base}/opinion/nowhere")
    tab.shows("ページが見つかりません")
    yield "opinion-trouble"
    tab.ask("Network.clearBrowserCookies")
    tab.open(f"{house.base}/settings")
    tab.shows("ログインしてください")
    yield "no-session"
    house.pages.app.platform.login.next_id = a_line_id(7)
    tab.press("はじめの画面へ", "location.pathname === '/'")
    tab.tick("confirmed")
    tab.press("LINEでログインして進む", "location.pathname === '/settings'")
    tab.shows("友だち登録をまだ確認できていません")
    yield "settings-unknown"
    tab.press("区の職員の方（試し送りの登録）", "location.pathname === '/staff'")
    tab.write("code", "AB-CD")
    tab.press("登録する", "document.body.innerText.includes('符号の形が違います')")
    yield "staff-wrong"
    tab.press("受信設定に戻る", "location.pathname === '/settings'")
    tab.press("ログアウト", "document.title.startsWith('ログアウトしました')")
    yield "logged-out"


def _in_plain_words(tab: Tab, base: str) -> Iterator[str]:
    tab.open(f"{base}{EASY}")
    yield "opinion-easy"
    tab.tick("addressee", "department")
    tab.tick("answer", "no")
    tab.find("document.querySelector('form button.main').click()")
    tab.until(f"location.pathname === '{CONFIRM}' && document.querySelector('#fix')")
    yield "opinion-easy-wrong"
    tab.tick("addressee", "mayor")
    tab.write("opinion", "こうえんの ブランコを なおしてください。")
    tab.find("document.querySelector('form button.main').click()")
    tab.until(f"location.pathname === '{CONFIRM}' && !document.querySelector('textarea')")
    yield "opinion-easy-confirm"
