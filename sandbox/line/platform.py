"""The LINE platform as one plain object: no HTTP in it, its time injected, everything by LINE's documented rules.

A refused request changes nothing and reaches nobody. Rates are not its business (the door counts requests); the
month's quota is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from sandbox.line.clock import Clock, real_time
from sandbox.line.engagement import Engagement
from sandbox.line.followers import FollowerPages
from sandbox.line.ids import FOREIGN, ID_SHAPE, Slots, malformed, pack
from sandbox.line.ledger import Ledger, content_digest
from sandbox.line.limits import Quota
from sandbox.line.login import Login
from sandbox.line.messages import MOST_RECIPIENTS, faults_in
from sandbox.line.people import People, State
from sandbox.line.refusals import Detail, bad_request, faulty, not_found
from sandbox.line.replies import ReplyTokens
from sandbox.line.retry import RetryKeys
from sandbox.line.richmenus import RichMenus
from sandbox.line.statistics import AggregationUnits, DailyFollowers, DailyMessages
from sandbox.line.wire import Json, Request

PROFILE_STATES: Final = (State.FRIEND,)


@dataclass(frozen=True)
class Account:
    """The official account that the sandbox plays: what would stand in LINE's console.

    `monthly_limit` None is the municipal plan. `nonexistent_refused` chooses between the two answers that LINE
    documents for ids that nobody has: 200 and silence, or 400.

    `recipients_first` chooses what is looked at first in a request whose key was accepted before, and which names
    somebody whom LINE refuses by now. LINE's guide "Retry failed API requests" says without exception that an accepted
    request is blocked and answered 409, so the key comes first here. No page says it of such a request in so many
    words: a sender must also hold where it is answered 400, that is, not take a 400 to a repetition for a refusal.
    """

    seed: int = 1
    destination: str = "U" + "b" * 32
    name: str = "試験区役所"
    access_token: str = "sandbox-access-token"  # noqa: S105 - opens nothing but this sandbox
    channel_secret: str = "sandbox-channel-secret"  # noqa: S105 - signs nothing but this sandbox's events
    login_channel_id: str = "1650000001"
    login_channel_secret: str = "sandbox-login-secret-0123456789"  # noqa: S105 - as above, for its ID tokens
    monthly_limit: int | None = None
    rate_factor: float = 1.0
    nonexistent_refused: bool = False
    recipients_first: bool = False


class Platform:
    """Everything LINE knows of one account: friends, requests, messages, menus."""

    def __init__(self, account: Account | None = None, clock: Clock = real_time) -> None:
        self.account = account or Account()
        self.clock = clock
        self.people = People(self.account.seed)
        self.ledger = Ledger(self.people)
        self.keys = RetryKeys()
        self.reply_tokens = ReplyTokens()
        self.quota = Quota(self.account.monthly_limit)
        self.menus = RichMenus()
        self.units = AggregationUnits()
        self.engagement = Engagement()
        self.messages_by_day = DailyMessages()
        self.followers_by_day = DailyFollowers(self.people)
        self.pages = FollowerPages(self.people, self.account.channel_secret.encode())
        self.refused_ids: set[str] = set()
        self.names_refused = True  # whether a refusal names to[i], or only `to`
        self.webhook_url: str | None = None
        self.login = Login(self.account.login_channel_id, self.account.login_channel_secret, self.account.seed)
        self._sent = 0

    def befriend(self, count: int) -> range:
        """Create friends; their slots."""
        slots = self.people.add_dummies(count)
        self.followers_by_day.note(self.clock())
        return slots

    def move(self, slots: Slots, state: State) -> None:
        """Let people follow, block, or leave LINE."""
        self.people.put(slots, state)
        self.followers_by_day.note(self.clock())

    def multicast(self, request: Request) -> None:
        """Send the same messages to as many as 500 people, or to nobody."""
        self._send("multicast", request, request.json.get("to"))

    def push(self, request: Request) -> list[Json]:
        """Send to one person; the ids of the sent messages."""
        body = request.json
        if not isinstance(body.get("to"), str) or not ID_SHAPE.fullmatch(body["to"]):
            raise faulty(Detail("Invalid user id", "to"))
        self._send("push", request, [body["to"]])
        return self._sent_messages(len(body["messages"]))

    def reply(self, request: Request) -> list[Json]:
        """Answer an event by its token; not counted against the quota."""
        body, now = request.json, self.clock()
        self.validate(body)
        slot = self.reply_tokens.redeem(body.get("replyToken"), now.timestamp())
        self._book("reply", body, np.array([slot], np.int64), None, now)
        return self._sent_messages(len(body["messages"]))

    def validate(self, body: Json) -> None:
        """400 with every fault of the message objects; nothing else is looked at."""
        if faults := list(faults_in(body.get("messages"))):
            raise faulty(*faults)

    def profile(self, line_user_id: str) -> Json:
        """What a friend shows of themself; 404 for everybody else, whatever the reason."""
        if not ID_SHAPE.fullmatch(line_user_id):
            raise bad_request("The value for the 'userId' parameter is invalid")
        slot = self.people.slot_of(line_user_id)
        if self.people.states(np.array([slot], np.int64))[0] not in PROFILE_STATES:
            raise not_found()
        return {
            "userId": line_user_id,
            "displayName": f"ダミー住民{slot}",
            "pictureUrl": f"https://profile.invalid/{slot}",
            "statusMessage": "ダミーの一言",
            "language": "ja",
        }

    def _send(self, endpoint: str, request: Request, to: object) -> None:
        body, key, now = request.json, request.retry_key, self.clock()
        if self.account.recipients_first:
            self._recipients(to)
        if key is not None:
            self.keys.admit(key, hash(request.body), now.timestamp())
        slots = self._recipients(to)
        self.validate(body)
        unit = self.units.assign(body.get("customAggregationUnits"), now)
        reached = int(self.people.reachable(slots).sum())
        self.quota.demand(reached, now)
        self._book(endpoint, body, slots, unit, now)
        self.quota.spend(reached, now)
        if key is not None:
            self.keys.accepted(key, request.id)

    def _book(self, endpoint: str, body: Json, slots: Slots, unit: str | None, now: datetime) -> None:
        content = content_digest(body["messages"])
        reached = self.ledger.enter(at=now, endpoint=endpoint, content=content, unit=unit, slots=slots)
        self.messages_by_day.add(endpoint, reached, now)
        self.engagement.add(unit, body["messages"], reached, now)

    def _recipients(self, to: object) -> Slots:
        if not isinstance(to, list) or not 1 <= len(to) <= MOST_RECIPIENTS:
            raise faulty(Detail(f"Size must be between 1 and {MOST_RECIPIENTS}", "to"))
        packed = pack(to)
        if packed is None:
            raise faulty(*(_bad_recipient(at) for at in malformed(to)))
        slots = self.people.slots_of_packed(packed)
        refused = [at for at, one in enumerate(to) if one in self.refused_ids] if self.refused_ids else []
        if self.account.nonexistent_refused:
            refused += np.flatnonzero(slots == FOREIGN).tolist()
        if refused and not self.names_refused:
            raise faulty(Detail("Invalid user id", "to"))
        if refused:
            raise faulty(*(_bad_recipient(at) for at in sorted(set(refused))))
        return slots

    def _sent_messages(self, count: int) -> list[Json]:
        first, self._sent = self._sent + 1, self._sent + count
        return [{"id": str(one), "quoteToken": f"q{one}"} for one in range(first, self._sent + 1)]


def _bad_recipient(at: int) -> Detail:
    return Detail("Invalid user id", f"to[{at}]")
