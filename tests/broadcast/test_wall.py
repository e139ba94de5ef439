"""The wall before LINE: what is not on the list of endpoints is refused before any connection (I4, L13)."""

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from linebot.v3 import audience, insight, messaging
from linebot.v3.insight.exceptions import ApiException as InsightException
from linebot.v3.messaging.exceptions import ApiException

from sandbox.line.routes import ROUTES
from sandbox.line.serve import RunningPlatform
from sandbox.line.spec import spec_folder
from tayori.errors import Refused
from tayori.line.endpoints import ENDPOINTS, endpoint_of, foreign_endpoints
from tayori.line.wall import Wall, put_behind

LineExceptions = (ApiException, InsightException)
PICTURE = {"Content-Type": "image/png"}  # without it the SDK writes bytes as JSON, and fails before it asks
SOMEBODY = "U" + "0123456789abcdef" * 2
A_MENU = "richmenu-" + "0123456789abcdef" * 2
BLANKS = {"user_id": SOMEBODY, "menu_id": A_MENU, "alias": "tab-1"}  # by the names in our paths
ARGUMENTS = {"user_id": SOMEBODY, "rich_menu_id": A_MENU, "rich_menu_alias_id": "tab-1"}  # by those of the SDK
FORBIDDEN = [  # by name, so that the list cannot quietly grow to hold them
    ("POST", "/v2/bot/message/broadcast"),
    ("POST", "/v2/bot/message/narrowcast"),
    ("POST", "/v2/bot/message/push"),
    ("POST", "/v2/bot/audienceGroup/upload"),
    ("PUT", "/v2/bot/audienceGroup/upload"),
    ("POST", "/v2/bot/audienceGroup/click"),
    ("POST", "/v2/bot/user/{}/richmenu/{}"),
    ("DELETE", "/v2/bot/user/{}/richmenu"),
    ("GET", "/v2/bot/user/{}/richmenu"),
    ("POST", "/v2/bot/richmenu/bulk/unlink"),
    ("DELETE", "/v2/bot/user/all/richmenu"),
    ("POST", "/v2/bot/richmenu/bulk/link"),
    ("POST", "/v2/bot/richmenu/batch"),
    ("POST", "/v2/bot/user/{}/linkToken"),
]


def test_what_would_tell_line_about_a_person_is_not_on_the_list() -> None:
    """Audiences, narrowcasts, broadcasts, pushes and menus for one person cannot be asked (L13)."""
    assert foreign_endpoints(FORBIDDEN) == sorted(f"{method} {path}" for method, path in FORBIDDEN)
    assert all(one.purpose for one in ENDPOINTS)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/bot/message/multicast"),
        ("POST", "/v2/bot/message/multicast/"),
        ("POST", "/v2/bot/message/multicast/../broadcast"),
        ("POST", "/v2/bot/message/%6dulticast"),
        ("GET", "/v2/bot/profile/"),
        ("GET", "/v2/bot/profile/U0"),
        ("GET", f"/v2/bot/profile/{SOMEBODY}/x"),
        ("GET", f"/v2/bot/profile/{SOMEBODY.lower()}"),
        ("DELETE", f"/v2/bot/profile/{SOMEBODY}"),
        ("post", "/v2/bot/message/multicast"),
        ("POST", f"/v2/bot/user/{SOMEBODY}/richmenu/{A_MENU}"),
        ("POST", f"/v2/bot/user/all/richmenu/{A_MENU}/x"),
        ("POST", "/v2/bot/user/all/richmenu/batch"),
        ("POST", f"/v2/bot/richmenu/{A_MENU}"),
        ("DELETE", "/v2/bot/richmenu/alias"),
        ("POST", "/v2/bot/richmenu/alias/Tab-1"),
        ("POST", "/v2/bot/richmenu/batch"),
    ],
)
def test_what_only_resembles_an_endpoint_is_none(method: str, path: str) -> None:
    """Another method, a longer path, an escaped letter or a malformed id is not on the list."""
    assert endpoint_of(method, path) is None


def test_every_endpoint_on_the_list_is_one() -> None:
    """The list is complete for what it names: each path, its blanks filled, is found as itself."""
    for one in ENDPOINTS:
        assert endpoint_of(one.method, one.path.format(**BLANKS)) is one


def _calls(wall: Wall, base: str) -> Iterator[Callable[[], Any]]:
    """Give a call of every method of the SDK's messaging, menu, insight and audience clients, with stand-ins."""
    for module, names in (
        (messaging, ("MessagingApi", "MessagingApiBlob")),
        (insight, ("Insight",)),
        (audience, ("ManageAudience", "ManageAudienceBlob")),
    ):
        client = put_behind(wall, module.ApiClient(module.Configuration(host=base, access_token="x")))
        for name in names:
            for method, bound in inspect.getmembers(getattr(module, name)(client), inspect.ismethod):
                if method.endswith("_with_http_info"):
                    how = {"_headers": PICTURE} if method.startswith("set_rich_menu_image") else {}
                    yield partial(inspect.unwrap(bound.__func__), bound.__self__, *_stand_ins(bound.__func__), **how)


def _stand_ins(method: Callable[..., Any]) -> list[str]:
    """Give a value for each argument that has no default; the SDK's own checks of them are unwrapped."""
    wanted = list(inspect.signature(inspect.unwrap(method)).parameters.values())[1:]
    needed = [one for one in wanted if one.kind is not inspect.Parameter.VAR_KEYWORD and one.default is one.empty]
    return [ARGUMENTS.get(one.name, SOMEBODY) for one in needed]


def _is_refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except Refused:
        return True
    except LineExceptions:  # it got through, and the platform did not know our token
        return False
    return False


def test_no_method_of_the_sdk_gets_past_the_wall_but_those_on_the_list(
    platform: RunningPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every method of LINE's SDK, called: the platform saw exactly the list, everything else was refused before."""
    monkeypatch.chdir(tmp_path)
    Path(SOMEBODY).touch()  # what an upload would carry
    outcomes = [_is_refused(call) for call in _calls(Wall(platform.base_url), platform.base_url)]
    assert len(outcomes) > 90
    assert outcomes.count(False) == len(ENDPOINTS)
    assert set(platform.control.asked()) == {(one.method, one.template) for one in ENDPOINTS}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v2/bot/message/quota", "{base}.evil/v2/bot/message/quota", "/x"])
def test_the_wall_speaks_to_one_address_only(platform: RunningPlatform, url: str) -> None:
    """An endpoint on the list, at another host, is refused."""
    with pytest.raises(Refused, match="not on the list"):
        Wall(platform.base_url).request("GET", url.replace("{base}", platform.base_url))
    assert platform.control.asked() == []


def test_everything_else_that_the_platform_serves_is_foreign() -> None:
    """The bench's question: of all routes of the sandbox, only those on the list are no finding."""
    served = {(route.method, route.path) for route in ROUTES}
    listed = {(one.method, one.template) for one in ENDPOINTS}
    assert listed <= served
    assert len(foreign_endpoints(served)) == len(served) - len(listed)


@pytest.mark.spec
def test_of_all_that_line_offers_only_the_list_is_let_through() -> None:
    """Every operation of LINE's own files: what is on the list exists there, everything else is foreign."""
    folder = spec_folder()
    if folder is None:
        pytest.skip("LINE's OpenAPI files are not here; LINE_OPENAPI names their folder")
    offered = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for file in ("messaging-api", "insight")
        for path, operations in yaml.safe_load((folder / f"{file}.yml").read_text("utf-8"))["paths"].items()
        for method in operations
    }
    listed = {(one.method, one.template) for one in ENDPOINTS}
    assert listed <= offered
    assert len(foreign_endpoints(offered)) == len(offered - listed) > 50
