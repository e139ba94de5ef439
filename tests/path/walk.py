"""What a resident does, from adding the account to being erased, in one browser: step by step, page by page."""

import time
from collections.abc import Iterator
from pathlib import Path

from tayori.ingest.wishes import CAUSE
from tests.ingest.builders import rows, take_in
from tests.path.house import LINK, House
from tests.support.chromium import Tab
from tests.support.opened import opened

PATIENCE_SECONDS = 30
STORED = "SELECT birth_year, sex, area FROM reception_settings"
GENRES = "SELECT genre FROM genre_choice ORDER BY genre"
LETTER = "児童公園の水飲み場の水が出ません。夏までに直してください。"
WRITER, MAIL = "模擬 太郎", "dummy@example.jp"


def the_path(tab: Tab, house: House, downloads: Path) -> Iterator[str]:
    """Go the whole path; gives the name of each page while it is open. It asserts what is read and what is stored."""
    tab.ask("Security.setIgnoreCertificateErrors", ignore=True)
    tab.ask("Network.clearBrowserCookies")
    (greeting,) = house.follow()
    assert "ブロックする前に" in greeting
    tiles = house.raise_menu()
    assert tiles["受信設定"] in LINK.findall(greeting)
    yield from _entering(tab, tiles["受信設定"])
    yield from _choosing(tab, house)
    house.clock.forward(minutes=1)
    yield from _answering_a_survey(tab, house)
    house.clock.forward(minutes=1)
    receipt = ""
    for page in _writing(tab, house, tiles["ご意見"]):
        yield page
        if page == "opinion-receipt":
            receipt = str(tab.find("document.querySelector('.number').textContent"))
    house.clock.forward(minutes=1)
    yield from _asking_after_it(tab, house, receipt)
    yield from _seeing_what_is_held(tab, house, downloads)
    house.clock.forward(minutes=1)
    yield from _leaving(tab, house)


def _entering(tab: Tab, at: str) -> Iterator[str]:
    """P4, L5: purpose and items are read and confirmed before anybody is asked who it is."""
    tab.open(at)
    tab.shows("はじめに、利用目的をご確認ください")
    tab.shows("確認していただくまで、区は何もお預かりしません")
    yield "start"
    tab.press("LINEでログインして進む", "document.querySelector('[name=confirmed]:invalid')")
    tab.tick("confirmed")
    tab.press("LINEでログインして進む", "document.title === '模擬の LINE ログイン'")
    tab.shows("求められている許可: openid")
    tab.press("許可する", "location.pathname === '/settings'")
    tab.shows("どの項目も任意で")
    yield "settings-first"


def _choosing(tab: Tab, house: House) -> Iterator[str]:
    """L1: the area by its town, which is kept nowhere; what the choice means in messages a month."""
    tab.write("town", "高田馬場")
    tab.tick("genre", "1")
    tab.tick("genre", "3")
    tab.press("町名から地域を選ぶ", "location.pathname === '/settings/area'")
    tab.shows("地域は「戸塚」です")
    tab.shows("まだ保存していません")
    assert take_in(house.office).rows == 0
    yield "settings-area"
    tab.write("birth_year", "1985")
    tab.tick("sex", "1")
    tab.press("この内容で保存する", "location.pathname === '/settings'")
    tab.shows("受け付けました")
    tab.shows("1985年（昭和60年）")
    tab.shows("多くて1か月に8通ほど")
    assert take_in(house.office).receptions.received == 1
    assert rows(house.office, STORED) == [(1985, 1, 6)]
    assert rows(house.office, GENRES) == [(1,), (3,)]
    yield "settings"


def _answering_a_survey(tab: Tab, house: House) -> Iterator[str]:
    """L6: every question is voluntary; a wrong answer is told beside its question."""
    tab.press("アンケートに答える", "location.pathname === '/surveys'")
    yield "surveys"
    tab.press("図書館の使いかた（記名、12月31日まで）", "location.pathname === '/surveys/library'")
    yield "survey"
    tab.tick("q-often", "a")
    tab.write("q-books", "たくさん")
    tab.press("回答を送る", "document.title.startsWith('回答の確認')")
    tab.shows("0以上の数字で書いてください")
    yield "survey-wrong"
    tab.write("q-books", "3")
    tab.press("回答を送る", "location.pathname === '/surveys'")
    tab.shows("回答を受け付けました")
    take_in(house.office)
    assert rows(house.office, "SELECT count(*) FROM survey_answer") == [(1,)]
    yield "surveys-answered"


def _writing(tab: Tab, house: House, at: str) -> Iterator[str]:
    """O1, O6: written, told what is missing, looked over, sent; the letter is a case and its writer has a number."""
    tab.open(at)
    tab.shows("区へのご意見・お問合せ")
    yield "opinion"
    tab.tick("addressee", "mayor")
    tab.tick("answer", "yes")
    tab.write("opinion", LETTER)
    tab.write("email", MAIL.replace("@", " "))
    tab.press("内容を確認する", "document.title.startsWith('入力の確認')")
    tab.shows("「回答の方法」を選んでください。")
    yield "opinion-wrong"
    tab.tick("answer_by", "email")
    tab.write("name", WRITER)
    tab.write("email", MAIL)
    tab.press("内容を確認する", "document.title.startsWith('内容の確認')")
    tab.press("書き直す", "location.pathname === '/opinion/edit'")
    assert tab.find("document.querySelector('[name=opinion]').value") == LETTER
    tab.press("内容を確認する", "document.title.startsWith('内容の確認')")
    tab.shows(LETTER)
    assert house.desk.waiting() == 0
    yield "opinion-confirm"
    tab.press("送信する", "document.title.startsWith('受付')")
    tab.shows("この番号は、いまここにしか出ません")
    yield "opinion-receipt"
    assert take_in(house.office).letters.recorded == 1
    (case,) = opened(house.office)
    assert (case["opinion"], case["name"], case["email"]) == (LETTER, WRITER, MAIL)


def _asking_after_it(tab: Tab, house: House, receipt: str) -> Iterator[str]:
    """O1: who has the number sees the state, and nothing of the letter."""
    tab.press("受付番号で、いまの状況を見る", "location.pathname === '/letter'")
    yield "letter"
    tab.write("receipt", receipt)
    tab.press("状況を見る", "document.title.startsWith('照会の結果')")
    tab.shows("受け付けています")
    assert WRITER not in tab.text()
    assert receipt not in str(tab.find("location.href"))
    assert rows(house.office, "SELECT count(*) FROM letter_receipt") == [(1,)]
    yield "letter-state"


def _seeing_what_is_held(tab: Tab, house: House, downloads: Path) -> Iterator[str]:
    """What the ward holds is shown whole, and saved as a text."""
    tab.open(f"{house.base}/settings")
    tab.press("区が保有しているあなたの情報を見る", "location.pathname === '/me'")
    tab.shows("開示請求の手続きではありません")
    for held in ("1985年（昭和60年）", "戸塚", "子育て、防災・防犯", "図書館の使いかた"):
        tab.shows(held)
    yield "held"
    tab.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
    tab.press("文書で保存（テキスト）", "true")
    saved = _arrived(downloads / "tayori-my-settings.txt")
    assert "生年: 1985年（昭和60年）" in saved
    assert LETTER not in saved


def _arrived(path: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return path.read_text("utf-8-sig")


def _leaving(tab: Tab, house: House) -> Iterator[str]:
    """L1, L14: all is stopped in one tap; then everything is erased without blocking, and the browser is logged out."""
    tab.press("受信設定に戻る", "location.pathname === '/settings'")
    tab.press("すべての配信を止める", "document.body.innerText.includes('すべての配信を止めました')")
    tab.shows("選んでいません（何も届きません）")
    take_in(house.office)
    assert rows(house.office, STORED) == [(None, None, None)]
    assert rows(house.office, GENRES) == []
    yield "stopped"
    tab.press("あなたの情報をすべて消去する", "location.pathname === '/erase'")
    tab.shows("元に戻せません")
    yield "erase"
    tab.press("すべて消去する", "document.title.startsWith('消去を受け付けました')")
    assert take_in(house.office).wishes.applied == 1
    assert rows(house.office, "SELECT left_cause FROM person") == [(CAUSE,)]
    yield "erased"
    tab.open(f"{house.base}/me")
    tab.shows("消去を受け付けました")
