"""Menus at LINE become those of the file: no moment without one, cut off it goes on, others' are left alone."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from sandbox.line.serve import RunningPlatform
from tayori.errors import Refused, Unavailable
from tayori.line.richmenu import MenuClient, MenuId, Standing
from tayori.menus import replacing
from tayori.menus.replacing import Drawn, Verb, drawn, replace
from tayori.reports.menu_picture import LARGEST, draw
from tests.support.menus import some_menus

OLD, NEW = drawn(some_menus(tabs=2, note="古い")), drawn(some_menus(tabs=2, note="新しい"))
ONE = drawn(some_menus(tabs=1))


class Stopped(Exception):
    """The run was cut off here."""


class Watched:
    """The real client; before each change it looks at what residents see, and after so many it is cut off."""

    def __init__(self, line: MenuClient, most: int = 1 << 30) -> None:
        self._line = line
        self._left = most
        self.seen: list[Standing] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the client has
        method = getattr(self._line, name)
        if name in {"standing", "is_dressed", "faults_in"}:
            return method

        def change(*given: object) -> Any:  # noqa: ANN401 - as above
            self.seen.append(self._line.standing())
            if self._left == 0:
                raise Stopped
            self._left -= 1
            return method(*given)

        return change


@pytest.fixture
def line(platform: RunningPlatform) -> MenuClient:
    """Give a client of a fresh platform."""
    return MenuClient(platform.base_url, platform.base_url, platform.account.access_token)


def shows(line: MenuClient, wanted: list[Drawn]) -> bool:
    """Whether LINE shows exactly these menus of ours, dressed, by their tabs, the first one to everybody."""
    there = line.standing()
    known = replacing.ours(there)
    aliases = {f"tab-{at}": known.get(one.name) for at, one in enumerate(wanted, 1)} if len(wanted) > 1 else {}
    return (
        set(known) == {one.name for one in wanted}
        and all(there.menus[known[one.name]] == one.menu for one in wanted)
        and all(line.is_dressed(menu) for menu in known.values())
        and there.aliases == aliases
        and there.shown == known[wanted[0].name]
    )


def test_a_first_menu_is_made_dressed_named_and_shown(line: MenuClient) -> None:
    """L2: nothing there, then everything; a second run finds nothing to do."""
    assert replace(line, OLD)
    assert shows(line, OLD)
    assert replace(line, OLD) == []


@pytest.mark.parametrize("after", [NEW, ONE], ids=["two tabs", "one tab"])
def test_a_menu_is_replaced_without_a_gap(line: MenuClient, after: list[Drawn]) -> None:
    """Before every single change residents see a dressed menu, and every tab leads to one."""
    replace(line, OLD)
    watched = Watched(line)
    replace(watched, after)
    assert shows(line, after)
    assert len(watched.seen) > 5
    for seen in watched.seen:
        assert seen.shown in seen.menus
        assert set(seen.aliases.values()) <= set(seen.menus)
    assert line.standing().shown is not None


@pytest.mark.parametrize("most", range(11))
def test_cut_off_anywhere_it_goes_on(line: MenuClient, most: int) -> None:
    """After any number of changes the run ends; residents see a menu all the same, and the next run finishes."""
    replace(line, OLD)
    before = line.standing().shown
    try:
        replace(Watched(line, most), NEW)
    except Stopped:
        assert line.standing().shown is not None
    replace(line, NEW)
    assert shows(line, NEW)
    assert line.standing().shown != before


def test_menus_of_others_are_left_alone(line: MenuClient) -> None:
    """A menu that we did not make is neither removed nor renamed, even while it was the one that everybody saw."""
    other = line.make(ONE[0].menu | {"name": "別の案内"})
    line.dress(other, ONE[0].picture)
    line.show(other)
    replace(line, NEW)
    assert other in line.standing().menus
    assert line.standing().shown != other


def test_a_menu_changed_by_hand_is_put_right(line: MenuClient) -> None:
    """Removed, hidden or led elsewhere by somebody: a run puts it back."""
    replace(line, NEW)
    first, second = (replacing.ours(line.standing())[one.name] for one in NEW)
    line.show(second)
    line.rename("tab-1", second)
    line.remove(first)
    assert {step.verb for step in replace(line, NEW)} == {Verb.MAKE, Verb.DRESS, Verb.RENAME, Verb.SHOW}
    assert shows(line, NEW)


def test_what_line_objects_to_is_told_by_its_place(line: MenuClient) -> None:
    """LINE's check names the property; making it is refused and changes nothing that residents see."""
    faulty = ONE[0].menu | {"chatBarText": "あ" * 15}
    assert line.faults_in(faulty) == ("chatBarText",)
    with pytest.raises(Refused, match="chatBarText"):
        replace(line, [Drawn("tayori-x", faulty, ONE[0].picture)])
    assert line.standing() == Standing()


def test_a_line_that_is_away_or_refuses_us_is_a_sentence(platform: RunningPlatform) -> None:
    """No answer, a refused token, a menu that is gone meanwhile: each says what to do."""
    with pytest.raises(Unavailable, match="did not answer"):
        MenuClient("http://127.0.0.1:9", "http://127.0.0.1:9", "token").standing()
    with pytest.raises(Unavailable, match="TAYORI_LINE_ACCESS_TOKEN"):
        MenuClient(platform.base_url, platform.base_url, "an old token").standing()
    gone = MenuClient(platform.base_url, platform.base_url, platform.account.access_token)
    with pytest.raises(Unavailable, match="Run it again"):
        gone.show(MenuId("richmenu-" + "0" * 32))


def test_the_same_words_are_the_same_picture() -> None:
    """Drawn twice, byte for byte; other words, another picture and another name."""
    menus = some_menus(tabs=2)
    assert draw(menus, 1) == draw(menus, 1)
    assert len({one.name for one in (*OLD, *NEW, *ONE)}) == 5
    assert len({one.picture for one in (*OLD, *NEW, *ONE)}) == 5


@pytest.mark.parametrize(("tabs", "tiles"), [(1, 1), (2, 3), (4, 4)])
def test_the_picture_is_one_that_line_takes(tabs: int, tiles: int) -> None:
    """PNG, of the size that the menu names, at most 1 MB."""
    menus = some_menus(tabs, tiles)
    for one in drawn(menus):
        image = Image.open(io.BytesIO(one.picture))
        size = one.menu["size"]
        assert (image.format, image.size) == ("PNG", (size["width"], size["height"]))
        assert len(one.picture) <= LARGEST
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 3, "something is drawn"


def test_pictures_go_to_lines_other_host(platform: RunningPlatform) -> None:
    """Pictures are sent to the address of LINE's data API, everything else to the other one."""
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9", trust_env=False)
    split = MenuClient(platform.base_url, "http://127.0.0.1:9", platform.account.access_token)
    made = split.make(ONE[0].menu)
    with pytest.raises(Unavailable, match="did not answer"):
        split.dress(made, ONE[0].picture)
