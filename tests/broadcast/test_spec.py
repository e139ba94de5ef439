"""Everything that we ever ask LINE: a closed list of endpoints, each request valid by LINE's own files (I4)."""

import inspect
import json
from base64 import b64decode
from datetime import date
from typing import Any

import pytest

from sandbox.line.serve import RunningPlatform
from sandbox.line.spec import load_spec, spec_folder
from sandbox.line.wire import Exchange
from tayori.domain.states import BroadcastState
from tayori.domain.talk import Occasion, fixed_texts
from tayori.errors import Unavailable
from tayori.line.client import LineClient, content_of
from tayori.line.endpoints import ENDPOINTS
from tayori.line.insight import InsightClient
from tayori.line.richmenu import MenuClient
from tayori.menus import replacing
from tayori.office import Office
from tests.broadcast.builders import TEXT, an_approved, residents
from tests.broadcast.rig import send
from tests.support.menus import some_menus

QUESTIONS = {"multicast", "reply", "faults_in", "followers_ids", "profile_exists", "quota", "consumption"}
FIGURES = {"opened", "account", "delivered"}
MENUS = {
    "standing",
    "faults_in",
    "make",
    "is_dressed",
    "dress",
    "name",
    "rename",
    "unname",
    "show",
    "remove",
}
DAY = date(2026, 11, 1)


def ask_everything(client: LineClient) -> None:
    """Use every method of the client that is no sending."""
    page = client.followers_ids(limit=100)
    assert client.followers_ids(page.start).ids
    assert client.profile_exists(page.ids[0])
    assert not client.profile_exists("U" + "0" * 32)
    assert client.quota() is None
    assert client.consumption() >= 0
    assert client.faults_in(content_of(json.dumps(TEXT).encode(), "r1")) == ()
    assert not client.reply("0" * 32, fixed_texts("https://line.example.jp")[Occasion.GREETING])


def read_every_figure(platform: RunningPlatform) -> None:
    """Use every method of the client for figures."""
    client = InsightClient(platform.base_url, platform.account.access_token)
    assert client.opened("r1", DAY, DAY).opened is None
    assert client.account(DAY) is not None
    assert client.delivered(DAY) is not None


def replace_the_menu(platform: RunningPlatform) -> None:
    """Put a menu of two tabs in the place of another, and then one of one tab."""
    client = MenuClient(platform.base_url, platform.base_url, platform.account.access_token)
    for number in (1, 2):
        assert replacing.replace(client, replacing.drawn(some_menus(tabs=2, note=f"第{number}版")))
    wanted = replacing.drawn(some_menus(tabs=1))
    assert client.faults_in(wanted[0].menu) == ()
    assert replacing.replace(client, wanted)


def a_client(platform: RunningPlatform) -> LineClient:
    return LineClient(platform.base_url, platform.account.access_token)


def exchanges(platform: RunningPlatform) -> list[Exchange]:
    kept: list[dict[str, Any]] = platform.control.ask("exchanges")["exchanges"]
    return [
        Exchange(
            **{
                **one,
                "body": b64decode(one["body"]),
                "answer": b64decode(one["answer"]),
                "headers": tuple(map(tuple, one["headers"])),
                "answer_headers": tuple(map(tuple, one["answer_headers"])),
            }
        )
        for one in kept
    ]


def test_no_request_goes_to_an_endpoint_that_is_not_on_the_list(
    sqlite_office: Office, platform: RunningPlatform
) -> None:
    """A whole broadcast and every method of both clients: the endpoints on the list were asked, all and only these."""
    residents(sqlite_office, 1_200)
    assert send(sqlite_office, platform, an_approved(sqlite_office)).ended is BroadcastState.SENT
    ask_everything(a_client(platform))
    read_every_figure(platform)
    replace_the_menu(platform)
    assert set(platform.control.asked()) == {(one.method, one.template) for one in ENDPOINTS}


def test_the_client_can_ask_nothing_else() -> None:
    """The clients have these methods and no other: there is no way to say more about a person."""
    for client, questions in ((LineClient, QUESTIONS), (InsightClient, FIGURES), (MenuClient, MENUS)):
        public = {name for name, _ in inspect.getmembers(client, inspect.isfunction) if not name.startswith("_")}
        assert public == questions
    assert set(inspect.signature(LineClient.multicast).parameters) == {"self", "to", "content", "retry_key"}
    assert set(inspect.signature(LineClient.reply).parameters) == {"self", "reply_token", "said"}
    for name in MENUS:
        assert set(inspect.signature(getattr(MenuClient, name)).parameters) <= {"self", "menu", "picture", "alias"}


@pytest.mark.spec
def test_every_request_is_valid_by_lines_specification(sqlite_office: Office, platform: RunningPlatform) -> None:
    """Multicasts with retries, and every other request, pass LINE's OpenAPI file with discriminators enforced."""
    folder = spec_folder()
    if folder is None:
        pytest.skip("LINE's OpenAPI files are not here; LINE_OPENAPI names their folder")
    platform.control.ask("keep", most=100)
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "error", "accepted": True}])
    residents(sqlite_office, 1_200)
    send(sqlite_office, platform, an_approved(sqlite_office))
    ask_everything(a_client(platform))
    read_every_figure(platform)
    replace_the_menu(platform)
    spec, seen = load_spec(folder), exchanges(platform)
    for exchange in seen:
        spec.check_request(exchange)
    multicasts = [one for one in seen if one.path.endswith("/message/multicast")]
    assert len(multicasts) == 4
    assert all(dict(one.headers)["x-line-retry-key"] for one in multicasts)


def test_a_request_carries_ids_the_approved_messages_and_an_opaque_unit(
    sqlite_office: Office, platform: RunningPlatform
) -> None:
    """Nothing but user ids, the messages as approved, and a unit that says nothing (L13)."""
    platform.control.ask("keep", most=10)
    residents(sqlite_office, 30)
    send(sqlite_office, platform, an_approved(sqlite_office))
    bodies = [json.loads(one.body) for one in exchanges(platform)]
    assert [set(body) for body in bodies] == [{"to", "messages", "notificationDisabled", "customAggregationUnits"}]
    assert bodies[0]["messages"] == TEXT
    assert bodies[0]["customAggregationUnits"][0].startswith("r2026")


def test_a_platform_out_of_reach_is_a_sentence(platform: RunningPlatform) -> None:
    """No answer, or a refused token: a sentence that tells what to do, and no trace of the request."""
    with pytest.raises(Unavailable, match="did not answer"):
        LineClient("http://127.0.0.1:9", "token").quota()
    with pytest.raises(Unavailable, match="TAYORI_LINE_ACCESS_TOKEN"):
        LineClient(platform.base_url, "an old token").followers_ids()
