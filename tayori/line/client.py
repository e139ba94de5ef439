"""The one door to LINE: no method of it could tell LINE anything about a person but their id in `to` (I4).

A multicast carries user ids and messages that are the same for everybody. Audiences, narrowcasts, menus and labels
for one person do not exist here; what is not on the list of endpoints, the wall refuses before any connection.
One policy of time-outs and retries, ours: the SDK never asks twice by itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson
import urllib3
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, MulticastRequest, ValidateMessageRequest
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.messaging.models.message import Message
from pydantic.v1 import ValidationError  # the SDK's models are of that version

from tayori.domain.batches import LARGEST_BATCH
from tayori.domain.talk import Said
from tayori.errors import BadInput, Refused, Unavailable
from tayori.line.answers import NO_ANSWER, Answer, places_of, read_answer
from tayori.line.paging import PageExpired
from tayori.line.wall import CONNECTIONS, Wall, put_behind
from tayori.settings import Settings

Seconds = tuple[float, float]
TIMEOUTS: Final[Seconds] = (3.0, 10.0)  # to connect, to be answered
PAGE: Final = 1000  # LINE's largest page of followers


@dataclass(frozen=True, slots=True)
class Content:
    """What a broadcast says, ready to send: the approved messages as the SDK will write them, and the opaque unit."""

    messages: list[dict[str, Any]] = field(repr=False)
    models: list[Message] = field(repr=False)
    unit: str


@dataclass(frozen=True, slots=True)
class FollowerPage:
    """One page of those who follow, and where the next one starts (None: this was the last)."""

    ids: tuple[str, ...] = field(repr=False)
    start: str | None


class _Multicast(MulticastRequest):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own request, written out once per broadcast instead of once per batch: a tenth of its time."""

    def to_dict(self) -> dict[str, Any]:
        """Give the body as it goes out."""
        return {
            "messages": [message.to_dict() for message in self.messages],
            "to": self.to,
            "notificationDisabled": False,
            "customAggregationUnits": self.custom_aggregation_units,
        }


def content_of(stored: bytes, unit: str) -> Content:
    """Make the stored message bytes ready to send.

    Raises:
        Refused: the SDK would write something else than what was approved.

    """
    try:
        approved: list[dict[str, Any]] = json.loads(stored)
        models = [Message.from_dict(message) for message in approved]
        alike = [model.to_dict() for model in models] == approved
    except (ValueError, TypeError, AttributeError):  # the SDK knows no such message; its error repeats the content
        alike = False
    if not alike:
        raise Refused("The messages would not go out as they were approved; nothing was sent. Write them anew.")
    return Content(approved, models, unit)


class LineClient:
    """Speaks to LINE, or to a sandbox that plays it. Safe to use from many threads."""

    def __init__(self, base: str, token: str, *, connections: int = CONNECTIONS, timeouts: Seconds = TIMEOUTS) -> None:
        self._base = base
        self._timeouts = timeouts
        self._wall = Wall(base, connections=connections)
        self._api_client = put_behind(self._wall, ApiClient(Configuration(host=base, access_token=token)))
        self._api = MessagingApi(self._api_client)

    @classmethod
    def from_settings(cls, settings: Settings) -> "LineClient":
        """Give the client that the settings name.

        Raises:
            Refused: no address or no access token is set.

        """
        if not settings.line_base or settings.line_access_token is None:
            raise Refused("LINE cannot be reached: set TAYORI_LINE_API_BASE and TAYORI_LINE_ACCESS_TOKEN.")
        return cls(settings.line_base, settings.line_access_token.get_secret_value())

    def multicast(self, to: Sequence[str], content: Content, retry_key: str) -> Answer:
        """Send to as many as 500 people, once per retry key. Whatever happens on the way is an answer."""
        if not 1 <= len(to) <= LARGEST_BATCH:
            raise BadInput(f"A batch holds 1 to {LARGEST_BATCH} people; this one holds {len(to)}.")
        request = _Multicast.construct(
            to=to, messages=content.models, notification_disabled=False, custom_aggregation_units=[content.unit]
        )
        try:
            told = self._api.multicast_with_http_info(
                request, x_line_retry_key=retry_key, _request_timeout=self._timeouts
            )
        except ApiException as error:
            return read_answer(error.status, error.headers or {}, error.body)
        except urllib3.exceptions.HTTPError:
            return NO_ANSWER
        return read_answer(told.status_code, told.headers, None)

    def reply(self, reply_token: str, said: Said) -> bool:
        """Say a fixed text on an event's reply token, once; False where LINE no longer takes the token.

        Raises:
            Unavailable: LINE could not be asked, or refuses us.

        """
        body = {"replyToken": reply_token, "messages": [{"type": "text", "text": said.text}]}
        try:
            told = self._wall.request(
                "POST",
                f"{self._base}/v2/bot/message/reply",
                body=orjson.dumps(body),
                headers=self._api_client.default_headers | {"Content-Type": "application/json"},
                timeout=urllib3.Timeout(connect=self._timeouts[0], read=self._timeouts[1]),
            )
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        if told.status not in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}:
            raise unavailable(told.status)
        return told.status == HTTPStatus.OK

    def faults_in(self, content: Content) -> tuple[str, ...]:
        """Let LINE check the messages without sending; the places that it objects to.

        Raises:
            Unavailable: LINE could not be asked.

        """
        try:
            self._api.validate_multicast_with_http_info(
                ValidateMessageRequest(messages=content.models), _request_timeout=self._timeouts
            )
        except ApiException as error:
            if error.status == HTTPStatus.BAD_REQUEST:
                return places_of(error.body) or ("messages",)
            raise unavailable(error.status) from None
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        return ()

    def followers_ids(self, start: str | None = None, limit: int = PAGE) -> FollowerPage:
        """Give one page of the ids of those who follow; a page may be short and still have a next one.

        Raises:
            PageExpired: the start is no longer valid (24 h); the list has to be read from its beginning.
            Unavailable: LINE could not be asked, or does not let this account ask.

        """
        given: dict[str, Any] = {"limit": limit} if start is None else {"limit": limit, "start": start}
        read = self._asked(self._api.get_followers_with_http_info, **given)
        return FollowerPage(tuple(read.user_ids), read.next)

    def profile_exists(self, line_user_id: str) -> bool:
        """Whether LINE shows a profile for this id. The status alone is looked at; the body is discarded unread (L5).

        Raises:
            Unavailable: LINE could not be asked.

        """
        try:
            told = self._wall.request(
                "GET",
                f"{self._base}/v2/bot/profile/{line_user_id}",
                headers=self._api_client.default_headers,
                timeout=urllib3.Timeout(connect=self._timeouts[0], read=self._timeouts[1]),
                preload_content=False,
            )
            told.drain_conn()
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        if told.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise unavailable(told.status)
        return told.status == HTTPStatus.OK

    def quota(self) -> int | None:
        """How many messages this month may carry; None where the plan has no limit."""
        read = self._asked(self._api.get_message_quota_with_http_info)
        return None if read.type == "none" else int(read.value)

    def consumption(self) -> int:
        """About how many messages this month has carried, by LINE's count."""
        return int(self._asked(self._api.get_message_quota_consumption_with_http_info).total_usage)

    def _asked(self, question: Any, **given: Any) -> Any:  # noqa: ANN401 - a method of the untyped SDK, and its answer
        try:
            return question(**given, _request_timeout=self._timeouts).data
        except ApiException as error:
            if error.status == HTTPStatus.BAD_REQUEST and "start" in given:
                raise PageExpired("LINE no longer knows where the next page starts; begin the list again.") from None
            raise unavailable(error.status) from None
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        except ValidationError:  # the SDK's models, which repeat in their errors what they were given
            raise Unavailable("LINE answered what it never promised; nothing was lost. Run it again later.") from None


def unavailable(status: int | None) -> Unavailable:
    """Give the sentence for a question that LINE did not answer; 0: it said nothing at all."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Unavailable(
            "LINE refuses our access token or account; renew TAYORI_LINE_ACCESS_TOKEN, then run it again."
        )
    said = f"answered {status}" if status else "did not answer"
    return Unavailable(f"LINE {said}; nothing was lost. Run it again later.")
