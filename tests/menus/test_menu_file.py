"""Menu files: the ward's words and pages and nothing else; what LINE or a phone cannot show is refused by its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tayori.domain.menu import LONGEST_BAR, OWN_PAGES, WIDTH, menu_object, read_menus
from tayori.domain.ward import ward
from tayori.errors import BadInput
from tests.support.menus import BASE, HOSTS, SITE, a_file, a_tile, some_menus

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "richmenu.yaml"


def with_tile(**changes: object) -> dict[str, Any]:
    file = a_file()
    file["tabs"][0]["tiles"] = [a_tile(**changes), a_tile()]
    return file


def with_tab(**changes: object) -> dict[str, Any]:
    file = a_file()
    file["tabs"][0] |= changes
    return file


REFUSED: Mapping[str, tuple[object, str]] = {
    "no file": (None, "the file"),
    "a further field": (a_file(owner="U" + "0" * 32), "the file"),
    "a long bar": (a_file(bar="あ" * (LONGEST_BAR + 1)), "bar"),
    "no tab": (a_file(tabs=0), "tabs"),
    "five tabs": (a_file(tabs=5), "tabs"),
    "tabs of other heights": (
        {"bar": "メニュー", "tabs": [a_file()["tabs"][0], {"tab": "案内", "columns": 2, "tiles": [a_tile()] * 4}]},
        "tabs",
    ),
    "a tab named by a genre": (with_tab(tab="子育ての窓口"), "tab 1, tab"),
    "no column": (with_tab(columns=0), "tab 1, columns"),
    "columns in words": (with_tab(columns="2"), "tab 1, columns"),
    "a tile too few": (with_tab(columns=3), "tab 1, tiles"),
    "a third row": (with_tab(tiles=[a_tile()] * 6), "tab 1, tiles"),
    "a postback": (with_tile(data="genre=1"), "tab 1, tile 1"),
    "a number for a title": (with_tile(title=1), "tab 1, tile 1, title"),
    "an empty title": (with_tile(title=" "), "tab 1, tile 1, title"),
    "a title that no phone shows": (with_tile(title="あ" * 8), "tab 1, tile 1, title"),
    "three lines": (with_tile(title="あ\nい\nう"), "tab 1, tile 1, title"),
    "two letters in the mark": (with_tile(mark="災害"), "tab 1, tile 1, mark"),
    "a letter that nobody sees": (with_tile(title="ご\u200bみ"), "tab 1, tile 1, title"),
    "another site": (with_tile(link="https://www.example.com/"), "tab 1, tile 1, link"),
    "plain HTTP": (with_tile(link=SITE.replace("https", "http")), "tab 1, tile 1, link"),
    "a script": (with_tile(link="javascript:alert(1)"), "tab 1, tile 1, link"),
    "a link that tells who": (with_tile(link=f"{SITE}?u=U{'0' * 32}"), "tab 1, tile 1, link"),
    "a link that tells a genre": (with_tile(link=f"{SITE}?genre=1"), "tab 1, tile 1, link"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused_by_its_place(case: str) -> None:
    """One sentence that begins with the place; nothing goes to LINE."""
    written, where = REFUSED[case]
    with pytest.raises(BadInput) as refusal:
        read_menus(written, BASE, HOSTS)
    assert refusal.value.sentence.startswith(f"{where}:")


@pytest.mark.parametrize("genre", ward().genres.values())
def test_no_tab_is_named_by_any_genre(genre: str) -> None:
    """L13: which tab a resident opened is known to LINE, so a tab's word may not be what they chose."""
    with pytest.raises(BadInput):
        read_menus(with_tab(tab=genre[:7]), BASE, HOSTS)


def test_a_menu_says_the_wards_words_and_pages_alone() -> None:
    """L2, L13: links to the ward's sites and our pages, and switches between numbered tabs: no other action exists."""
    menus = some_menus(tabs=3, tiles=4)
    written = [menu_object(menus, number, "n") for number in (1, 2, 3)]
    actions = [area["action"] for menu in written for area in menu["areas"]]
    assert {action["type"] for action in actions} == {"uri", "richmenuswitch"}
    assert {action["uri"] for action in actions if "uri" in action} == {SITE, BASE + OWN_PAGES["受信設定"]}
    assert {action["data"] for action in actions if "data" in action} == {"tab-1", "tab-2", "tab-3"}
    assert all(0 < len(action["label"]) <= 20 for action in actions), "a screen reader says them"


@pytest.mark.parametrize("tabs", [1, 2, 3, 4])
@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("rows", [1, 2])
def test_the_areas_cover_the_picture_once(tabs: int, columns: int, rows: int) -> None:
    """Every pixel belongs to one area and no other, whatever the number of tabs, columns and rows."""
    tiles = [a_tile()] * (columns * rows)
    written = {
        "bar": "メニュー",
        "tabs": [{"tab": f"案内 {at}", "columns": columns, "tiles": tiles} for at in range(tabs)],
    }
    menu = menu_object(read_menus(written, BASE, HOSTS), 1, "n")
    bounds = [area["bounds"] for area in menu["areas"]]
    assert sum(one["width"] * one["height"] for one in bounds) == WIDTH * menu["size"]["height"]
    assert all(one["x"] + one["width"] <= WIDTH for one in bounds)
    for at, one in enumerate(bounds):
        for other in bounds[at + 1 :]:
            apart_x = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            apart_y = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart_x or apart_y


def test_the_example_is_one() -> None:
    """The file that is shipped can be read with the hosts that it names."""
    menus = read_menus(yaml.safe_load(EXAMPLE.read_text("utf-8")), BASE, HOSTS)
    assert [len(tab.rows) for tab in menus.tabs] == [2, 2]
