"""Everything that we ever ask LINE, as one table: what is not on it cannot be asked (I4, L13).

Absent on purpose: audiences, narrowcasts, broadcasts to all friends, pushes, and rich menus for one person. Each would
store at LINE who is who, or send to people whom no segment of ours chose. Menus are made, named and shown to all alike.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_PART: Final = {"user_id": "U[0-9a-f]{32}", "menu_id": "richmenu-[0-9a-f]{32}", "alias": "[a-z0-9_-]{1,32}"}


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: method, path with its variable parts in braces, and what we need it for."""

    method: str
    path: str
    purpose: str

    @cached_property
    def shape(self) -> re.Pattern[str]:
        """What a path of this endpoint looks like."""
        parts = re.split(r"\{(\w+)\}", self.path)
        return re.compile("".join(_PART[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))

    @property
    def template(self) -> str:
        """The path with its variable parts left blank."""
        return re.sub(r"\{\w+\}", "{}", self.path)


_BOT: Final = "/v2/bot"
_MENU: Final = f"{_BOT}/richmenu"
ENDPOINTS: Final = (
    Endpoint("POST", f"{_BOT}/message/multicast", "an approved broadcast, a batch of at most 500"),
    Endpoint("POST", f"{_BOT}/message/validate/multicast", "LINE's check of the messages before anyone signs them"),
    Endpoint("POST", f"{_BOT}/message/reply", "a fixed text to who adds the account or writes into its talk"),
    Endpoint("GET", f"{_BOT}/message/quota", "how many messages the month may carry"),
    Endpoint("GET", f"{_BOT}/message/quota/consumption", "how many it has carried"),
    Endpoint("GET", f"{_BOT}/message/delivery/multicast", "how many messages went out on a day, by LINE's count"),
    Endpoint("GET", f"{_BOT}/insight/message/event/aggregation", "how many opened a broadcast, by its opaque unit"),
    Endpoint("GET", f"{_BOT}/insight/followers", "followers, reach and blocks of a day, in numbers"),
    Endpoint("GET", f"{_BOT}/followers/ids", "who follows, to find out who left LINE"),
    Endpoint("GET", f"{_BOT}/profile/{{user_id}}", "whether somebody missing from that list is gone; status only"),
    Endpoint("GET", f"{_MENU}/list", "which rich menus are there"),
    Endpoint("POST", f"{_MENU}/validate", "LINE's check of a rich menu before it is made"),
    Endpoint("POST", _MENU, "a rich menu, the same for everybody"),
    Endpoint("POST", f"{_MENU}/{{menu_id}}/content", "its picture"),
    Endpoint("GET", f"{_MENU}/{{menu_id}}/content", "whether it has its picture"),
    Endpoint("DELETE", f"{_MENU}/{{menu_id}}", "a rich menu that another one replaced"),
    Endpoint("GET", f"{_MENU}/alias/list", "what the tabs of the menus lead to"),
    Endpoint("POST", f"{_MENU}/alias", "a tab by a neutral name"),
    Endpoint("POST", f"{_MENU}/alias/{{alias}}", "the same tab, leading to the menu that replaces it"),
    Endpoint("DELETE", f"{_MENU}/alias/{{alias}}", "a tab that is no more"),
    Endpoint("GET", f"{_BOT}/user/all/richmenu", "which menu everybody sees"),
    Endpoint("POST", f"{_BOT}/user/all/richmenu/{{menu_id}}", "the menu that everybody sees"),
)
_EXACT: Final = {(one.method, one.path): one for one in ENDPOINTS if "{" not in one.path}
_SHAPED: Final = tuple(one for one in ENDPOINTS if "{" in one.path)


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """Give the endpoint that a request is for; None if it is not on the list."""
    if found := _EXACT.get((method, path)):
        return found
    return next((one for one in _SHAPED if one.method == method and one.shape.fullmatch(path)), None)


def foreign_endpoints(asked: Iterable[tuple[str, str]]) -> list[str]:
    """Of requests that somebody saw (method, and path or path with blanks), give those that are not on the list."""
    blank = {(one.method, one.template) for one in _SHAPED}
    foreign = {one for one in asked if one not in blank and endpoint_of(*one) is None}
    return [f"{method} {path}" for method, path in sorted(foreign)]
