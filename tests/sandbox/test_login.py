"""The provider of LINE Login: codes once, PKCE, tokens as LINE signs them, refusals in OAuth's form."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.line.login import CODE_FOR, DENY, WHO
from sandbox.line.platform import Account
from tests.sandbox.builders import Reply, World, a_world

ACCOUNT = Account()
BACK = "https://line.example.jp/login/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "response_type": "code",
    "client_id": ACCOUNT.login_channel_id,
    "redirect_uri": BACK,
    "state": "s" * 43,
    "scope": "openid",
    "nonce": "n" * 43,
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
FORM = {"content-type": "application/x-www-form-urlencoded", "authorization": ""}


@pytest.fixture
def world() -> World:
    """A platform with three friends, of whom the second logs in next."""
    made = a_world()
    made.platform.befriend(3)
    made.platform.login.next_id = made.ids(1, 2)[0]
    return made


def authorize(world: World, **changed: str) -> Reply:
    return world.call("GET", f"/oauth2/v2.1/authorize?{urlencode(ASKED | changed)}", headers={"authorization": ""})


def came_back(reply: Reply) -> dict[str, str]:
    assert reply.status == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def exchange(world: World, code: str, /, **changed: str) -> Reply:
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": ACCOUNT.login_channel_id,
        "client_secret": ACCOUNT.login_channel_secret,
        "code_verifier": VERIFIER,
    }
    return world.call("POST", "/oauth2/v2.1/token", urlencode(asked | changed).encode(), FORM)


def test_a_code_becomes_tokens_once(world: World) -> None:
    """The second exchange of a code is `invalid_grant`, as is one that comes after ten minutes."""
    code = came_back(authorize(world))["code"]
    granted = exchange(world, code)
    assert granted.status == 200
    assert granted.json["scope"] == "openid"
    assert exchange(world, code).json["error"] == "invalid_grant"
    late = came_back(authorize(world))["code"]
    world.clock.advance(CODE_FOR + timedelta(seconds=1))
    assert exchange(world, late).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "https://evil.example/"},
        {"client_secret": "x"},
        {"client_id": "1"},
        {"grant_type": "password"},
        {"code": "x"},
    ],
)
def test_a_code_alone_is_worth_nothing(world: World, changed: dict[str, str]) -> None:
    """Verifier, address and channel have to be those of the login."""
    code = came_back(authorize(world))["code"]
    assert exchange(world, code, **changed).status == 400


def test_state_comes_back_and_a_refusal_too(world: World) -> None:
    """Whoever cancels is sent back with `access_denied` and the state; an unknown channel is sent nowhere."""
    told = came_back(authorize(world, **{DENY: "yes"}))
    assert (told["error"], told["state"]) == ("access_denied", "s" * 43)
    assert authorize(world, client_id="1").status == 400
    assert came_back(authorize(world, scope="openid everything"))["error"] == "invalid_request"
    assert came_back(authorize(world, code_challenge_method="plain"))["error"] == "invalid_request"


def test_by_hand_a_page_asks_who_it_is(world: World) -> None:
    """Without anybody chosen beforehand the sandbox asks for a dummy's number, and takes no other."""
    world.platform.login.next_id = None
    page = authorize(world)
    assert page.status == 200
    assert "模擬の LINE ログイン" in page.body.decode()
    assert "code" in came_back(authorize(world, **{WHO: "2"}))
    assert authorize(world, **{WHO: "3"}).status == 200
    assert authorize(world, **{WHO: "x"}).status == 200


def test_the_two_ways_of_signing_are_lines(world: World) -> None:
    """HS256 under the channel's secret for the web flow; ES256 under the key of /certs for LIFF's tokens."""
    web = exchange(world, came_back(authorize(world))["code"]).json["id_token"]
    world.platform.login.signed_by_key = True
    liff = exchange(world, came_back(authorize(world))["code"]).json["id_token"]
    keys = KeySet.import_key_set(world.call("GET", "/oauth2/v2.1/certs", headers={"authorization": ""}).json)  # type: ignore[arg-type]
    assert jwt.decode(liff, keys, algorithms=["ES256"]).claims["sub"] == world.ids(1, 2)[0]
    for token in (web, liff):
        told = world.call(
            "POST",
            "/oauth2/v2.1/verify",
            urlencode({"id_token": token, "client_id": ACCOUNT.login_channel_id, "nonce": "n" * 43}).encode(),
            FORM,
        )
        assert told.json["aud"] == ACCOUNT.login_channel_id
    wrong = urlencode({"id_token": web, "client_id": "1"}).encode()
    assert world.call("POST", "/oauth2/v2.1/verify", wrong, FORM).status == 400


def test_an_openid_token_tells_no_friendship(world: World) -> None:
    """Friendship needs the scope `profile`; the ward asks for `openid` alone, so it cannot be asked."""
    access = exchange(world, came_back(authorize(world))["code"]).json["access_token"]
    bearer = {"authorization": f"Bearer {access}"}
    assert world.call("GET", "/friendship/v1/status", headers=bearer).status == 403
    code = came_back(authorize(world, scope="openid profile"))["code"]
    wider = {"authorization": f"Bearer {exchange(world, code).json['access_token']}"}
    assert world.call("GET", "/friendship/v1/status", headers=wider).json == {"friendFlag": True}
    assert world.call("GET", "/friendship/v1/status", headers={"authorization": "Bearer x"}).status == 401


def test_tokens_end_by_revoking_and_by_deauthorizing(world: World) -> None:
    """One token, or all that a resident ever allowed; the latter needs the channel's own token."""
    first, second = (exchange(world, came_back(authorize(world))["code"]).json["access_token"] for _ in range(2))
    channel = {"client_id": ACCOUNT.login_channel_id, "client_secret": ACCOUNT.login_channel_secret}
    revoking = urlencode(channel | {"access_token": first}).encode()
    assert world.call("POST", "/oauth2/v2.1/revoke", revoking, FORM).status == 200
    assert world.call("GET", f"/oauth2/v2.1/verify?access_token={first}", headers={"authorization": ""}).status == 400
    assert world.call("GET", f"/oauth2/v2.1/verify?access_token={second}", headers={"authorization": ""}).status == 200
    taken = {"userAccessToken": second}
    assert world.call("POST", "/user/v1/deauthorize", taken, {"authorization": "Bearer x"}).status == 401
    assert world.call("POST", "/user/v1/deauthorize", taken).status == 204
    assert world.platform.login.tokens == {}
