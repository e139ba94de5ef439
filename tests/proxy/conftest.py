"""The doors behind nginx, once for each module."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.door.builders import running_door, settings_of
from tests.opinion.builders import running_screen
from tests.proxy.builders import House, port_of
from tests.resident.builders import running_pages
from tests.support.builders import TestClock, an_office
from tests.support.nginx import NAME, running_proxy
from tests.support.ports import free_port
from tests.support.wording import a_picture


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the doors of an office on SQLite, behind nginx, for a whole module."""
    clock, port = TestClock(), free_port()
    office = an_office(tmp_path_factory.mktemp("house") / "home", clock)
    office.media_folder.mkdir()
    (office.media_folder / a_picture().name).write_bytes(a_picture().content)
    folder = tmp_path_factory.mktemp("nginx")
    with (
        running_door(settings_of(office, media_folder=office.media_folder)) as door,
        running_pages(office, clock, web_base_url=f"https://{NAME}:{port}") as pages,
        running_screen(office, clock, opinion_base_url=f"https://{NAME}:{port}") as desk,
        running_proxy(folder, port_of(door.base), port_of(pages.base), port_of(desk.base), port) as proxy,
    ):
        yield House(office, proxy, replace(pages, base=proxy.base), replace(desk, base=proxy.base))
    office.close()
