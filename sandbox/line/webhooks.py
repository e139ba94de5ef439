"""Webhook deliveries as the platform makes them: signed, and not always once, in order, or on time."""

import base64
import hashlib
import hmac
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any, Final

import orjson

from sandbox.line.events import Event
from sandbox.line.refusals import bad_request

SIGNATURE_HEADER: Final = "x-line-signature"


def sign(channel_secret: str, body: bytes) -> str:
    """LINE's signature of a webhook body."""
    return base64.b64encode(hmac.digest(channel_secret.encode(), body, hashlib.sha256)).decode()


@dataclass(frozen=True)
class Policy:
    """How deliveries go wrong; the default is a platform on its best day.

    Shares are chances per delivery. `doubled` repeats it unmarked, `redelivered` marks the repetition,
    `standby` sends its events for another channel to act on; `attempts` > 1 repeats what was not answered 2xx.
    """

    events_a_delivery: int = 1
    late: float = 0.0
    late_seconds: float = 1.0
    doubled: float = 0.0
    redelivered: float = 0.0
    empty: float = 0.0
    standby: float = 0.0
    reordered_within: int = 1
    attempts: int = 1
    concurrency: int = 8

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Policy":
        """A policy as the control API takes it; 400 for an unknown word."""
        known = {one.name for one in fields(cls)}
        if not given.keys() <= known:
            raise bad_request(f"A delivery policy has: {', '.join(sorted(known))}")
        return cls(**given)


@dataclass(frozen=True)
class Delivery:
    """One body to post, `after` so many seconds."""

    events: tuple[Event, ...]
    after: float = 0.0

    def marked(self) -> "Delivery":
        """The same, as a redelivery."""
        again = ({**event, "deliveryContext": {"isRedelivery": True}} for event in self.events)
        return replace(self, events=tuple(again))

    def standing_by(self) -> "Delivery":
        """The same, in standby mode."""
        return replace(self, events=tuple({**event, "mode": "standby"} for event in self.events))


def plan(events: Iterable[Event], policy: Policy, rng: random.Random) -> list[Delivery]:
    """The deliveries that these events become, in the order in which they leave."""
    deliveries: list[Delivery] = []
    rest = iter(events)
    while batch := tuple(islice(rest, rng.randint(1, policy.events_a_delivery))):
        deliveries.extend(_with_company(Delivery(batch), policy, rng))
    return _reordered(deliveries, policy.reordered_within, rng)


def _with_company(delivery: Delivery, policy: Policy, rng: random.Random) -> list[Delivery]:
    def befalls(share: float) -> bool:
        return share > 0 and rng.random() < share

    if befalls(policy.standby):
        delivery = delivery.standing_by()
    if befalls(policy.late):
        delivery = replace(delivery, after=rng.uniform(0, policy.late_seconds))
    company = [delivery]
    if befalls(policy.doubled):
        company.append(delivery)
    if befalls(policy.redelivered):
        company.append(delivery.marked())
    if befalls(policy.empty):
        company.append(Delivery(()))
    return company


def _reordered(deliveries: list[Delivery], within: int, rng: random.Random) -> list[Delivery]:
    if within <= 1:
        return deliveries
    windows = [deliveries[at : at + within] for at in range(0, len(deliveries), within)]
    return [one for window in windows for one in rng.sample(window, len(window))]


@dataclass(frozen=True)
class Target:
    """Where deliveries go, and the secret that signs them. The secret does not print."""

    url: str
    destination: str
    channel_secret: str = field(repr=False)

    def body(self, events: Sequence[Event]) -> bytes:
        """The bytes of one delivery."""
        return orjson.dumps({"destination": self.destination, "events": events})

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers that LINE sends along."""
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            SIGNATURE_HEADER: sign(self.channel_secret, body),
        }
