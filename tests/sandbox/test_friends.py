"""Friends, follower pages, profiles, and LINE's figures about them."""

import base64
from typing import Any

import numpy as np
import pytest

from sandbox.line.people import State
from tests.sandbox.builders import World, a_world


def pages(world: World, limit: int) -> list[list[str]]:
    """Every page of a full scan."""
    found, start = [], ""
    while True:
        page = world.call("GET", f"/v2/bot/followers/ids?limit={limit}{start}").json
        found.append(page["userIds"])
        if "next" not in page:
            return found
        start = f"&start={page['next']}"


def move(world: World, start: int, stop: int, state: State) -> None:
    world.platform.move(np.arange(start, stop, dtype=np.int64), state)


def test_a_full_scan_lists_every_listed_friend_once() -> None:
    """Blocked, gone and unlisted people are left out; named friends are there too."""
    world = a_world(friends=2000)
    move(world, 0, 100, State.BLOCKED)
    move(world, 500, 600, State.GONE)
    move(world, 1999, 2000, State.UNLISTED)
    named = ["Ucccc" + "0" * 28, "Ucccc" + "1" * 28]
    world.platform.people.add_named(named)
    expected = [*world.ids(100, 500), *world.ids(600, 1999), *named]
    assert [one for page in pages(world, 300) for one in page] == expected


def test_a_page_may_be_short_and_still_have_a_next() -> None:
    """A reader that stops at the first short page misses people, here as at LINE."""
    found = pages(a_world(friends=5000), 300)
    assert any(len(page) < 300 for page in found[:-1])
    assert all(len(page) <= 300 for page in found)


def test_a_next_token_expires_after_24_hours() -> None:
    """A scan that sleeps over a day must begin again."""
    world = a_world(friends=1000)
    token = world.call("GET", "/v2/bot/followers/ids").json["next"]
    path = f"/v2/bot/followers/ids?start={token}"
    world.jump(hours=23, minutes=59)
    assert world.call("GET", path).status == 200
    world.jump(minutes=1)
    refused = world.call("GET", path)
    assert (refused.status, refused.json) == (400, {"message": "Invalid start param"})


@pytest.mark.parametrize("start", ["", "x", "AAAA", base64.urlsafe_b64encode(bytes(24)).decode()])
def test_an_invented_start_is_refused(start: str) -> None:
    """Only tokens that the platform gave are good."""
    refused = a_world(friends=1000).call("GET", f"/v2/bot/followers/ids?start={start}")
    assert (refused.status, refused.json) == (400, {"message": "Invalid start param"})


def test_an_altered_token_is_refused() -> None:
    """A fresh token leads to one place only: each altered octet makes it void."""
    world = a_world(friends=1000)
    token = base64.urlsafe_b64decode(world.call("GET", "/v2/bot/followers/ids").json["next"])
    for at in range(len(token)):
        altered = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        start = base64.urlsafe_b64encode(altered).decode()
        assert world.call("GET", f"/v2/bot/followers/ids?start={start}").status == 400


@pytest.mark.parametrize(("limit", "status"), [("1", 200), ("1000", 200), ("0", 400), ("1001", 400), ("x", 400)])
def test_a_page_holds_1_to_1000(limit: str, status: int) -> None:
    """Limits outside are refused."""
    assert a_world(friends=3).call("GET", f"/v2/bot/followers/ids?limit={limit}").status == status


@pytest.mark.parametrize(
    ("state", "status"),
    [(State.FRIEND, 200), (State.BLOCKED, 404), (State.GONE, 404), (State.UNLISTED, 404), (State.STRANGER, 404)],
)
def test_a_profile_is_found_for_listed_friends_only(state: State, status: int) -> None:
    """404 does not say which of its meanings applies."""
    world = a_world(friends=1)
    move(world, 0, 1, state)
    reply = world.call("GET", f"/v2/bot/profile/{world.ids(0, 1)[0]}")
    assert reply.status == status
    if status == 404:
        assert reply.json == {"message": "Not found"}


def test_a_malformed_id_has_no_profile_but_a_400() -> None:
    """So that a caller can tell its own mistake from a person who left."""
    assert a_world(friends=1).call("GET", "/v2/bot/profile/u123").status == 400


def test_named_people_live_beside_dummy_ones() -> None:
    """Ids of canaries and fixtures can follow, block and receive; following twice is once."""
    world = a_world(friends=3)
    named = "Ucccc" + "0" * 28
    slots = world.platform.people.add_named([named, world.ids(0, 1)[0]])
    assert world.platform.people.add_named([named])[0] == slots[0]
    assert world.platform.people.ids_of(slots) == [named, world.ids(0, 1)[0]]
    world.multicast([named, *world.ids(0, 3)])
    assert len(world.platform.ledger.received(named)) == 1
    world.platform.move(slots[:1], State.BLOCKED)
    assert world.platform.people.census()[State.BLOCKED] == 1
    assert world.call("GET", f"/v2/bot/profile/{named}").status == 404


def test_unlisted_friends_still_receive() -> None:
    """They are absent from follower lists, not from the audience: absence is no proof of leaving."""
    world = a_world(friends=1)
    move(world, 0, 1, State.UNLISTED)
    world.multicast(world.ids(0, 1))
    assert world.platform.ledger.delivered().copies == 1


def figures(world: World, path: str) -> dict[str, object]:
    return world.call("GET", f"/v2/bot/{path}").json


def test_delivery_figures_come_the_day_after_and_not_below_twenty() -> None:
    """Unready on the day itself (Tokyo), hidden below 20, out of service before LINE counted."""
    world = a_world(friends=100)
    world.multicast(world.ids(0, 100))
    path = "message/delivery/multicast?date="
    assert figures(world, f"{path}20261120") == {"status": "unready"}
    world.jump(hours=12)
    world.multicast(world.ids(0, 19))
    assert figures(world, f"{path}20261120") == {"status": "ready", "success": 100}
    world.jump(hours=24)
    assert figures(world, f"{path}20261121") == {"status": "unavailable_for_privacy"}
    assert figures(world, f"{path}20180330") == {"status": "out_of_service"}
    assert world.call("GET", f"/v2/bot/{path}2026-11-20").status == 400


def test_follower_figures_are_cumulative_and_keep_until_they_change() -> None:
    """`followers` never falls; reaches and blocks follow the people."""
    world = a_world(friends=10)
    world.jump(days=1)
    move(world, 0, 3, State.BLOCKED)
    move(world, 3, 4, State.GONE)
    world.jump(days=2)
    path = "insight/followers?date="
    before = {"status": "ready", "followers": 0, "targetedReaches": 0, "blocks": 0}
    first = {"status": "ready", "followers": 10, "targetedReaches": 10, "blocks": 0}
    second = {"status": "ready", "followers": 10, "targetedReaches": 6, "blocks": 3}
    days = ("20261119", "20261120", "20261121", "20261122")
    assert [figures(world, path + day) for day in days] == [before, first, second, second]
    assert figures(world, "insight/followers") == second
    assert figures(world, f"{path}20261123") == {"status": "unready"}


def test_the_1001st_aggregation_unit_is_dropped_silently() -> None:
    """LINE answers 200 and does not count it; names that are known stay usable, a new month starts afresh."""
    world = a_world(friends=1, rate_factor=10)
    one = world.ids(0, 1)
    for number in range(1001):
        assert world.multicast(one, customAggregationUnits=[f"r{number}"]).status == 200
    assert figures(world, "message/aggregation/info") == {"numOfCustomAggregationUnits": 1000}
    ledger = world.platform.ledger
    assert [ledger.delivered(unit=unit).requests for unit in ("r999", "r1000")] == [1, 0]
    world.multicast(one, customAggregationUnits=["r5"])
    assert ledger.delivered(unit="r5").requests == 2
    world.jump(days=11)
    world.multicast(one, customAggregationUnits=["r1000"])
    assert figures(world, "message/aggregation/list") == {"customAggregationUnits": ["r1000"]}


@pytest.mark.parametrize("units", ["r1", ["a", "b"], ["a-b"], ["a" * 31], [7]])
def test_a_faulty_unit_refuses_the_request(units: object) -> None:
    """One name of letters, digits and underscores, at most 30."""
    world = a_world(friends=1)
    assert world.multicast(world.ids(0, 1), customAggregationUnits=units).status == 400
    assert world.platform.ledger.delivered().requests == 0


def unit_figures(world: World, first: str = "20261120", last: str = "20261204", unit: str = "r1") -> dict[str, Any]:
    asked = f"customAggregationUnit={unit}&from={first}&to={last}"
    return figures(world, f"insight/message/event/aggregation?{asked}")


def test_figures_of_a_unit_grow_for_14_days_and_are_null_below_twenty() -> None:
    """LINE tells how many opened what a unit sent, and a link in it; fewer than 20 people are nobody's business."""
    world = a_world(friends=600)
    linked = [{"type": "text", "text": "詳しくは https://www.city.example.lg.jp/a をご覧ください"}]
    world.multicast(world.ids(0, 50), linked, customAggregationUnits=["r1"])
    assert unit_figures(world)["overview"]["uniqueImpression"] is None
    world.multicast(world.ids(50, 500), linked, customAggregationUnits=["r1"])
    first = unit_figures(world)
    world.jump(days=5)
    later = unit_figures(world)
    world.jump(days=30)
    last = unit_figures(world)
    opened = [one["overview"]["uniqueImpression"] for one in (first, later, last)]
    assert opened == [174, 300, 320]
    assert [(one["seq"], one["url"]) for one in last["clicks"]] == [(1, "https://www.city.example.lg.jp/a")]
    assert unit_figures(world, "20261121")["overview"]["uniqueImpression"] is None
    assert unit_figures(world, unit="nobody")["messages"] == []


@pytest.mark.parametrize("query", ["", "from=20261120&to=20261119", "from=20261101&to=20261202", "from=x&to=y"])
def test_figures_of_a_unit_need_a_name_and_at_most_31_days(query: str) -> None:
    """Whatever else is asked is refused."""
    reply = a_world().call("GET", f"/v2/bot/insight/message/event/aggregation?customAggregationUnit=r1&{query}")
    assert reply.status == 400
