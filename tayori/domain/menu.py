"""Rich menus as the ward writes them: tabs of tiles that lead to the ward's pages, the same for everybody (L2, L13).

Nothing in a menu can name a resident, a genre or a segment: tiles are links to the ward's own sites and to fixed pages
of ours, tabs are numbered and not named, and no other kind of action exists here. A postback or a message would pass
through LINE's talk, and a link of one person to a menu would tell LINE what they chose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tayori.domain.links import link_fault
from tayori.domain.measures import clusters
from tayori.domain.unseen import unseen_in
from tayori.domain.ward import ward
from tayori.errors import BadInput

Json = dict[str, Any]

WIDTH: Final = 2500  # pixels; LINE takes 800 to 2,500, at least 250 high, ratio at least 1.45
HEIGHTS: Final = {1: 843, 2: 1686}  # by rows of tiles
TAB_HEIGHT: Final = 220
MOST_TABS: Final = 4
COLUMNS: Final = range(1, 5)
LONGEST_BAR: Final = 14  # chatBarText
LONGEST_TITLE: Final = 20  # a label, which a screen reader says
LONGEST_DRAWN: Final = 7  # letters in a line of a tile that can be read on a phone
LONGEST_NOTE: Final = 14
SETTINGS, OPINIONS = "受信設定", "ご意見"
OWN_PAGES: Final = {SETTINGS: "/", OPINIONS: "/opinion/"}
"""Pages of ours that a tile may lead to, by the word that stands for them in the file."""
_TILE: Final = {"title", "note", "mark", "link"}
_TAB: Final = {"tab", "columns", "tiles"}


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: what it is called (in one line or two), a note under it, the letter in its mark, where it leads."""

    title: str
    note: str
    mark: str
    uri: str

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        return self.title.replace("\n", "")


@dataclass(frozen=True, slots=True)
class Tab:
    """One menu of the set: its word on the strip of tabs, and its tiles in rows."""

    word: str
    rows: tuple[tuple[Tile, ...], ...]


@dataclass(frozen=True, slots=True)
class MenuSet:
    """All tabs, the first of which everybody sees first, and the words of the bar that opens the menu."""

    bar: str
    tabs: tuple[Tab, ...]

    @property
    def height(self) -> int:
        """Height of every tab's picture: they change places without a jump."""
        return HEIGHTS[max(len(tab.rows) for tab in self.tabs)]

    def strip(self) -> list[tuple[Place, Tab]]:
        """Places of the tabs' words; none where there is one tab."""
        if len(self.tabs) == 1:
            return []
        edges = zip(_edges(WIDTH, len(self.tabs)), self.tabs, strict=True)
        return [(Place(left, 0, right - left, TAB_HEIGHT), tab) for (left, right), tab in edges]

    def places(self, tab: Tab) -> list[tuple[Place, Tile]]:
        """Places of a tab's tiles, row by row."""
        top = TAB_HEIGHT if len(self.tabs) > 1 else 0
        found = []
        for (up, down), row in zip(_edges(self.height - top, len(tab.rows)), tab.rows, strict=True):
            for (left, right), tile in zip(_edges(WIDTH, len(row)), row, strict=True):
                found.append((Place(left, top + up, right - left, down - up), tile))
        return found


def alias_of(number: int) -> str:
    """The name by which LINE knows a tab: a number, so that it says nothing."""
    return f"tab-{number}"


def menu_object(menus: MenuSet, number: int, name: str) -> Json:
    """Write the n-th tab (from 1) as LINE's rich menu object."""
    tab = menus.tabs[number - 1]
    switches = (_switch(place, at, one.word) for at, (place, one) in enumerate(menus.strip(), 1))
    links = (_area(place, {"type": "uri", "label": tile.spoken, "uri": tile.uri}) for place, tile in menus.places(tab))
    return {
        "size": {"width": WIDTH, "height": menus.height},
        "selected": True,
        "name": name,
        "chatBarText": menus.bar,
        "areas": [*switches, *links],
    }


def read_menus(written: object, base_url: str, link_hosts: Iterable[str], opinion_base_url: str = "") -> MenuSet:
    """Read what a menu file holds; `base_url` is where our own pages are, the opinion screen there or elsewhere.

    Raises:
        BadInput: a rule is broken; the sentence names the place and the rule.

    """
    given = _fields(written, {"bar", "tabs"}, "the file")
    tabs = given["tabs"]
    if not isinstance(tabs, list) or not 1 <= len(tabs) <= MOST_TABS:
        raise BadInput(f"tabs: write a list of 1 to {MOST_TABS} tabs.")
    bases = {SETTINGS: base_url, OPINIONS: opinion_base_url or base_url}
    own = {word: bases[word].rstrip("/") + path for word, path in OWN_PAGES.items()}
    read = tuple(_tab(tab, f"tab {at}", own, frozenset(link_hosts)) for at, tab in enumerate(tabs, 1))
    if len({len(tab.rows) for tab in read}) > 1:
        raise BadInput("tabs: each tab has as many rows as the others, so that the menu keeps its height.")
    return MenuSet(_text(given["bar"], "bar", LONGEST_BAR), read)


def _tab(written: object, where: str, own: Mapping[str, str], hosts: frozenset[str]) -> Tab:
    given = _fields(written, _TAB, where)
    columns, tiles = given["columns"], given["tiles"]
    if type(columns) is not int or columns not in COLUMNS:
        raise BadInput(f"{where}, columns: a number from {COLUMNS[0]} to {COLUMNS[-1]}.")
    if not isinstance(tiles, list) or len(tiles) not in {columns * rows for rows in HEIGHTS}:
        raise BadInput(f"{where}, tiles: {columns} tiles fill one row, {2 * columns} two; write as many.")
    word = _text(given["tab"], f"{where}, tab", LONGEST_DRAWN)
    if any(genre in word for genre in ward().genres.values()):
        raise BadInput(
            f"{where}, tab: it names a genre. Which tab a resident opened is known to LINE (L13); rename it."
        )
    read = [_tile(tile, f"{where}, tile {at}", own, hosts) for at, tile in enumerate(tiles, 1)]
    rows = tuple(tuple(read[start : start + columns]) for start in range(0, len(read), columns))
    return Tab(word, rows)


def _tile(written: object, where: str, own: Mapping[str, str], hosts: frozenset[str]) -> Tile:
    given = _fields(written, _TILE, where)
    title = _text(given["title"], f"{where}, title", LONGEST_TITLE, lines=2)
    if any(clusters(line) > LONGEST_DRAWN for line in title.split("\n")):
        raise BadInput(f"{where}, title: a line has at most {LONGEST_DRAWN} letters, to be read on a phone; break it.")
    return Tile(
        title,
        _text(given["note"], f"{where}, note", LONGEST_NOTE),
        _text(given["mark"], f"{where}, mark", 1),
        _link(given["link"], f"{where}, link", own, hosts),
    )


def _link(written: object, where: str, own: Mapping[str, str], hosts: frozenset[str]) -> str:
    if not isinstance(written, str):
        raise BadInput(f"{where}: write an address, or one of {'、'.join(own)}.")
    if written in own:
        return own[written]
    if fault := link_fault(written, hosts):
        raise BadInput(f"{where}: {fault}")
    return written


def _fields(written: object, wanted: set[str], where: str) -> Json:
    if not isinstance(written, dict) or set(written) != wanted:
        raise BadInput(f"{where}: write exactly these fields: {', '.join(sorted(wanted))}.")
    return written


def _text(written: object, where: str, most: int, lines: int = 1) -> str:
    if not isinstance(written, str) or not written.strip():
        raise BadInput(f"{where}: the text is empty, or is no text; put a date or a number in quotation marks.")
    text = written.strip()
    if unseen := unseen_in(text.replace("\n", "")):
        raise BadInput(f"{where}: it holds a letter that nobody sees ({unseen}); type that place anew.")
    if clusters(text.replace("\n", "")) > most or text.count("\n") >= lines or not text.replace("\n", "").isprintable():
        raise BadInput(f"{where}: at most {most} letters in {lines} line(s). Shorten it.")
    return text


def _edges(length: int, parts: int) -> list[tuple[int, int]]:
    """Cut a length into parts that differ by one pixel at most."""
    cuts = [length * at // parts for at in range(parts + 1)]
    return list(pairwise(cuts))


def _switch(place: Place, number: int, word: str) -> Json:
    alias = alias_of(number)
    return _area(place, {"type": "richmenuswitch", "label": word, "richMenuAliasId": alias, "data": alias})


def _area(place: Place, action: Json) -> Json:
    bounds = {"x": place.x, "y": place.y, "width": place.width, "height": place.height}
    return {"bounds": bounds, "action": action}
