"""LINE's endpoints: a table of method, path, endpoint name (for rates and figures), and what serves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sandbox.line.followers import DEFAULT_LIMIT
from sandbox.line.login import WHO
from sandbox.line.platform import Platform
from sandbox.line.refusals import Detail, bad_request, faulty, not_found
from sandbox.line.statistics import DailyFollowers, parse_day
from sandbox.line.wire import Answer, Json, Request

Serve = Callable[..., Answer]
"""Takes the platform, the request, and the variable parts of the path in order."""

RETRYABLE: Final = frozenset({"multicast", "push"})
"""Endpoints that take a retry key; it is refused everywhere else."""


@dataclass(frozen=True)
class Route:
    """One endpoint. `{}` in the path stands for a variable part; an `open` one asks for no channel access token."""

    method: str
    path: str
    endpoint: str
    serve: Serve
    open: bool = False


def _multicast(platform: Platform, request: Request) -> Answer:
    platform.multicast(request)
    return Answer()


def _push(platform: Platform, request: Request) -> Answer:
    return Answer({"sentMessages": platform.push(request)})


def _reply(platform: Platform, request: Request) -> Answer:
    return Answer({"sentMessages": platform.reply(request)})


def _validate(platform: Platform, request: Request) -> Answer:
    platform.validate(request.json)
    return Answer()


def _quota(platform: Platform, _request: Request) -> Answer:
    limit = platform.quota.limit
    return Answer({"type": "none"} if limit is None else {"type": "limited", "value": limit})


def _consumption(platform: Platform, _request: Request) -> Answer:
    return Answer({"totalUsage": platform.quota.used(platform.clock())})


def _delivery(kind: str) -> Serve:
    def serve(platform: Platform, request: Request) -> Answer:
        day = parse_day(request.query.get("date", ""))
        return Answer(dict(platform.messages_by_day.figures(kind, day, platform.clock())))

    return serve


def _insight_followers(platform: Platform, request: Request) -> Answer:
    now = platform.clock()
    day = parse_day(request.query["date"]) if "date" in request.query else DailyFollowers.yesterday(now)
    return Answer(dict(platform.followers_by_day.figures(day, now)))


def _unit_figures(platform: Platform, request: Request) -> Answer:
    return Answer(platform.engagement.figures(request.query, platform.clock()))


def _units_used(platform: Platform, _request: Request) -> Answer:
    return Answer({"numOfCustomAggregationUnits": len(platform.units.names(platform.clock()))})


def _unit_names(platform: Platform, _request: Request) -> Answer:
    return Answer({"customAggregationUnits": platform.units.names(platform.clock())})


def _followers(platform: Platform, request: Request) -> Answer:
    limit = request.query.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdecimal():
        raise bad_request("Invalid limit param")
    ids, token = platform.pages.page(request.query.get("start"), int(limit), platform.clock().timestamp())
    return Answer({"userIds": ids} | ({} if token is None else {"next": token}))


def _profile(platform: Platform, _request: Request, line_user_id: str) -> Answer:
    return Answer(platform.profile(line_user_id))


def _bot(platform: Platform, _request: Request) -> Answer:
    account = platform.account
    return Answer(
        {
            "userId": account.destination,
            "basicId": "@000sandbox",
            "displayName": account.name,
            "chatMode": "bot",
            "markAsReadMode": "auto",
        }
    )


def _webhook(platform: Platform, _request: Request) -> Answer:
    if platform.webhook_url is None:
        raise not_found("Webhook endpoint not found")
    return Answer({"endpoint": platform.webhook_url, "active": True})


def _set_webhook(platform: Platform, request: Request) -> Answer:
    endpoint = request.json.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://127.0.0.1:")):
        raise faulty(Detail("Invalid webhook endpoint URL", "endpoint"))
    platform.webhook_url = endpoint
    return Answer()


def _create_menu(platform: Platform, request: Request) -> Answer:
    return Answer({"richMenuId": platform.menus.create(request.json)})


def _validate_menu(platform: Platform, request: Request) -> Answer:
    platform.menus.validate(request.json)
    return Answer()


def _menu(platform: Platform, _request: Request, menu_id: str) -> Answer:
    return Answer(platform.menus.description(menu_id))


def _menus(platform: Platform, _request: Request) -> Answer:
    return Answer({"richmenus": platform.menus.listed()})


def _delete_menu(platform: Platform, _request: Request, menu_id: str) -> Answer:
    platform.menus.delete(menu_id)
    return Answer()


def _dress_menu(platform: Platform, request: Request, menu_id: str) -> Answer:
    platform.menus.dress(menu_id, request.body, request.headers.get("content-type", ""))
    return Answer()


def _menu_image(platform: Platform, _request: Request, menu_id: str) -> Answer:
    image, image_type = platform.menus.image(menu_id)
    return Answer(image, content_type=image_type)


def _show_to_all(platform: Platform, _request: Request, menu_id: str) -> Answer:
    platform.menus.show_to_all(menu_id)
    return Answer()


def _shown_to_all(platform: Platform, _request: Request) -> Answer:
    return Answer({"richMenuId": platform.menus.shown_to_all()})


def _show_to_none(platform: Platform, _request: Request) -> Answer:
    platform.menus.default = None
    return Answer()


def _name_menu(platform: Platform, request: Request) -> Answer:
    body: Json = request.json
    platform.menus.name(body.get("richMenuAliasId"), body.get("richMenuId"))
    return Answer()


def _rename_menu(platform: Platform, request: Request, alias: str) -> Answer:
    platform.menus.rename(alias, request.json.get("richMenuId"))
    return Answer()


def _named_menu(platform: Platform, _request: Request, alias: str) -> Answer:
    return Answer(platform.menus.named(alias))


def _unname_menu(platform: Platform, _request: Request, alias: str) -> Answer:
    platform.menus.unname(alias)
    return Answer()


def _names(platform: Platform, _request: Request) -> Answer:
    return Answer({"aliases": platform.menus.aliases()})


def _authorize(platform: Platform, request: Request) -> Answer:
    place = request.query.get(WHO, "")
    last = platform.people.dummies - 1
    known = [platform.people.space.id_of(int(place))] if place.isdecimal() and int(place) <= last else []
    return platform.login.authorize(request, last, list(known), platform.clock())


def _login_token(platform: Platform, request: Request) -> Answer:
    return Answer(platform.login.token(request, platform.clock()))


def _login_certs(platform: Platform, _request: Request) -> Answer:
    return Answer(platform.login.certs())


def _login_verify(platform: Platform, request: Request) -> Answer:
    return Answer(platform.login.verify(request, platform.clock()))


def _login_revoke(platform: Platform, request: Request) -> Answer:
    platform.login.revoke(request)
    return Answer(b"")


def _deauthorize(platform: Platform, request: Request) -> Answer:
    platform.login.deauthorize(request)
    return Answer(b"", 204)


def _friendship(platform: Platform, request: Request) -> Answer:
    slot = platform.people.slot_of(platform.login.friend_of(request))
    return Answer({"friendFlag": bool(platform.people.reachable(np.array([slot], np.int64))[0])})


_BOT: Final = "/v2/bot"
_MESSAGE: Final = f"{_BOT}/message"
_MENU: Final = f"{_BOT}/richmenu"
_ALIAS: Final = f"{_MENU}/alias"
_ALL: Final = f"{_BOT}/user/all/richmenu"
_LOGIN: Final = "/oauth2/v2.1"

ROUTES: Final[tuple[Route, ...]] = (
    Route("POST", f"{_MESSAGE}/multicast", "multicast", _multicast),
    Route("POST", f"{_MESSAGE}/push", "push", _push),
    Route("POST", f"{_MESSAGE}/reply", "reply", _reply),
    *(
        Route("POST", f"{_MESSAGE}/validate/{kind}", f"validate.{kind}", _validate)
        for kind in ("reply", "push", "multicast", "narrowcast", "broadcast")
    ),
    Route("GET", f"{_MESSAGE}/quota", "quota", _quota),
    Route("GET", f"{_MESSAGE}/quota/consumption", "quota.consumption", _consumption),
    *(
        Route("GET", f"{_MESSAGE}/delivery/{kind}", f"delivery.{kind}", _delivery(kind))
        for kind in ("reply", "push", "multicast")
    ),
    Route("GET", f"{_MESSAGE}/aggregation/info", "aggregation.info", _units_used),
    Route("GET", f"{_MESSAGE}/aggregation/list", "aggregation.list", _unit_names),
    Route("GET", f"{_BOT}/insight/followers", "insight", _insight_followers),
    Route("GET", f"{_BOT}/insight/message/event/aggregation", "insight.unit", _unit_figures),
    Route("GET", f"{_BOT}/followers/ids", "followers", _followers),
    Route("GET", f"{_BOT}/profile/{{}}", "profile", _profile),
    Route("GET", f"{_BOT}/info", "info", _bot),
    Route("GET", f"{_BOT}/channel/webhook/endpoint", "webhook.endpoint", _webhook),
    Route("PUT", f"{_BOT}/channel/webhook/endpoint", "webhook.endpoint", _set_webhook),
    Route("POST", _MENU, "richmenu.create", _create_menu),
    Route("POST", f"{_MENU}/validate", "richmenu.validate", _validate_menu),
    Route("GET", f"{_MENU}/list", "richmenu.list", _menus),
    Route("POST", _ALIAS, "richmenu.alias.create", _name_menu),
    Route("GET", f"{_ALIAS}/list", "richmenu.alias.list", _names),
    Route("GET", f"{_ALIAS}/{{}}", "richmenu.alias", _named_menu),
    Route("POST", f"{_ALIAS}/{{}}", "richmenu.alias.update", _rename_menu),
    Route("DELETE", f"{_ALIAS}/{{}}", "richmenu.alias.delete", _unname_menu),
    Route("GET", f"{_MENU}/{{}}", "richmenu", _menu),
    Route("DELETE", f"{_MENU}/{{}}", "richmenu.delete", _delete_menu),
    Route("POST", f"{_MENU}/{{}}/content", "richmenu.image.set", _dress_menu),
    Route("GET", f"{_MENU}/{{}}/content", "richmenu.image", _menu_image),
    Route("POST", f"{_ALL}/{{}}", "richmenu.default.set", _show_to_all),
    Route("GET", _ALL, "richmenu.default", _shown_to_all),
    Route("DELETE", _ALL, "richmenu.default.cancel", _show_to_none),
    Route("GET", f"{_LOGIN}/authorize", "login.authorize", _authorize, open=True),
    Route("POST", f"{_LOGIN}/token", "login.token", _login_token, open=True),
    Route("GET", f"{_LOGIN}/certs", "login.certs", _login_certs, open=True),
    Route("POST", f"{_LOGIN}/verify", "login.verify", _login_verify, open=True),
    Route("GET", f"{_LOGIN}/verify", "login.verify", _login_verify, open=True),
    Route("POST", f"{_LOGIN}/revoke", "login.revoke", _login_revoke, open=True),
    Route("POST", "/user/v1/deauthorize", "login.deauthorize", _deauthorize),
    Route("GET", "/friendship/v1/status", "login.friendship", _friendship, open=True),
)


class RouteTable:
    """Finds the route of a request: exact paths at once, patterns in the table's order."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self._exact: Mapping[tuple[str, str], Route] = {
            (route.method, route.path): route for route in routes if "{}" not in route.path
        }
        self._patterns = [(route, route.path.split("/")) for route in routes if "{}" in route.path]

    def find(self, method: str, path: str) -> tuple[Route, list[str]] | None:
        """The route and the variable parts of its path."""
        if exact := self._exact.get((method, path)):
            return exact, []
        given = path.split("/")
        for route, pattern in self._patterns:
            if route.method == method and len(pattern) == len(given):
                pairs = list(zip(pattern, given, strict=True))
                if all(part in {"{}", other} for part, other in pairs):
                    return route, [other for part, other in pairs if part == "{}"]
        return None
