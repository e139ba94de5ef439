"""The sandbox's own door, under `/sandbox/`: who follows, who leaves, what goes wrong, what the ledger says.

It is for the processes that rehearse, is served to this machine only, and is no part of LINE.

Every verb is `POST /sandbox/<verb>` with a JSON object and answers one; 400 names what was not understood.
People are chosen by `count` (drawn by `seed`), `range` of dummy indices, `ids`, or `ids_file` (one id a line).
"""

import asyncio
import os
import random
import resource
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from sandbox.line.clock import JumpingClock
from sandbox.line.events import KINDS, EventMaker
from sandbox.line.faults import Fault
from sandbox.line.http import CONTROL_PATH, LineApp
from sandbox.line.ids import ID_LENGTH, Slots, pack_rows
from sandbox.line.ledger import Mask
from sandbox.line.people import RECEIVES, People, State
from sandbox.line.platform import Account
from sandbox.line.posting import Answers, deliver
from sandbox.line.refusals import LineRefusal, bad_request, not_found
from sandbox.line.webhooks import Policy, Target, plan
from sandbox.line.wire import Answer, Exchange, Json, Request, refused

_Verb = Callable[[Json], Awaitable[Json]]

_CAUSES: Final = {
    "follow": (State.FRIEND, "follow.again", (State.BLOCKED, State.STRANGER)),
    "block": (State.BLOCKED, "unfollow", RECEIVES),
    "quit": (State.GONE, None, RECEIVES),
    "unlist": (State.UNLISTED, None, (State.FRIEND,)),
}
"""Verb: the state it leads to, the event it causes (leaving LINE causes none), and whom it may befall."""


class Control:
    """Serves the verbs on one app."""

    def __init__(self, app: LineApp, clock: JumpingClock) -> None:
        self._app = app
        self._clock = clock
        self._maker = EventMaker(app.platform.account.seed)
        self._rng = random.Random(app.platform.account.seed)
        self._verbs: dict[str, _Verb] = {
            "ready": self._ready,
            "reset": self._reset,
            "friends": self._friends,
            "people": self._people,
            "emit": self._emit,
            "webhook": self._webhook,
            "faults": self._faults,
            "refuse": self._refuse,
            "clock": self._jump,
            "ledger": self._ledger,
            "received": self._received,
            "stats": self._stats,
            "login": self._login,
            "keep": self._keep,
            "exchanges": self._exchanges,
        }

    async def __call__(self, request: Request) -> Answer:
        """Serve one request to the control door."""
        verb = request.path.removeprefix(CONTROL_PATH)
        try:
            asked = request.json if request.body else {}
            if verb in _CAUSES:
                return Answer(await self._move(verb, asked))
            if verb not in self._verbs:
                raise not_found(f"No such verb; there are: {', '.join([*_CAUSES, *self._verbs])}")
            return Answer(await self._verbs[verb](asked))
        except LineRefusal as refusal:
            return refused(refusal)
        except (TypeError, ValueError, KeyError, OSError) as error:
            return refused(bad_request(f"{verb}: {type(error).__name__}: {error}"))

    async def _ready(self, _asked: Json) -> Json:
        return {"pid": os.getpid(), "time": self._clock().isoformat()}

    async def _reset(self, asked: Json) -> Json:
        known = {one.name for one in fields(Account)}
        if not asked.keys() <= known:
            raise bad_request(f"An account has: {', '.join(sorted(known))}")
        self._app.reset(replace(self._app.platform.account, **asked))
        self._maker = EventMaker(self._app.platform.account.seed)
        return {}

    async def _friends(self, asked: Json) -> Json:
        """`n` new dummy friends, or friends with the given `ids`; with `emit` their follow events go out."""
        platform = self._app.platform
        if "ids" in asked:
            slots = platform.people.add_named(asked["ids"])
            platform.followers_by_day.note(self._clock())
        else:
            created = platform.befriend(asked["n"])
            slots = np.arange(created.start, created.stop, dtype=np.int64)
        return {"changed": len(slots), "total": platform.people.total} | await self._caused("follow", slots, asked)

    async def _move(self, verb: str, asked: Json) -> Json:
        state, event, befalls = _CAUSES[verb]
        people = self._app.platform.people
        slots = _chosen(people, asked, befalls)
        slots = slots[np.isin(people.states(slots), befalls)]
        self._app.platform.move(slots, state)
        told = await self._caused(event, slots, asked) if event else {}
        return {"changed": len(slots)} | told

    async def _caused(self, kind: str, slots: Slots, asked: Json) -> Json:
        """Tell the ward by webhook, unless `emit` is false or there is no webhook."""
        if not asked.get("emit", True) or self._app.platform.webhook_url is None:
            return {}
        policy = Policy.read(asked.get("policy", {}))
        return {"webhook": (await self._tell(kind, slots, policy)).as_counts()}

    async def _tell(self, kind: str, slots: Slots, policy: Policy) -> Answers:
        platform, now = self._app.platform, self._clock()
        if platform.webhook_url is None:
            raise bad_request("No webhook URL is set")
        events = list(self._maker.make_all(kind, platform.people.ids_of(slots), now))
        for event, slot in zip(events, slots.tolist(), strict=True):
            if "replyToken" in event:
                platform.reply_tokens.issue(event["replyToken"], slot, now.timestamp())
        account = platform.account
        target = Target(platform.webhook_url, account.destination, account.channel_secret)
        deliveries = plan(events, policy, self._rng)
        return await asyncio.to_thread(deliver, deliveries, target, policy)

    async def _emit(self, asked: Json) -> Json:
        """Send events of a `kind` for chosen friends; no `kind` and no people: one empty delivery."""
        kind = asked.get("kind", "message.text")
        if kind not in KINDS:
            raise bad_request(f"Kinds of events: {', '.join(KINDS)}")
        slots = _chosen(self._app.platform.people, asked, tuple(State))
        return {"webhook": (await self._tell(kind, slots, Policy.read(asked.get("policy", {})))).as_counts()}

    async def _webhook(self, asked: Json) -> Json:
        self._app.platform.webhook_url = asked["url"]
        return {}

    async def _people(self, asked: Json) -> Json:
        """The census; with `state`, the ids of those in it too."""
        people = self._app.platform.people
        census = {state.name.lower(): count for state, count in people.census().items()}
        if "state" not in asked:
            return {"census": census}
        slots = people.slots_in(State[asked["state"].upper()])
        return {"census": census, "ids": people.ids_of(slots)}

    async def _faults(self, asked: Json) -> Json:
        """Replace the fault table when `rules` are given, drawn by `seed` if named; how often each kind has hit."""
        if "rules" in asked:
            self._app.faults.rules = [Fault.read(rule) for rule in asked["rules"]]
        if "seed" in asked:
            self._app.faults.begin(asked["seed"])
        rules = [asdict(rule) for rule in self._app.faults.rules]
        return {"rules": rules, "hits": self._app.faults.hits}

    async def _refuse(self, asked: Json) -> Json:
        """From now on a request to one of these `ids` is answered 400, naming `to[i]`, or `to` unless `named`."""
        self._app.platform.refused_ids = set(asked["ids"])
        self._app.platform.names_refused = asked.get("named", True)
        return {"refused": len(self._app.platform.refused_ids)}

    async def _jump(self, asked: Json) -> Json:
        return {"time": self._clock.advance(timedelta(seconds=asked["advance"])).isoformat()}

    async def _ledger(self, asked: Json) -> Json:
        """The summary for a `content`, `unit` or `endpoint` against the `expected` people; everything without any."""
        ledger = self._app.platform.ledger
        expected = _expected(self._app, asked["expected"]) if "expected" in asked else None
        chosen = {"unit": asked.get("unit"), "endpoint": asked.get("endpoint")}
        summary = ledger.delivered(asked.get("content"), expected=expected, **chosen)
        return {"summary": summary.as_counts(), "contents": ledger.contents()}

    async def _received(self, asked: Json) -> Json:
        return {"copies": self._app.platform.ledger.received(asked["id"])}

    async def _stats(self, _asked: Json) -> Json:
        usage, keys = resource.getrusage(resource.RUSAGE_SELF), self._app.platform.keys
        return {
            "endpoints": self._app.traffic.figures(),
            "asked": [list(one) for one in self._app.traffic.asked],
            "retry_keys": {"known": len(keys), "repeated": keys.repeated, "altered": keys.altered},
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
            "peak_mb": round(usage.ru_maxrss / 1024, 1),
        }

    async def _login(self, asked: Json) -> Json:
        """Say who logs in next (`id`), whether they refuse (`denies`), what the next tokens get wrong (`tamper`)."""
        login = self._app.platform.login
        login.next_id, login.denies = asked.get("id"), asked.get("denies", False)
        login.tamper = asked.get("tamper", {})
        return {"codes": len(login.codes), "tokens": len(login.tokens), "revoked": login.revoked}

    async def _keep(self, asked: Json) -> Json:
        self._app.traffic.keep(asked["most"])
        return {}

    async def _exchanges(self, _asked: Json) -> Json:
        return {"exchanges": [_as_json(one) for one in self._app.traffic.exchanges]}


def _as_json(exchange: Exchange) -> Json:
    return asdict(exchange) | {
        "body": b64encode(exchange.body).decode(),
        "answer": b64encode(exchange.answer).decode(),
    }


def _chosen(people: People, asked: Json, among: tuple[State, ...]) -> Slots:
    if "count" in asked:
        return people.draw(asked["count"], asked.get("seed", 0), *among)
    return _slots(people, asked)


def _slots(people: People, asked: Json) -> Slots:
    if "range" in asked:
        start, stop = asked["range"]
        return np.arange(start, min(stop, people.dummies), dtype=np.int64)
    if "ids_file" in asked:
        return slots_in_file(people, Path(asked["ids_file"]))
    return people.slots_of(asked.get("ids", []))


def slots_in_file(people: People, path: Path) -> Slots:
    """The slots of a file of ids, one a line, each line ended."""
    packed = pack_rows(np.fromfile(path, np.uint8).reshape(-1, ID_LENGTH + 1))
    if packed is None:
        raise bad_request(f"{path.name}: every line must be one LINE user id")
    return people.slots_of_packed(packed)


def _expected(app: LineApp, asked: dict[str, Any]) -> Mask:
    """The expected people: as for the other verbs, or `mask_file`: a .npy of one bool per dummy index."""
    people, flags = app.platform.people, np.zeros(app.platform.people.total, np.bool_)
    if "range" in asked:  # millions at once: no list of indices is made
        start, stop = asked["range"]
        flags[start : min(stop, people.dummies)] = True
    elif "mask_file" in asked:
        given = np.load(asked["mask_file"])[: people.dummies]
        flags[: len(given)] = given
    else:
        flags = app.platform.ledger.mask(_slots(people, asked))
    return flags
