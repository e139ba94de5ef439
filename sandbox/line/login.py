"""LINE Login as the platform plays it: codes that count once, PKCE, tokens signed as LINE signs them.

Tokens of the web flow are signed with the channel's secret (HS256), those that `signed_by_key` asks for with a P-256
key whose public half `/oauth2/v2.1/certs` shows (ES256), as LIFF's are. What a test tampers with is set beforehand.

Source: LINE Login v2.1 API reference, and its guides on integrating the web flow and PKCE.
"""

import base64
import hashlib
import html
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from sandbox.line.refusals import LineRefusal
from sandbox.line.wire import Answer, Json, Request

ISSUER: Final = "https://access.line.me"
CODE_FOR: Final = timedelta(minutes=10)
TOKEN_FOR: Final = timedelta(hours=1)
ACCESS_SECONDS: Final = 2_592_000
KNOWN_SCOPES: Final = frozenset({"openid", "profile", "email"})
WHO: Final = "sandbox_who"
DENY: Final = "sandbox_deny"

PAGE: Final = """<!doctype html><html lang="ja"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>模擬の LINE ログイン</title>
<h1>模擬の LINE ログイン</h1><p>求められている許可: {scope}</p>
<form method="get">{hidden}<p><label>模擬の利用者の番号（0 から {last}）
<input name="{who}" inputmode="numeric" value="0"></label></p>
<p><button>許可する</button> <button name="{deny}" value="yes">キャンセル</button></p></form></html>"""


class OAuthRefusal(LineRefusal):
    """A refusal in OAuth's own form: `error` and `error_description`."""

    def body(self) -> dict[str, object]:
        """Give the JSON body."""
        return {"error": self.message, "error_description": self.message.replace("_", " ")}


@dataclass(frozen=True, slots=True)
class Code:
    """One authorization code on its way."""

    line_user_id: str
    redirect_uri: str
    challenge: str | None
    nonce: str | None
    scope: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """One access token that lives."""

    line_user_id: str
    scope: str


@dataclass
class Login:
    """The provider's memory: who logs in next, codes, tokens; `tamper` changes the next tokens' claims and header.

    Of `tamper`, `answer` replaces the whole answer, `alg`, `key` and `raw` are about the token's signature; every other
    name is a claim (None: left out).
    """

    channel_id: str
    secret: str
    seed: int
    next_id: str | None = None
    denies: bool = False
    signed_by_key: bool = False
    tamper: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Granted] = field(default_factory=dict)
    revoked: int = 0
    deauthorized: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True, auto_kid=True)

    def authorize(self, request: Request, last: int, known: list[str], now: datetime) -> Answer:
        """Send the browser back with a code or an error; without a resident chosen beforehand, ask who it is."""
        asked = request.query
        if asked.get("client_id") != self.channel_id or not asked.get("redirect_uri"):
            raise OAuthRefusal(400, "invalid_request")
        scopes = set(asked.get("scope", "").split())
        if asked.get("response_type") != "code" or not asked.get("state") or not scopes <= KNOWN_SCOPES or not scopes:
            return _back(asked, error="invalid_request")
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            return _back(asked, error="invalid_request")
        if self.denies or DENY in asked:
            return _back(asked, error="access_denied", error_description="The resource owner denied the request.")
        who = self.next_id or (known[0] if WHO in asked and known else None)
        if who is None:
            return _page(asked, last)
        code = self._word()
        self.codes[code] = Code(
            who, asked["redirect_uri"], asked.get("code_challenge"), asked.get("nonce"), asked["scope"], now + CODE_FOR
        )
        return _back(asked, code=code)

    def token(self, request: Request, now: datetime) -> Json:
        """Hand out tokens for a code, once."""
        asked = form_of(request)
        self._admit(asked)
        code = self.codes.pop(asked.get("code", ""), None)
        if asked.get("grant_type") != "authorization_code" or code is None or code.until < now:
            raise OAuthRefusal(400, "invalid_grant")
        if code.redirect_uri != asked.get("redirect_uri") or not _proves(code.challenge, asked.get("code_verifier")):
            raise OAuthRefusal(400, "invalid_grant")
        if "answer" in self.tamper:
            return dict(self.tamper["answer"])
        access = self._word()
        self.tokens[access] = Granted(code.line_user_id, code.scope)
        return {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "id_token": self.id_token(code, now),
            "refresh_token": self._word(),
            "scope": code.scope,
            "token_type": "Bearer",
        }

    def id_token(self, code: Code, now: datetime) -> str:
        """Sign an ID token for a code, with whatever a test tampers with."""
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": code.line_user_id,
            "aud": self.channel_id,
            "exp": int((now + TOKEN_FOR).timestamp()),
            "iat": int(now.timestamp()),
            "nonce": code.nonce,
            "amr": ["linesso"],
        }
        if "profile" in code.scope.split():
            claims |= {"name": "ダミー住民", "picture": "https://profile.invalid/0"}
        claims |= {name: value for name, value in self.tamper.items() if name not in {"alg", "key", "raw"}}
        claims = {name: value for name, value in claims.items() if value is not None}
        if "raw" in self.tamper:
            return str(self.tamper["raw"])
        return self._signed(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        algorithm = self.tamper.get("alg", "ES256" if self.signed_by_key else "HS256")
        header = {"alg": algorithm, "typ": "JWT"}
        if algorithm == "none":
            return unsigned(header, claims)
        if algorithm.startswith("ES"):
            return jwt.encode(header | {"kid": self.key.kid}, claims, self.key, algorithms=[algorithm])
        key = OctKey.import_key(self.tamper.get("key", self.secret))
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    def certs(self) -> Json:
        """Give the public key of tokens signed by key."""
        return {"keys": [self.key.as_dict(private=False)]}

    def verify(self, request: Request, now: datetime) -> Json:
        """Give an ID token's claims (POST), or what an access token is good for (GET)."""
        if request.method == "GET":
            granted = self.tokens.get(request.query.get("access_token", ""))
            if granted is None:
                raise OAuthRefusal(400, "invalid_request")
            return {"scope": granted.scope, "client_id": self.channel_id, "expires_in": ACCESS_SECONDS}
        asked = form_of(request)
        try:
            by_secret = '"HS256"' in _header(asked["id_token"])
            key = OctKey.import_key(self.secret) if by_secret else self.key
            token = jwt.decode(asked["id_token"], key, algorithms=["HS256" if by_secret else "ES256"])
        except Exception:  # noqa: BLE001 - whatever is wrong with it, LINE answers the same
            raise OAuthRefusal(400, "invalid_request") from None
        claims: Json = dict(token.claims)
        expected = {"aud": asked.get("client_id"), "nonce": asked.get("nonce"), "sub": asked.get("user_id")}
        wrong = [name for name, value in expected.items() if value is not None and claims.get(name) != value]
        if wrong or claims.get("exp", 0) < now.timestamp():
            raise OAuthRefusal(400, "invalid_request")
        return claims

    def revoke(self, request: Request) -> None:
        """End an access token; one that is not known is no fault."""
        asked = form_of(request)
        self._admit(asked)
        self.revoked += self.tokens.pop(asked.get("access_token", ""), None) is not None

    def deauthorize(self, request: Request) -> None:
        """Take back all that a resident has allowed this channel."""
        token = str(request.json.get("userAccessToken"))
        granted = self.tokens.get(token)
        if granted is None:
            raise OAuthRefusal(400, "invalid_request")
        self.tokens = {one: held for one, held in self.tokens.items() if held.line_user_id != granted.line_user_id}
        self.deauthorized += 1

    def friend_of(self, request: Request) -> str:
        """Give whose friendship is asked for: it needs the `profile` scope, which we never have."""
        granted = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None:
            raise OAuthRefusal(401, "invalid_token")
        if "profile" not in granted.scope.split():
            raise OAuthRefusal(403, "insufficient_scope")
        return granted.line_user_id

    def _admit(self, asked: dict[str, str]) -> None:
        if asked.get("client_id") != self.channel_id or asked.get("client_secret") != self.secret:
            raise OAuthRefusal(400, "invalid_client")

    def _word(self) -> str:
        return f"{self._rng.getrandbits(192):048x}"


def form_of(request: Request) -> dict[str, str]:
    """Give the fields of a form."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise OAuthRefusal(400, "invalid_request")
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Write a token without a signature, as an attacker does."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, ""])


def _header(token: str) -> str:
    first = token.split(".", maxsplit=1)[0]
    return base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("utf-8", "replace").replace(" ", "")


def _proves(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return True
    hashed = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == challenge


def _back(asked: dict[str, str], **told: str) -> Answer:
    query = urlencode(told | ({"state": asked["state"]} if asked.get("state") else {}))
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Answer(
        b"", 302, (("location", f"{asked['redirect_uri']}{joint}{query}"), ("referrer-policy", "no-referrer"))
    )


def _page(asked: dict[str, str], last: int) -> Answer:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    filled = PAGE.format(scope=html.escape(asked["scope"]), hidden=hidden, last=last, who=WHO, deny=DENY)
    return Answer(filled.encode(), content_type="text/html; charset=utf-8")
