"""The opinion screen on a real loopback port, and residents who write."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tayori.office import Office
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading
from tests.resident.browser import Browser, Page
from tests.support.builders import TestClock
from tests.support.serving import listening, serving
from web.opinion.app import make_app, make_screen
from web.opinion.screen import Screen
from web.opinion.settings import OpinionSettings
from web.tokens import Tokens

FORM, EASY, CONFIRM, EDIT, SEND = "/opinion/", "/opinion/easy", "/opinion/confirm", "/opinion/edit", "/opinion/send"


@dataclass
class Desk:
    """A running screen of one office."""

    office: Office
    screen: Screen
    base: str
    clock: TestClock

    def browser(self) -> Browser:
        """Give a fresh browser."""
        return Browser(self.base)

    def ready(self, browser: Browser | None = None, /, **changes: str | list[str] | None) -> tuple[Browser, Page]:
        """Let a dummy resident write, up to the page that asks whether to send it."""
        browser = browser or self.browser()
        page = browser.get(FORM)
        return browser, browser.submit(page.form(CONFIRM), **(A_LETTER | changes))

    def write(self, **changes: str | list[str] | None) -> Page:
        """Let a dummy resident write and send."""
        browser, page = self.ready(**changes)
        return browser.submit(page.form(SEND))

    def restart(self) -> None:
        """Let the screen forget what a process forgets that ends."""
        self.screen.tokens = Tokens()
        self.screen.sent.clear()

    def waiting(self) -> int:
        """Give how many letters lie in the inbox."""
        with reading(self.office.inbox) as connection:
            return len(inbox.oldest(connection, ("letter",), 10_000))


A_LETTER: dict[str, Any] = {
    "addressee": "mayor",
    "opinion": "模擬の意見です。公園の水飲み場を直してください。",
    "answer": "no",
}
ANSWERED: dict[str, Any] = {
    "answer": "yes",
    "answer_by": "email",
    "name": "模擬 太郎",
    "email": "dummy@example.jp",
}


def receipt_of(page: Page) -> str:
    """Give the receipt number that a page shows."""
    at = page.reader.texts.index("受付番号") if "受付番号" in page.reader.texts else -1
    return page.reader.texts[at + 1]


def settings_of(office: Office, base: str, **changes: object) -> OpinionSettings:
    """Give the settings of an office's screen."""
    chosen: dict[str, object] = {
        "inbox_public_key_file": office.inbox_public_file,
        "inbox_url": office.settings.inbox_address,
        "opinion_base_url": base,
    }
    return OpinionSettings(**(chosen | changes))  # type: ignore[arg-type]


@contextlib.contextmanager
def running_screen(office: Office, clock: TestClock, **changes: object) -> Iterator[Desk]:
    """Serve the screen on a free loopback port until the block ends."""
    with listening() as (listener, base):
        screen = make_screen(settings_of(office, base, **changes), clock)
        with serving(make_app(screen), listener):
            yield Desk(office, screen, base, clock)
