"""Rich menus of a ward that does not exist."""

from typing import Any

from tayori.domain.menu import MenuSet, read_menus

SITE = "https://www.city.example.lg.jp/"
HOSTS = ("www.city.example.lg.jp",)
BASE = "https://line.example.lg.jp"


def a_tile(**changes: object) -> dict[str, Any]:
    """Give a tile as staff write it."""
    return {"title": "ごみの日", "note": "収集日と分け方", "mark": "収", "link": SITE} | changes


def a_file(tabs: int = 1, tiles: int = 2, note: str = "収集日と分け方", **changes: object) -> dict[str, Any]:
    """Give a menu file as staff write it: tabs of tiles in one row, the first tile to the settings."""
    row = [a_tile(title="受信設定", link="受信設定"), *(a_tile(note=note) for _ in range(tiles - 1))]
    given = [{"tab": f"案内 {at}", "columns": tiles, "tiles": row} for at in range(1, tabs + 1)]
    return {"bar": "メニュー", "tabs": given} | changes


def some_menus(tabs: int = 1, tiles: int = 2, note: str = "収集日と分け方") -> MenuSet:
    """Give menus, read."""
    return read_menus(a_file(tabs, tiles, note), BASE, HOSTS)
