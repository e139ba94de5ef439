"""Everything that a resident meets, on real ports: LINE as the sandbox plays it, both doors, nginx before them."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from sandbox.line.client import ControlClient
from tayori.domain.menu import read_menus
from tayori.domain.talk import fixed_texts
from tayori.ingest.answering import Answering, Outcome
from tayori.line.client import LineClient
from tayori.line.richmenu import MenuClient
from tayori.menus.replacing import drawn, replace
from tayori.office import Office
from tests.door.builders import RunningDoor, running_door, settings_of
from tests.ingest.builders import take_in
from tests.opinion.builders import Desk, running_screen
from tests.proxy.builders import port_of
from tests.resident.builders import ACCOUNT, Door, running_pages
from tests.resident.test_settings_page import add_broadcasts
from tests.support.builders import TestClock
from tests.support.menus import HOSTS, a_file
from tests.support.nginx import NAME, running_proxy
from tests.support.ports import free_port
from tests.surveys.builders import published
from web.door.webhook import WEBHOOK_PATH

LINK = re.compile(r"https://\S+")


@dataclass(frozen=True)
class House:
    """The servers of one ward: `base` is its address as residents see it."""

    office: Office
    clock: TestClock
    base: str
    door: RunningDoor
    pages: Door
    desk: Desk

    @property
    def line(self) -> ControlClient:
        """What happens at LINE."""
        return ControlClient(self.pages.context.settings.line_login_base)

    def follow(self) -> list[str]:
        """Let a dummy person add the account; give the texts that LINE was asked to say to them."""
        self.line.ask("keep", most=20)
        self.line.ask("webhook", url=self.door.base + WEBHOOK_PATH)
        self.line.friends(1)
        client = LineClient(self.pages.context.settings.line_login_base, ACCOUNT.access_token)
        answering = Answering(fixed_texts(self.base), lambda: client.reply, self.clock)
        take_in(self.office, answering.hear)
        assert answering.end(30)[Outcome.ANSWERED] == 1
        said = [json.loads(one.body) for one in self.line.exchanges() if one.path.endswith("/message/reply")]
        return [message["text"] for reply in said for message in reply["messages"]]

    def raise_menu(self) -> dict[str, str]:
        """Put the menu up at LINE; give where the tiles that everybody sees lead, by what they are called."""
        line = self.pages.context.settings.line_login_base
        client = MenuClient(line, line, ACCOUNT.access_token)
        file = a_file(tiles=3)
        file["tabs"][0]["tiles"][1] |= {"title": "ご意見", "link": "ご意見"}
        replace(client, drawn(read_menus(file, self.base, HOSTS)))
        standing = client.standing()
        assert standing.shown is not None
        assert client.is_dressed(standing.shown)
        actions = [area["action"] for area in standing.menus[standing.shown]["areas"]]
        return {action["label"]: action["uri"] for action in actions}


@contextlib.contextmanager
def running_house(folder: Path, office: Office, clock: TestClock) -> Iterator[House]:
    """Serve an office that sent news for three months and asks one survey, until the block ends."""
    base = f"https://{NAME}:{(port := free_port())}"
    with (
        running_door(settings_of(office, line_channel_secret=SecretStr(ACCOUNT.channel_secret))) as door,
        running_pages(office, clock, web_base_url=base) as pages,
        running_screen(office, clock, opinion_base_url=base, web_base_url=base) as desk,
        running_proxy(folder, port_of(door.base), port_of(pages.base), port_of(desk.base), port),
    ):
        weeks = [clock() - timedelta(days=7 * week) for week in range(12)]
        add_broadcasts(pages, [(genre, "sent", ended_at) for ended_at in weeks for genre in (1, 3)])
        published(office)
        yield House(office, clock, base, door, pages, desk)
