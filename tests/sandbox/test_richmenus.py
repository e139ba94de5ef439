"""Rich menus that are the same for everybody: made, dressed, shown, named, removed."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.sandbox.builders import World, a_world

_MENU = "/v2/bot/richmenu"


def a_menu(**changes: object) -> dict[str, Any]:
    return {
        "size": {"width": 2500, "height": 1686},
        "selected": True,
        "name": "本日の案内",
        "chatBarText": "メニュー",
        "areas": [
            {
                "bounds": {"x": 0, "y": 0, "width": 2500, "height": 1686},
                "action": {"type": "uri", "uri": "https://example.lg.jp/"},
            }
        ],
    } | changes


def an_area(**changes: object) -> dict[str, Any]:
    """An area as large as the menu, leading to the ward's site; bounds or action changed."""
    area = a_menu()["areas"][0]
    bounds = area["bounds"] | {name: one for name, one in changes.items() if name in area["bounds"]}
    action = area["action"] | {name: one for name, one in changes.items() if name not in bounds}
    return {"bounds": bounds, "action": action}


def a_picture(width: int = 2500, height: int = 1686, kind: str = "PNG") -> bytes:
    """A white picture."""
    written = io.BytesIO()
    Image.new("L", (width, height), 255).save(written, kind)
    return written.getvalue()


def made(world: World) -> str:
    return str(world.call("POST", _MENU, a_menu()).json["richMenuId"])


def dress(world: World, menu: str, picture: bytes, kind: str = "image/png") -> int:
    return world.call("POST", f"{_MENU}/{menu}/content", picture, {"content-type": kind}).status


def test_a_menu_goes_from_draft_to_everybody() -> None:
    """Create, dress, show to all, read back, cancel."""
    world = a_world()
    menu, picture = made(world), a_picture()
    assert world.call("GET", f"{_MENU}/{menu}").json == {"richMenuId": menu} | a_menu()
    assert world.call("POST", f"/v2/bot/user/all/richmenu/{menu}").status == 400
    assert dress(world, menu, picture) == 200
    assert world.call("GET", f"{_MENU}/{menu}/content").body == picture
    assert world.call("POST", f"/v2/bot/user/all/richmenu/{menu}").status == 200
    assert world.call("GET", "/v2/bot/user/all/richmenu").json == {"richMenuId": menu}
    assert world.call("DELETE", "/v2/bot/user/all/richmenu").status == 200
    assert world.call("GET", "/v2/bot/user/all/richmenu").status == 404


def test_an_image_is_never_replaced() -> None:
    """A menu with another image is another menu."""
    world = a_world()
    menu = made(world)
    assert [dress(world, menu, a_picture()), dress(world, menu, a_picture())] == [200, 400]


@pytest.mark.parametrize(
    ("picture", "kind", "status"),
    [
        (a_picture(kind="JPEG"), "image/jpeg", 200),
        (a_picture(800, 250), "image/png", 200),
        (a_picture(799, 250), "image/png", 400),
        (a_picture(2501, 1686), "image/png", 400),
        (a_picture(800, 249), "image/png", 400),
        (a_picture(800, 600), "image/png", 400),
        (a_picture(), "image/gif", 400),
        (b"GIF89a", "image/png", 400),
        (b"\xff\xd8\xff", "image/jpeg", 400),
        (a_picture() + bytes(1024 * 1024), "image/png", 400),
    ],
)
def test_an_image_keeps_to_lines_limits(picture: bytes, kind: str, status: int) -> None:
    """JPEG or PNG, 800 to 2,500 wide, at least 250 high, ratio at least 1.45, at most 1 MB."""
    world = a_world()
    assert dress(world, made(world), picture, kind) == status


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"size": {"width": 2500}}, "size"),
        ({"size": None}, "size"),
        ({"selected": "yes"}, "selected"),
        ({"name": "n" * 301}, "name"),
        ({"chatBarText": "c" * 15}, "chatBarText"),
        ({"areas": [{}]}, "areas[0]"),
        ({"areas": [{"bounds": {}, "action": {}}] * 21}, "areas"),
        ({"areas": [an_area(x=1)]}, "areas[0].bounds"),
        ({"areas": [an_area(y=-1)]}, "areas[0].bounds"),
        ({"areas": [an_area(height=0)]}, "areas[0].bounds"),
        ({"areas": [an_area(width="2500")]}, "areas[0].bounds"),
        ({"areas": [an_area(type="postback")]}, "areas[0].action.type"),
        ({"areas": [an_area(uri="javascript:alert(1)")]}, "areas[0].action.uri"),
        (
            {"areas": [an_area(type="richmenuswitch", data="d", richMenuAliasId="Tab")]},
            "areas[0].action.richMenuAliasId",
        ),
        ({"areas": [an_area(label="l" * 21)]}, "areas[0].action.label"),
    ],
)
def test_a_faulty_menu_is_refused_by_its_property(changes: dict[str, object], where: str) -> None:
    """Validating and creating refuse alike."""
    world = a_world()
    for path in (_MENU, f"{_MENU}/validate"):
        refused = world.call("POST", path, a_menu(**changes))
        assert (refused.status, refused.json["details"][0]["property"]) == (400, where)
    assert world.call("GET", f"{_MENU}/list").json == {"richmenus": []}


def test_an_alias_stands_for_one_menu_at_a_time() -> None:
    """It is made once, may be pointed elsewhere, and is gone when removed."""
    world = a_world()
    first, second = made(world), made(world)
    named = {"richMenuAliasId": "main", "richMenuId": first}
    alias = f"{_MENU}/alias"
    assert world.call("POST", alias, named).status == 200
    assert world.call("POST", alias, named).status == 400
    assert world.call("POST", alias, named | {"richMenuAliasId": "Main"}).status == 400
    assert world.call("POST", f"{alias}/main", {"richMenuId": "none"}).status == 400
    assert world.call("POST", f"{alias}/main", {"richMenuId": second}).status == 200
    assert world.call("GET", f"{alias}/main").json == named | {"richMenuId": second}
    assert world.call("GET", f"{alias}/list").json == {"aliases": [named | {"richMenuId": second}]}
    assert world.call("DELETE", f"{alias}/main").status == 200
    assert world.call("GET", f"{alias}/main").status == 404


def test_a_deleted_menu_is_shown_to_nobody() -> None:
    """Deleting the default menu leaves none."""
    world = a_world()
    menu = made(world)
    dress(world, menu, a_picture())
    world.call("POST", f"/v2/bot/user/all/richmenu/{menu}")
    assert world.call("DELETE", f"{_MENU}/{menu}").status == 200
    assert world.call("GET", f"{_MENU}/{menu}").status == 404
    assert world.call("GET", "/v2/bot/user/all/richmenu").status == 404
