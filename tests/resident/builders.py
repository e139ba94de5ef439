"""The residents' pages on a real loopback port, LINE's login played by the sandbox, and residents who use them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from pydantic import SecretStr

from sandbox.line.clock import JumpingClock
from sandbox.line.http import LineApp
from sandbox.line.platform import Account
from sandbox.line.serve import make_app as make_platform
from sandbox.line.serve import platform_in_thread
from tayori.office import Office
from tests.ingest.builders import an_event, deliver, take_in
from tests.resident.browser import Browser, Page
from tests.support.builders import TestClock, a_line_id
from tests.support.serving import listening, serving
from web.resident.app import make_app, make_context
from web.resident.context import Context
from web.resident.settings import ResidentSettings

ACCOUNT = Account()


@dataclass
class Door:
    """The pages of one office, and the platform that they log in at."""

    office: Office
    context: Context
    app: LineApp
    base: str
    clock: TestClock

    def browser(self) -> Browser:
        """Give a fresh browser."""
        return Browser(self.base)

    def enter(self, person: int = 1, browser: Browser | None = None) -> tuple[Browser, Page]:
        """Let a dummy person confirm the purpose and log in; give their browser and their settings page."""
        self.app.platform.login.next_id = a_line_id(person)
        browser = browser or self.browser()
        start = browser.get("/")
        page = browser.submit(start.form("/login"), confirmed="yes")
        return browser, page

    def follow(self, *people: int) -> None:
        """Let dummy people add the account."""
        deliver(self.office, *(an_event("follow", person) for person in people))
        take_in(self.office)


def settings_of(office: Office, line: str, base: str, **changes: object) -> ResidentSettings:
    """Give the settings of an office's pages."""
    chosen: dict[str, object] = {
        "web_base_url": base,
        "line_login_base": line,
        "line_login_channel_id": ACCOUNT.login_channel_id,
        "line_login_channel_secret": SecretStr(ACCOUNT.login_channel_secret),
        "database_url": office.settings.warehouse_address,
        "inbox_url": office.settings.inbox_address,
        "inbox_public_key_file": office.inbox_public_file,
        "index_key_file": office.index_path,
    }
    return ResidentSettings(**(chosen | changes))  # type: ignore[arg-type]


@contextlib.contextmanager
def running_pages(office: Office, clock: TestClock, **changes: object) -> Iterator[Door]:
    """Serve an office's pages, and the platform, on free loopback ports until the block ends."""
    app = make_platform(ACCOUNT, JumpingClock(clock))
    proxy = str(changes.pop("proxy", ""))
    with platform_in_thread(app) as line, listening() as (listener, base):
        context = make_context(settings_of(office, line.base_url, base, **changes), clock, Random(7))  # noqa: S311 - replayable
        with serving(make_app(context), listener, proxy):
            yield Door(office, context, app, base, clock)
