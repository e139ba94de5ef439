"""Webhooks leave signed, and go wrong exactly as the policy says."""

import base64
import hashlib
import hmac
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from sandbox.line.events import EventMaker
from sandbox.line.ids import IdSpace
from sandbox.line.platform import Account
from sandbox.line.posting import deliver
from sandbox.line.refusals import LineRefusal
from sandbox.line.serve import make_app, platform_in_thread
from sandbox.line.webhooks import Policy, Target, plan, sign
from tests.sandbox.builders import NOON, a_text, a_world

_SECRET = "sandbox-channel-secret"


@dataclass
class Door:
    """A webhook receiver that keeps what came, and refuses the first `refusing` deliveries."""

    url: str = ""
    refusing: int = 0
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that came, in order."""
        return [event for body in self.bodies for event in json.loads(body)["events"]]


@contextmanager
def a_door(refusing: int = 0) -> Iterator[Door]:
    door = Door(refusing=refusing)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            door.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            door.signatures.append(self.headers["x-line-signature"])
            door.refusing -= 1
            self.send_response(500 if door.refusing >= 0 else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    door.url = f"http://127.0.0.1:{server.server_port}/webhook"
    try:
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def follows(count: int) -> list[dict[str, Any]]:
    return list(EventMaker(1).make_all("follow", IdSpace(1).ids(0, count), NOON))


def post(door: Door, policy: Policy, count: int) -> dict[str, Any]:
    """Deliver so many follow events; the counted answers."""
    target = Target(door.url, "U" + "b" * 32, _SECRET)
    planned = plan(follows(count), policy, random.Random(1))  # noqa: S311 - draws faults, no secrets
    return deliver(planned, target, policy).as_counts()


def planned(policy: Policy, count: int = 200, seed: int = 1) -> list[tuple[dict[str, Any], ...]]:
    return [one.events for one in plan(follows(count), policy, random.Random(seed))]  # noqa: S311 - as above


def test_the_known_signature_comes_out() -> None:
    """LINE's own known answer: base64 of HMAC-SHA256 over the raw bytes."""
    assert sign("channel_secret", b"bodybodybodybody") == "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="


def test_every_delivery_is_signed_over_its_raw_bytes() -> None:
    """The receiver's own HMAC agrees for each body."""
    with a_door() as door:
        counts = post(door, Policy(events_a_delivery=7), 50)
    assert len(door.events) == 50 == counts["events"]
    assert counts["statuses"] == {"200": len(door.bodies)}
    for body, signature in zip(door.bodies, door.signatures, strict=True):
        digest = hmac.digest(_SECRET.encode(), body, hashlib.sha256)
        assert base64.b64decode(signature) == digest


def test_on_its_best_day_each_event_leaves_once_and_in_order() -> None:
    """The default policy changes nothing."""
    assert [event for events in planned(Policy(events_a_delivery=5)) for event in events] == follows(200)


def test_doubled_deliveries_come_unmarked_and_redelivered_ones_marked() -> None:
    """Both repeat the webhookEventId; only the redelivery says so."""
    doubled = Counter(event["webhookEventId"] for (event,) in planned(Policy(doubled=1.0)))
    assert set(doubled.values()) == {2}
    marks = Counter(event["deliveryContext"]["isRedelivery"] for (event,) in planned(Policy(redelivered=1.0)))
    assert marks == {False: 200, True: 200}


def test_shares_befall_about_that_many() -> None:
    """A tenth is about a tenth, and the seed decides which."""
    assert 205 <= len(planned(Policy(doubled=0.1))) <= 240
    assert planned(Policy(doubled=0.1)) == planned(Policy(doubled=0.1))
    assert planned(Policy(doubled=0.1)) != planned(Policy(doubled=0.1), seed=2)


def test_reordering_keeps_everything_within_its_window() -> None:
    """Nothing is lost, nothing moves further than the window, something moves."""
    ids = [event["webhookEventId"] for event in follows(200)]
    moved = [event["webhookEventId"] for (event,) in planned(Policy(reordered_within=10))]
    assert sorted(moved) == sorted(ids)
    assert moved != ids
    assert all(abs(ids.index(one) - place) < 10 for place, one in enumerate(moved))


def test_empty_and_standby_deliveries_happen() -> None:
    """A ping has no events; standby events are another channel's to act on."""
    assert [len(events) for events in planned(Policy(empty=1.0), count=2)] == [1, 0, 1, 0]
    assert {event["mode"] for (event,) in planned(Policy(standby=1.0))} == {"standby"}


def test_late_deliveries_arrive_in_the_end() -> None:
    """Late is not lost: all arrive, some after those that left later."""
    with a_door() as door:
        post(door, Policy(late=0.5, late_seconds=0.2, concurrency=1), 40)
    ids = [event["webhookEventId"] for event in follows(40)]
    arrived = [event["webhookEventId"] for event in door.events]
    assert sorted(arrived) == sorted(ids)
    assert arrived != ids


def test_what_was_not_answered_2xx_is_redelivered() -> None:
    """The same event comes again, marked, until it is taken or the attempts are used up."""
    with a_door(refusing=2) as door:
        counts = post(door, Policy(attempts=3, concurrency=1), 1)
    assert counts["statuses"] == {"200": 1, "500": 2}
    assert [event["deliveryContext"]["isRedelivery"] for event in door.events] == [False, True, True]
    assert len({event["webhookEventId"] for event in door.events}) == 1


def test_a_closed_door_is_counted_not_raised() -> None:
    """Nobody listens: status 0."""
    with a_door() as door:
        pass
    assert post(door, Policy(), 2)["statuses"] == {"0": 2}


def test_an_unknown_policy_is_refused() -> None:
    """A misspelt word would otherwise be a policy that does nothing."""
    with pytest.raises(LineRefusal, match="A delivery policy has"):
        Policy.read({"dubbled": 1})


def test_people_who_block_are_told_and_people_who_quit_are_not() -> None:
    """Leaving LINE sends no event; it has to be found out."""
    app = make_app(Account())
    with a_door() as door, platform_in_thread(app) as running:
        running.control.ask("webhook", url=door.url)
        assert running.control.friends(20)["webhook"]["events"] == 20
        assert running.control.block(3, seed=1)["webhook"]["events"] == 3
        assert running.control.quit(2, seed=1) == {"changed": 2}
        census = running.control.ask("people")["census"]
        assert (census["friend"], census["blocked"], census["gone"]) == (15, 3, 2)
        blocked = running.control.ask("people", state="blocked")["ids"]
        again = running.control.ask("follow", ids=blocked)
    kinds = Counter(event["type"] for event in door.events)
    assert kinds == {"follow": 23, "unfollow": 3}
    assert again["changed"] == 3
    assert [event["follow"]["isUnblocked"] for event in door.events if event["type"] == "follow"][-3:] == [True] * 3
    left = {event["source"]["userId"] for event in door.events if event["type"] == "unfollow"}
    assert left == set(blocked)


def test_a_message_can_be_replied_to_by_its_token() -> None:
    """Tokens of events that went out are good for a reply."""
    world = a_world(friends=1)
    with a_door() as door, platform_in_thread(world.app) as running:
        running.control.ask("webhook", url=door.url)
        running.control.ask("emit", kind="message.text", count=1)
    body = {"replyToken": door.events[0]["replyToken"], "messages": a_text()}
    assert world.call("POST", "/v2/bot/message/reply", body).status == 200


def test_the_same_seed_makes_the_same_events_with_distinct_ids() -> None:
    """Event ids are ULIDs: 26 letters that sort by time."""
    later = NOON + timedelta(seconds=1)
    ids = [EventMaker(1).make("follow", IdSpace(1).id_of(0), at)["webhookEventId"] for at in (NOON, later)]
    assert ids[0] < ids[1]
    assert follows(100) == follows(100)
    assert len({event["webhookEventId"] for event in follows(1000)}) == 1000
    assert all(len(event["webhookEventId"]) == 26 for event in follows(5))
