"""Marked people on the residents' pages: they log in, set, look, answer, stop, erase themselves; and strangers."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import httpx

from sandbox.demo.world import serving, wait_for
from tayori.desk.surveys import publish
from tayori.vault.roster import Credential
from tests.canary.world import World
from tests.resident.browser import Browser, Page
from tests.support.ports import free_port
from tests.surveys.builders import a_survey

TOGETHER = 10  # answers to an anonymous survey go in together
STRANGER = 9_998
FORGED = {"aud": "another channel", "sub": None}


@contextlib.contextmanager
def pages(world: World) -> Iterator[str]:
    """Serve the residents' pages in a process of their own; give their address."""
    port, office = free_port(), world.office
    base = f"http://127.0.0.1:{port}"
    settings = {
        "TAYORI_WEB_BASE_URL": base,
        "TAYORI_LINE_LOGIN_BASE": world.platform.base_url,
        "TAYORI_LINE_LOGIN_CHANNEL_ID": world.platform.account.login_channel_id,
        "TAYORI_LINE_LOGIN_CHANNEL_SECRET": world.platform.account.login_channel_secret,
        "TAYORI_DATABASE_URL": office.settings.warehouse_address,
        "TAYORI_INDEX_KEY_FILE": str(office.index_path),
    }
    command = ["-m", "web.resident", "--port", str(port)]
    log = world.said / "resident.log"
    with serving(command, "/healthz", port, log, world.environment | settings) as served:
        wait_for(served)
        yield base


def visit(world: World, by: Credential, ids: list[str]) -> None:
    """Let marked people use every page; the first of them erases themself, the second stops everything."""
    closes_on = (world.office.today() + timedelta(days=30)).isoformat()
    for name, anonymous in (("library", False), ("parks", True)):
        publish(world.office, by, a_survey(name=name, anonymous=anonymous, closes_on=closes_on))
    with pages(world) as base:
        for at, line_id in enumerate(ids[: TOGETHER + 2]):
            browser, page = _entered(world, base, line_id)
            _use(world, browser, page, at)
        _entered(world, base, world.marks.resident(STRANGER))
        world.platform.control.ask("login", id=ids[0], tamper=FORGED)
        _logged_in(Browser(base))
        world.platform.control.ask("login", id=ids[0], denies=True)
        _logged_in(Browser(base))
        world.platform.control.ask("login")
        _wrong_addresses(world, base)


def _entered(world: World, base: str, line_id: str) -> tuple[Browser, Page]:
    world.platform.control.ask("login", id=line_id)
    browser = Browser(base)
    return browser, _logged_in(browser)


def _logged_in(browser: Browser) -> Page:
    return browser.submit(browser.get("/").form("/login"), confirmed="yes")


def _use(world: World, browser: Browser, page: Page, at: int) -> None:
    mark = world.marks.letter(6_000 + at)
    assert "受け付けました" in browser.submit(page.form("/settings"), genre=[1, 3], birth_year=str(1950 + at)).text
    browser.submit(browser.get("/settings").form("/settings"), birth_year=mark, note=world.marks.talk)
    for path in ("/me", "/me/download", "/me/download.json", "/letter"):
        assert browser.get(path).status == 200, path
    named = browser.get("/surveys/library").form("/surveys/library")
    assert "受け付けました" in browser.submit(named, **{"q-often": "a", "q-wish": mark}).text
    counted = browser.get("/surveys/parks").form("/surveys/parks")
    again = browser.submit(counted, **{"q-books": mark}).form("/surveys/parks")
    assert "受け付けました" in browser.submit(again, **{"q-often": "b", "q-books": ""}).text
    if at == 1:
        browser.submit(browser.get("/settings").form("/stop"))
    if at == 0:
        browser.submit(browser.get("/erase").form("/erase"))


def _wrong_addresses(world: World, base: str) -> None:
    """Ask for pages that are none, by marks in every part of a request, as a scanner or a mistaken link does."""
    mark, talk = world.marks.resident(5), world.marks.talk
    browser = Browser(base)
    browser.get(f"/{mark}?who={mark}", headers={"user-agent": talk, "cookie": f"session={mark}", "referer": talk})
    browser.post("/settings", [("token", mark), (talk, talk)])
    browser.get(f"/login/callback?code={mark}&state={talk}")
    browser.get("/", headers={"host": f"{world.marks.tail}.example.jp"})
    httpx.request(talk, base, timeout=60)
