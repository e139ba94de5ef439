"""Rich menus: made, dressed with an image, shown to everybody, named by an alias.

Only what is the same for everybody: menus linked to single people are not served here, as the ward must not use
them (a link would tell LINE what a person chose).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.line.images import picture_size
from sandbox.line.refusals import Detail, bad_request, faulty, not_found

Json = dict[str, object]

MOST_MENUS: Final = 1000
MOST_AREAS: Final = 20
LONGEST_NAME: Final = 300
LONGEST_BAR: Final = 14
WIDTHS: Final = range(800, 2501)
LEAST_HEIGHT: Final = 250
LEAST_RATIO: Final = 1.45
LARGEST_IMAGE: Final = 1024 * 1024
IMAGE_TYPES: Final = ("image/png", "image/jpeg")
LONGEST_LABEL: Final = 20
_ALIAS: Final = re.compile(r"[a-z0-9_-]{1,32}")
ACTIONS: Final[Mapping[str, Mapping[str, re.Pattern[str]]]] = {
    "uri": {"uri": re.compile(r"(?:https?|line|tel)://?\S{1,990}")},
    "richmenuswitch": {"richMenuAliasId": _ALIAS, "data": re.compile(r".{0,300}")},
}


@dataclass
class _Menu:
    description: Json
    image: bytes | None = None
    image_type: str = ""


def faults_in_menu(menu: Mapping[str, object]) -> Iterator[Detail]:
    """Everything that LINE would refuse in a rich menu object."""
    size = menu.get("size")
    width, height = (size.get("width"), size.get("height")) if isinstance(size, Mapping) else (None, None)
    if not (isinstance(width, int) and isinstance(height, int) and _fits(width, height)):
        yield Detail("Invalid size", "size")
    if not isinstance(menu.get("selected"), bool):
        yield Detail("Must be a boolean", "selected")
    for name, longest in (("name", LONGEST_NAME), ("chatBarText", LONGEST_BAR)):
        text = menu.get(name)
        if not isinstance(text, str) or not 1 <= len(text) <= longest:
            yield Detail(f"Length must be between 1 and {longest}", name)
    areas = menu.get("areas")
    if not isinstance(areas, list) or len(areas) > MOST_AREAS:
        yield Detail(f"Size must be between 0 and {MOST_AREAS}", "areas")
        return
    for at, area in enumerate(areas):
        if not (isinstance(area, Mapping) and {"bounds", "action"} <= area.keys()):
            yield Detail("Must have bounds and action", f"areas[{at}]")
            continue
        if not _inside(area["bounds"], width, height):
            yield Detail("Must be inside the menu", f"areas[{at}].bounds")
        yield from _action_faults(area["action"], f"areas[{at}].action")


def _inside(bounds: object, width: object, height: object) -> bool:
    """Whether a tappable area has a size and lies within the menu."""
    if not isinstance(bounds, Mapping) or not isinstance(width, int) or not isinstance(height, int):
        return False
    x, y, wide, high = (bounds.get(name) for name in ("x", "y", "width", "height"))
    if not (type(x) is type(y) is type(wide) is type(high) is int):
        return False
    return min(x, y) >= 0 and min(wide, high) >= 1 and x + wide <= width and y + high <= height


def _action_faults(action: object, where: str) -> Iterator[Detail]:
    """Everything that LINE would refuse in an area's action; of the kinds that it has, the ward uses these two."""
    if not isinstance(action, Mapping) or action.get("type") not in ACTIONS:
        yield Detail(f"Must be one of {', '.join(sorted(ACTIONS))}", f"{where}.type")
        return
    for name, shape in ACTIONS[str(action["type"])].items():
        given = action.get(name)
        if not isinstance(given, str) or not shape.fullmatch(given):
            yield Detail("Invalid value", f"{where}.{name}")
    label = action.get("label", "")
    if not isinstance(label, str) or len(label) > LONGEST_LABEL:
        yield Detail(f"Length must be at most {LONGEST_LABEL}", f"{where}.label")


def _fits(width: int, height: int) -> bool:
    return width in WIDTHS and height >= LEAST_HEIGHT and width / height >= LEAST_RATIO


@dataclass
class RichMenus:
    """Every rich menu of the account, its image, the default one and the aliases."""

    default: str | None = None
    _menus: dict[str, _Menu] = field(default_factory=dict)
    _aliases: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def create(self, menu: Json) -> str:
        """A new menu's id."""
        self.validate(menu)
        if len(self._menus) >= MOST_MENUS:
            raise bad_request("The number of rich menus exceeds the limit")
        self._made += 1
        menu_id = f"richmenu-{self._made:032x}"
        self._menus[menu_id] = _Menu(menu)
        return menu_id

    def validate(self, menu: Json) -> None:
        """400 with every fault of the object."""
        if faults := list(faults_in_menu(menu)):
            raise faulty(*faults)

    def description(self, menu_id: str) -> Json:
        """The menu as it was made, with its id."""
        return {"richMenuId": menu_id} | self._menu(menu_id).description

    def listed(self) -> list[Json]:
        """All menus."""
        return [self.description(menu_id) for menu_id in self._menus]

    def delete(self, menu_id: str) -> None:
        """Remove a menu; it is shown to nobody any more."""
        self._menu(menu_id)
        del self._menus[menu_id]
        if self.default == menu_id:
            self.default = None

    def dress(self, menu_id: str, image: bytes, image_type: str) -> None:
        """Attach the image, once: a menu that has one must be made anew to change it."""
        menu = self._menu(menu_id)
        if menu.image is not None:
            raise bad_request("An image has already been uploaded to the richmenu")
        size = picture_size(image)
        if image_type not in IMAGE_TYPES or size is None or len(image) > LARGEST_IMAGE or not _fits(*size):
            raise bad_request("Invalid image")
        menu.image, menu.image_type = image, image_type

    def image(self, menu_id: str) -> tuple[bytes, str]:
        """The image and its type."""
        menu = self._menu(menu_id)
        if menu.image is None:
            raise not_found()
        return menu.image, menu.image_type

    def show_to_all(self, menu_id: str) -> None:
        """Make it the default menu; it needs its image first."""
        if self._menu(menu_id).image is None:
            raise bad_request("must upload richmenu image before applying it to user")
        self.default = menu_id

    def shown_to_all(self) -> str:
        """The default menu's id; 404 without one."""
        if self.default is None:
            raise not_found("no default richmenu")
        return self.default

    def name(self, alias: object, menu_id: object) -> None:
        """Give a menu an alias that is still free."""
        if not isinstance(alias, str) or not _ALIAS.fullmatch(alias):
            raise faulty(Detail("Invalid alias", "richMenuAliasId"))
        if alias in self._aliases:
            raise bad_request("conflict richmenu alias id")
        self._aliases[alias] = self._aliased(menu_id)

    def rename(self, alias: str, menu_id: object) -> None:
        """Let an alias stand for another menu."""
        self.named(alias)
        self._aliases[alias] = self._aliased(menu_id)

    def named(self, alias: str) -> Json:
        """The menu that an alias stands for."""
        if alias not in self._aliases:
            raise not_found("richmenu alias not found")
        return {"richMenuAliasId": alias, "richMenuId": self._aliases[alias]}

    def unname(self, alias: str) -> None:
        """Remove an alias."""
        self.named(alias)
        del self._aliases[alias]

    def aliases(self) -> list[Json]:
        """All aliases."""
        return [self.named(alias) for alias in self._aliases]

    def _aliased(self, menu_id: object) -> str:
        if not isinstance(menu_id, str) or menu_id not in self._menus:
            raise bad_request("richmenu not found")
        return menu_id

    def _menu(self, menu_id: str) -> _Menu:
        if menu_id not in self._menus:
            raise not_found("richmenu not found")
        return self._menus[menu_id]
