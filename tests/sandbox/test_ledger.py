"""The ledger counts exactly: reached, silent, missed, doubled, stray."""

import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.line.ledger import content_digest
from sandbox.line.people import State
from tests.sandbox.builders import KEY, a_text, a_world


def test_each_fate_is_counted_once() -> None:
    """Ten people: two blocked, one never addressed, one got it twice, one got it who should not."""
    world = a_world(friends=10)
    people, ledger = world.platform.people, world.platform.ledger
    people.put(people.slots_of(world.ids(0, 2)), State.BLOCKED)
    world.multicast(world.ids(0, 7))
    world.multicast(world.ids(6, 7))
    world.multicast(world.ids(9, 10))
    expected = ledger.mask(people.slots_of(world.ids(0, 8)))
    delivery = ledger.delivered(content_digest(a_text()), expected=expected)
    assert delivery.as_counts() == {
        "requests": 3,
        "copies": 7,
        "expected": 8,
        "reached": 5,
        "silent": 2,
        "missed": 1,
        "doubled": 1,
        "stray": 1,
        "foreign": 0,
    }


def test_a_recipient_named_twice_in_one_request_is_doubled() -> None:
    """A sender that repeats an id in `to` is caught, whatever LINE makes of it."""
    world = a_world(friends=2)
    world.multicast(world.ids(0, 2) + world.ids(0, 1))
    assert world.platform.ledger.delivered().doubled == 1


def test_contents_are_told_apart_whatever_the_order_of_their_keys() -> None:
    """The same message objects are one content, other ones another."""
    world = a_world(friends=1)
    world.multicast(world.ids(0, 1), [{"type": "text", "text": "a"}])
    world.multicast(world.ids(0, 1), [{"text": "a", "type": "text"}])
    world.multicast(world.ids(0, 1), [{"type": "text", "text": "b"}])
    assert sorted(one["requests"] for one in world.platform.ledger.contents().values()) == [1, 2]
    assert sum(world.platform.ledger.received(world.ids(0, 1)[0]).values()) == 3


def test_a_409_delivers_nothing_more() -> None:
    """Retries under one key are one delivery."""
    world = a_world(friends=5)
    for _ in range(3):
        world.multicast(world.ids(0, 5), key=KEY)
    delivery = world.platform.ledger.delivered()
    assert (delivery.requests, delivery.copies, delivery.doubled) == (1, 5, 0)
    assert world.platform.keys.repeated == 2


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_counting_agrees_with_a_plain_counter(seed: int) -> None:
    """Packed slots and numpy give what a dictionary of people would give, named people included."""
    rng, world = random.Random(seed), a_world(friends=30)  # noqa: S311 - draws dummy people
    people, ledger = world.platform.people, world.platform.ledger
    named = [f"Ucccc{n:028x}" for n in range(5)]
    everybody = [*world.ids(0, 30), *named]
    people.add_named(named)
    people.put(people.slots_of(rng.sample(everybody, 6)), State.BLOCKED)
    got, vain = Counter[str](), Counter[str]()
    for _ in range(rng.randrange(6)):
        to = rng.sample(everybody, rng.randrange(1, 20))
        assert world.multicast(to).status == 200
        reachable = people.reachable(people.slots_of(to)).tolist()
        got.update(one for one, sees in zip(to, reachable, strict=True) if sees)
        vain.update(one for one, sees in zip(to, reachable, strict=True) if not sees)
    expected = set(rng.sample(everybody, 12))
    delivery = ledger.delivered(expected=ledger.mask(people.slots_of(sorted(expected))))
    assert delivery.copies == sum(got.values())
    assert delivery.reached == len(expected & got.keys())
    assert delivery.silent == len((expected & vain.keys()) - got.keys())
    assert delivery.missed == len(expected - got.keys() - vain.keys())
    assert delivery.doubled == sum(copies > 1 for copies in got.values())
    assert delivery.stray == len(got.keys() - expected)


def test_people_who_join_later_do_not_disturb_old_entries() -> None:
    """Slots of named people stay theirs when dummy people are added afterwards."""
    world = a_world(friends=2)
    named = "Ucccc" + "0" * 28
    world.platform.people.add_named([named])
    world.multicast([named])
    world.platform.befriend(5)
    ledger, people = world.platform.ledger, world.platform.people
    assert ledger.delivered(expected=ledger.mask(people.slots_of([named]))).reached == 1
    assert ledger.delivered(expected=ledger.mask(np.arange(2, 7, dtype=np.int64))).missed == 5


def test_answers_in_the_talk_are_told_apart_from_what_was_sent() -> None:
    """Who was greeted and then sent something got two messages, and the sending is none the worse for it."""
    world = a_world(friends=3)
    world.platform.reply_tokens.issue("t" * 32, 0, world.platform.clock().timestamp())
    world.call("POST", "/v2/bot/message/reply", {"replyToken": "t" * 32, "messages": a_text("ようこそ")})
    world.multicast(world.ids(0, 3))
    ledger = world.platform.ledger
    everybody = ledger.mask(world.platform.people.slots_of(world.ids(0, 3)))
    assert ledger.delivered(expected=everybody).doubled == 1
    sent = ledger.delivered(expected=everybody, endpoint="multicast")
    assert (sent.requests, sent.reached, sent.doubled) == (1, 3, 0)
