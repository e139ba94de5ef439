"""What LINE tells afterwards, in numbers: how many opened a broadcast, how the account stands. Reading only."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final

import urllib3
from linebot.v3 import insight, messaging
from linebot.v3.insight.exceptions import ApiException as InsightException
from linebot.v3.messaging.exceptions import ApiException as MessagingException
from pydantic.v1 import ValidationError  # the SDK's models are of that version

from tayori.errors import Refused, Unavailable
from tayori.line.client import TIMEOUTS, Seconds, unavailable
from tayori.line.paging import TooFast
from tayori.line.wall import Wall, put_behind
from tayori.settings import Settings

READY: Final = "ready"
CONNECTIONS: Final = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """How many people opened a broadcast and a link in it; None: fewer than 20, or none that LINE tells of."""

    opened: int | None
    clicked: int | None


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """How the account stood at the end of a day: ever followed, reached by a message to all, blocking."""

    followers: int
    reached: int
    blocks: int


class InsightClient:
    """Asks LINE for figures, by opaque unit or by day."""

    def __init__(self, base: str, token: str, *, timeouts: Seconds = TIMEOUTS) -> None:
        wall = Wall(base, connections=CONNECTIONS)
        figures = put_behind(wall, insight.ApiClient(insight.Configuration(host=base, access_token=token)))
        sending = put_behind(wall, messaging.ApiClient(messaging.Configuration(host=base, access_token=token)))
        self._timeouts = timeouts
        self._insight = insight.Insight(figures)
        self._messaging = messaging.MessagingApi(sending)

    @classmethod
    def from_settings(cls, settings: Settings) -> "InsightClient":
        """Give the client that the settings name.

        Raises:
            Refused: no address or no access token is set.

        """
        if not settings.line_base or settings.line_access_token is None:
            raise Refused("LINE cannot be reached: set TAYORI_LINE_API_BASE and TAYORI_LINE_ACCESS_TOKEN.")
        return cls(settings.line_base, settings.line_access_token.get_secret_value())

    def opened(self, unit: str, first: date, last: date) -> Opened:
        """Give how many opened what was sent under a unit in these days (at most 31); LINE counts for 14 days."""
        asked = {"custom_aggregation_unit": unit, "var_from": f"{first:%Y%m%d}", "to": f"{last:%Y%m%d}"}
        found = self._asked(self._insight.get_statistics_per_unit_with_http_info, **asked).overview
        return Opened(found.unique_impression, found.unique_click)

    def account(self, day: date) -> AccountFigures | None:
        """Give how the account stood at the end of a day; None while LINE has not counted it."""
        found = self._asked(self._insight.get_number_of_followers_with_http_info, var_date=f"{day:%Y%m%d}")
        if found.status != READY:
            return None
        return AccountFigures(found.followers, found.targeted_reaches, found.blocks)

    def delivered(self, day: date) -> int | None:
        """Give how many messages multicasts delivered on a day; None while LINE has not counted, or below 20."""
        question = self._messaging.get_number_of_sent_multicast_messages_with_http_info
        found = self._asked(question, var_date=f"{day:%Y%m%d}")
        return found.success if found.status == READY else None

    def _asked(self, question: Any, **given: str) -> Any:  # noqa: ANN401 - a method of the untyped SDK, and its answer
        try:
            return question(**given, _request_timeout=self._timeouts).data
        except (InsightException, MessagingException) as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise TooFast("LINE answers no more questions for now; ask the rest later.") from None
            raise unavailable(error.status) from None
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        except ValidationError:
            raise Unavailable("LINE answered what it never promised; nothing was lost. Run it again later.") from None
