"""The platform keeps LINE's specification, both ways, on every endpoint that it serves."""

import json
from pathlib import Path

import pytest

from sandbox.line.events import KINDS, EventMaker
from sandbox.line.events_file import write_events_file
from sandbox.line.routes import ROUTES
from sandbox.line.serve import platform_in_thread
from sandbox.line.spec import LineSpec
from sandbox.line.webhooks import Delivery, Target
from tests.sandbox.builders import KEY, NOON, World, a_text, a_world
from tests.sandbox.test_richmenus import a_menu, a_picture

pytestmark = pytest.mark.spec

_BOT = "/v2/bot"


def recorded(friends: int = 600) -> World:
    world = a_world(friends=friends)
    world.app.traffic.keep(1000)
    return world


def message_calls(world: World) -> None:
    """Every endpoint about messages, in success."""
    to = world.ids(0, 500)
    world.multicast(to, key=KEY, customAggregationUnits=["r1"], notificationDisabled=True)
    world.multicast(to, key=KEY)
    world.call("POST", f"{_BOT}/message/push", {"to": to[0], "messages": a_text()})
    world.platform.reply_tokens.issue("token", 0, world.clock().timestamp())
    world.call("POST", f"{_BOT}/message/reply", {"replyToken": "token", "messages": a_text()})
    for kind in ("reply", "push", "multicast", "narrowcast", "broadcast"):
        world.call("POST", f"{_BOT}/message/validate/{kind}", {"messages": a_text()})
    for kind in ("reply", "push", "multicast"):
        for day in ("20180101", "20261101", "20261120"):
            world.call("GET", f"{_BOT}/message/delivery/{kind}?date={day}")
    for path in ("quota", "quota/consumption", "aggregation/info", "aggregation/list"):
        world.call("GET", f"{_BOT}/message/{path}")
    for unit in ("r1", "nobody_used_it"):
        asked = f"customAggregationUnit={unit}&from=20261120&to=20261220"
        world.call("GET", f"{_BOT}/insight/message/event/aggregation?{asked}")


def people_calls(world: World) -> None:
    """Every endpoint about friends and the account."""
    for path in ("followers/ids", "followers/ids?limit=1000", f"profile/{world.ids(0, 1)[0]}", "info"):
        world.call("GET", f"{_BOT}/{path}")
    for path in ("insight/followers", "insight/followers?date=20261101"):
        world.call("GET", f"{_BOT}/{path}")
    world.call("PUT", f"{_BOT}/channel/webhook/endpoint", {"endpoint": "https://example.lg.jp/line"})
    world.call("GET", f"{_BOT}/channel/webhook/endpoint")


def menu_calls(world: World) -> None:
    """Every endpoint about rich menus."""
    menus, default = f"{_BOT}/richmenu", f"{_BOT}/user/all/richmenu"
    world.call("POST", f"{menus}/validate", a_menu())
    menu = world.call("POST", menus, a_menu()).json["richMenuId"]
    world.call("POST", f"{menus}/{menu}/content", a_picture(), {"content-type": "image/png"})
    world.call("GET", f"{menus}/{menu}/content")
    for path in (f"{menus}/{menu}", f"{menus}/list"):
        world.call("GET", path)
    world.call("POST", f"{default}/{menu}")
    world.call("GET", default)
    world.call("DELETE", default)
    world.call("POST", f"{menus}/alias", {"richMenuAliasId": "main", "richMenuId": menu})
    world.call("POST", f"{menus}/alias/main", {"richMenuId": menu})
    for path in ("main", "list"):
        world.call("GET", f"{menus}/alias/{path}")
    world.call("DELETE", f"{menus}/alias/main")
    world.call("DELETE", f"{menus}/{menu}")


def test_every_endpoint_is_valid_both_ways(line_spec: LineSpec) -> None:
    """Requests and answers of a normal day fit LINE's files, and no endpoint is left out."""
    world = recorded()
    for calls in (message_calls, people_calls, menu_calls):
        calls(world)
    for exchange in world.app.traffic.exchanges:
        line_spec.check(exchange)
    served = {endpoint for endpoint, status in world.app.traffic.answers if status == 200}
    described = {route.endpoint for route in ROUTES if not route.endpoint.startswith("login.")}
    assert served == described  # LINE Login has no file of its own; tests/sandbox/test_login.py looks at it


def test_exchanges_can_be_checked_from_another_process(line_spec: LineSpec) -> None:
    """What a sender really sent is kept as it was, without the access token, and handed out whole."""
    world = recorded()
    world.multicast(world.ids(0, 500), key=KEY)
    with platform_in_thread(world.app) as running:
        (exchange,) = running.control.exchanges()
    assert exchange == world.app.traffic.exchanges[0]
    assert world.platform.account.access_token not in str(exchange)
    line_spec.check(exchange)


def test_every_documented_refusal_is_valid(line_spec: LineSpec) -> None:
    """400, 401, 404, 409, 413, 429: each has LINE's error body, whether its file declares the status or not."""
    world = recorded(friends=1)
    to = world.ids(0, 1)
    world.multicast([])
    world.multicast(["bad"])
    world.multicast(to, [{"type": "text"}])
    world.multicast(to, key="once")
    world.multicast(to, key=KEY)
    world.multicast(to, key=KEY)
    world.call("GET", f"{_BOT}/followers/ids?start=x")
    world.call("GET", f"{_BOT}/profile/bad")
    world.call("GET", f"{_BOT}/profile/U{'0' * 32}")
    world.call("POST", f"{_BOT}/richmenu", {})
    world.call("GET", f"{_BOT}/richmenu/none")
    world.call("POST", f"{_BOT}/message/multicast", b" " * (2 * 1024 * 1024 + 1))
    world.token = "wrong"
    world.multicast(to)
    world.token = None
    for _ in range(200):
        world.multicast(to)
    for exchange in world.app.traffic.exchanges:
        line_spec.check_answer(exchange)
    seen = {exchange.status for exchange in world.app.traffic.exchanges}
    assert seen == {200, 400, 401, 404, 409, 413, 429}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_event_is_valid(line_spec: LineSpec, kind: str) -> None:
    """As made, in standby, and redelivered; in the body that goes out."""
    event = EventMaker(1).make(kind, a_world().ids(0, 1)[0], NOON)
    delivery = Delivery((event,))
    target = Target("http://127.0.0.1/", "U" + "b" * 32, "secret")
    for one in (delivery, delivery.standing_by(), delivery.marked(), Delivery(())):
        line_spec.check_webhook(target.body(one.events))


def test_every_type_of_event_in_the_file_can_be_made(line_spec: LineSpec) -> None:
    """The generator leaves out no type that LINE's file knows."""
    schemas = line_spec.webhook.spec.read_value()["components"]["schemas"]
    known = schemas["EventByType"]["discriminator"]["mapping"].keys()
    assert {kind.partition(".")[0] for kind in KINDS} == known
    contents = schemas["MessageContentByType"]["discriminator"]["mapping"].keys()
    assert {kind.partition(".")[2] for kind in KINDS if kind.startswith("message.")} == contents


def test_lines_of_the_events_file_are_valid(line_spec: LineSpec, tmp_path: Path) -> None:
    """The quick templates of the bench file give real events."""
    path = tmp_path / "events"
    told = write_events_file(path, 400, 0.3, seed=1, at=NOON)
    assert len(told.kinds) == 5
    for line in path.read_text("utf-8").splitlines():
        read = json.loads(line)
        line_spec.check_event(read["event"], read["destination"])
