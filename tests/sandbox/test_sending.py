"""Multicast, push, reply: who gets what, and what is refused whole."""

import pytest

from sandbox.line.ledger import content_digest
from sandbox.line.people import State
from tests.sandbox.builders import KEY, OTHER_KEY, a_text, a_world


def test_a_multicast_reaches_exactly_the_friends_among_its_recipients() -> None:
    """200 says nothing about blocked, gone or unknown people: they get nothing, silently."""
    world = a_world(friends=10)
    people = world.platform.people
    people.put(people.slots_of(world.ids(0, 2)), State.BLOCKED)
    people.put(people.slots_of(world.ids(2, 3)), State.GONE)
    reply = world.multicast([*world.ids(0, 10), "U" + "0" * 32])
    assert (reply.status, reply.json) == (200, {})
    delivery = world.platform.ledger.delivered(content_digest(a_text()))
    assert (delivery.copies, delivery.foreign, delivery.requests) == (7, 1, 1)


@pytest.mark.parametrize("count", [0, 501])
def test_a_multicast_takes_1_to_500_recipients(count: int) -> None:
    """More or fewer are refused, and nobody receives anything."""
    world = a_world(friends=501)
    reply = world.multicast(world.ids(0, count))
    assert reply.status == 400
    assert reply.json["details"][0]["property"] == "to"
    assert world.platform.ledger.delivered().requests == 0


def test_one_bad_recipient_refuses_the_whole_request_and_is_named() -> None:
    """Any error on a multicast means that nobody in it received it; the 400 names `to[i]`."""
    world = a_world(friends=3)
    reply = world.multicast([*world.ids(0, 3), "u" + "0" * 32])
    assert (reply.status, reply.json["details"][0]["property"]) == (400, "to[3]")
    assert world.platform.ledger.delivered().copies == 0


def test_a_nonexistent_id_may_be_refused_instead() -> None:
    """LINE documents both answers for an id that nobody has; the account chooses one."""
    world = a_world(friends=2, nonexistent_refused=True)
    reply = world.multicast([world.ids(0, 1)[0], "U" + "0" * 32])
    assert (reply.status, reply.json["details"][0]["property"]) == (400, "to[1]")


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        ([], "messages"),
        ("text", "messages"),
        (a_text() * 6, "messages"),
        ([7], "messages[0]"),
        ([{"type": "text"}], "messages[0].text"),
        ([{"type": "text", "text": ""}], "messages[0].text"),
        ([{"type": "text", "text": 7}], "messages[0].text"),
        ([{"type": "text", "text": "a" * 5001}], "messages[0].text"),
        ([{"type": "text", "text": "👍" * 2501}], "messages[0].text"),
        ([*a_text(), {"type": "bogus"}], "messages[1].type"),
        ([{"type": "flex", "contents": {"type": "bubble"}}], "messages[0].altText"),
    ],
)
def test_a_faulty_message_is_refused_by_its_property(messages: object, where: str) -> None:
    """Faults name their place, whether sent or only validated; lengths count UTF-16 units (an emoji is two)."""
    world = a_world(friends=1)
    reply = world.multicast(world.ids(0, 1), messages)
    assert (reply.status, reply.json["details"][0]["property"]) == (400, where)
    validated = world.call("POST", "/v2/bot/message/validate/multicast", {"messages": messages})
    assert validated.json == reply.json


def test_the_longest_allowed_text_passes() -> None:
    """5,000 UTF-16 units are allowed: 2,500 emoji."""
    world = a_world(friends=1)
    assert world.multicast(world.ids(0, 1), a_text("👍" * 2500)).status == 200


def test_a_repeated_retry_key_is_answered_409_with_the_first_request() -> None:
    """A key that was accepted is not sent again; the header names the request that was."""
    world = a_world(friends=5)
    first = world.multicast(world.ids(0, 5), key=KEY)
    again = world.multicast(world.ids(0, 5), key=KEY)
    assert again.status == 409
    assert again.json == {"message": "The retry key is already accepted"}
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert world.platform.ledger.delivered().copies == 5


def test_a_retry_key_is_remembered_for_24_hours_and_no_longer() -> None:
    """One second before the day is over it protects; then the same key sends a second time."""
    world = a_world(friends=5)
    world.multicast(world.ids(0, 5), key=KEY)
    world.jump(hours=23, minutes=59, seconds=59)
    assert world.multicast(world.ids(0, 5), key=KEY).status == 409
    world.jump(seconds=1)
    assert world.multicast(world.ids(0, 5), key=KEY).status == 200
    assert world.platform.ledger.delivered().doubled == 5


def test_a_refused_request_leaves_its_key_free() -> None:
    """Only acceptance uses a key up: after a 4xx the same key may still send."""
    world = a_world(friends=5, monthly_limit=4)
    assert world.multicast(world.ids(0, 5), key=KEY).status == 429
    assert world.multicast(world.ids(0, 4), key=KEY).status == 200
    assert world.platform.keys.altered == 1


@pytest.mark.parametrize(("recipients_first", "status"), [(False, 409), (True, 400)])
def test_an_accepted_key_that_names_somebody_refused_since(*, recipients_first: bool, status: int) -> None:
    """By LINE's words the key comes first (409); an account can play the other order: senders must hold in both."""
    world = a_world(friends=5, recipients_first=recipients_first)
    assert world.multicast(world.ids(0, 5), key=KEY).status == 200
    world.platform.refused_ids = set(world.ids(2, 3))
    assert world.multicast(world.ids(0, 5), key=KEY).status == status
    assert world.multicast(world.ids(0, 5), key=OTHER_KEY).status == 400
    assert world.platform.ledger.delivered().copies == 5
    assert world.platform.keys.altered == 0


def test_a_retry_key_is_a_uuid() -> None:
    """Anything else is refused before it sends."""
    world = a_world(friends=1)
    assert world.multicast(world.ids(0, 1), key="once").status == 400
    assert world.platform.ledger.delivered().requests == 0


def test_only_sending_endpoints_take_a_retry_key() -> None:
    """On a reply, or on a question, the header is refused."""
    world = a_world(friends=1)
    headers = {"x-line-retry-key": KEY}
    assert world.call("POST", "/v2/bot/message/reply", {}, headers).status == 400
    assert world.call("GET", "/v2/bot/message/quota", None, headers).status == 400


def test_the_months_quota_refuses_the_whole_request() -> None:
    """Recipients who would be reached count; one too many and nobody receives it. A new month starts at nought."""
    world = a_world(friends=20, monthly_limit=15)
    assert world.multicast(world.ids(0, 10), key=KEY).status == 200
    refused = world.multicast(world.ids(10, 20), key=OTHER_KEY)
    assert (refused.status, refused.json["message"]) == (429, "You have reached your monthly limit.")
    assert world.call("GET", "/v2/bot/message/quota").json == {"type": "limited", "value": 15}
    assert world.call("GET", "/v2/bot/message/quota/consumption").json == {"totalUsage": 10}
    world.jump(days=11)
    assert world.multicast(world.ids(10, 20), key=OTHER_KEY).status == 200


def test_blocked_people_cost_no_quota() -> None:
    """Only recipients who are reached count."""
    world = a_world(friends=10)
    people = world.platform.people
    people.put(people.slots_of(world.ids(0, 4)), State.BLOCKED)
    world.multicast(world.ids(0, 10))
    assert world.call("GET", "/v2/bot/message/quota").json == {"type": "none"}
    assert world.call("GET", "/v2/bot/message/quota/consumption").json == {"totalUsage": 6}


def test_the_multicast_bucket_gives_200_a_second() -> None:
    """The 201st request at one instant is too fast; after a second there are 200 more."""
    world = a_world(friends=1)
    to = world.ids(0, 1)
    assert {world.multicast(to).status for _ in range(200)} == {200}
    refused = world.multicast(to, key=KEY)
    assert refused.status == 429
    assert refused.json == {"message": "The API rate limit has been exceeded. Try again later."}
    world.jump(seconds=1)
    assert world.multicast(to, key=KEY).status == 200
    assert [world.multicast(to).status for _ in range(200)].count(200) == 199


def test_creating_rich_menus_is_limited_by_the_hour() -> None:
    """A slow bucket: 100 an hour, refilled evenly, whatever the answers were."""
    world = a_world()
    statuses = [world.call("POST", "/v2/bot/richmenu", {}).status for _ in range(101)]
    assert statuses == [400] * 100 + [429]
    world.jump(seconds=36)
    assert world.call("POST", "/v2/bot/richmenu", {}).status == 400
    assert world.call("POST", "/v2/bot/richmenu", {}).status == 429


def test_push_reaches_one_person_and_tells_the_message_ids() -> None:
    """Push answers with one id per message; the same key is good once."""
    world = a_world(friends=1)
    body = {"to": world.ids(0, 1)[0], "messages": a_text() * 2}
    first = world.call("POST", "/v2/bot/message/push", body, {"x-line-retry-key": KEY})
    assert len({one["id"] for one in first.json["sentMessages"]}) == 2
    assert world.call("POST", "/v2/bot/message/push", body, {"x-line-retry-key": KEY}).status == 409
    assert world.call("POST", "/v2/bot/message/push", body | {"to": "C" + "0" * 32}).status == 400


def test_a_reply_token_is_good_once_and_for_a_minute() -> None:
    """A used, unknown or late token answers nobody."""
    world = a_world(friends=2)
    world.platform.reply_tokens.issue("first", 0, world.clock().timestamp())
    world.platform.reply_tokens.issue("second", 1, world.clock().timestamp())

    def reply(token: str) -> int:
        body = {"replyToken": token, "messages": a_text()}
        return world.call("POST", "/v2/bot/message/reply", body).status

    assert [reply("first"), reply("first"), reply("unknown")] == [200, 400, 400]
    world.jump(minutes=1)
    assert reply("second") == 400
    assert world.platform.ledger.received(world.ids(0, 1)[0]) == {content_digest(a_text()): 1}


def test_a_caller_without_the_token_is_refused() -> None:
    """Every endpoint wants the channel access token."""
    world = a_world(friends=1)
    world.token = "wrong"
    assert world.multicast(world.ids(0, 1)).status == 401
    assert world.call("GET", "/v2/bot/message/quota", headers={"authorization": ""}).status == 401


def test_a_body_over_two_megabytes_is_refused() -> None:
    """413, before anything is read of it."""
    world = a_world()
    assert world.call("POST", "/v2/bot/message/multicast", b" " * (2 * 1024 * 1024 + 1)).status == 413


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    """400, no crash."""
    assert a_world().call("POST", "/v2/bot/message/multicast", body).status == 400


def test_every_answer_carries_a_request_id_of_its_own() -> None:
    """Refusals too: a support case starts with it."""
    world = a_world(friends=1)
    answers = [world.multicast(world.ids(0, 1)), world.multicast([]), world.call("GET", "/nowhere")]
    assert len({answer.headers["x-line-request-id"] for answer in answers}) == 3


def test_endpoints_that_the_ward_must_not_use_do_not_exist() -> None:
    """Audiences, narrowcast and menus linked to a person are not served: a call to one is a 404 that shows."""
    world = a_world(friends=1)
    one = world.ids(0, 1)[0]
    for path in ("message/narrowcast", "audienceGroup/upload", f"user/{one}/richmenu/richmenu-1"):
        assert world.call("POST", f"/v2/bot/{path}", {}).status == 404
    assert world.app.traffic.answers["unserved", 404] == 3
