"""LINE Login: who somebody is, from LINE's verified token alone (L5, L13).

OpenID Connect's code flow with PKCE, by Authlib. The scope is `openid` and no other, so LINE hands out a user id and
nothing of the profile. The token of the web flow is signed with the channel's secret (HS256); that one algorithm is
pinned, whatever a token's header says. The access token is revoked as soon as the id is known: nothing is kept of it.

Sources: LINE Login v2.1 API reference; OpenID Connect Core 1.0, section 3.1.3.7; RFC 7636; RFC 9700.
"""

import base64
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import OctKey

from tayori.domain.identifiers import LINE_USER_ID, LineUserId
from tayori.errors import Refused

ISSUER: Final = "https://access.line.me"
AUTHORIZE_BASE: Final = "https://access.line.me"
API_BASE: Final = "https://api.line.me"
AUTHORIZE: Final = "/oauth2/v2.1/authorize"
TOKEN: Final = "/oauth2/v2.1/token"  # noqa: S105 - a path
REVOKE: Final = "/oauth2/v2.1/revoke"
ASKED: Final = (("GET", AUTHORIZE), ("POST", TOKEN), ("POST", REVOKE))
"""All that is ever asked of LINE Login; the first one by the resident's own browser."""
SCOPE: Final = "openid"
ALGORITHM: Final = "HS256"
LEEWAY: Final = 60  # seconds by which our clock and LINE's may differ
TIMEOUT: Final = (3, 7)  # seconds to connect, to answer
LONGEST_CODE: Final = 512

for _chatty in ("authlib", "urllib3"):  # at DEBUG they may write what a request holds (I3)
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class Why(StrEnum):
    """Why a login came to nothing. A page explains each; none of them holds a value."""

    DENIED = "denied"
    CODE_REFUSED = "code_refused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a reason
    TOKEN_LATE = "token_late"  # noqa: S105 - a reason
    NO_ANSWER = "no_answer"


class LoginFailed(Refused):
    """A login came to nothing, and nothing of it is kept."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"The login came to nothing: {why}.")
        self.why = why


@dataclass(frozen=True, slots=True)
class Channel:
    """A LINE Login channel, and where LINE is; `redirect_uri` is where LINE sends the resident back to."""

    channel_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    authorize_base: str = AUTHORIZE_BASE
    api_base: str = API_BASE

    @property
    def authorize_origin(self) -> str:
        """The origin that a form of ours leads to (for the page's own policy)."""
        place = urlsplit(self.authorize_base)
        return f"{place.scheme}://{place.netloc}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login on its way: known to us and to the browser that began it, used once."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    began: datetime


class LineLogin:
    """Begins logins and ends them; holds the channel's secret, and of nobody anything."""

    def __init__(self, channel: Channel, rng: Random) -> None:
        self.channel = channel
        self._rng = rng

    def begin(self, now: datetime) -> Attempt:
        """Give a fresh attempt; the browser goes to its address."""
        state, nonce, verifier = (_word(self._rng) for _ in range(3))
        with self._client() as client:
            place = f"{self.channel.authorize_base}{AUTHORIZE}"
            url, _ = client.create_authorization_url(place, state=state, code_verifier=verifier, nonce=nonce)
        return Attempt(str(url), state, nonce, verifier, now)

    def finish(self, attempt: Attempt, code: str, now: datetime) -> LineUserId:
        """Give who it is, by the token that LINE hands out for a code.

        Raises:
            LoginFailed: LINE refused the code or gave no answer, or the token is not what LINE would have issued to
                this channel for this attempt, just now.

        """
        if not 0 < len(code) <= LONGEST_CODE:
            raise LoginFailed(Why.CODE_REFUSED)
        with self._client() as client:
            granted = self._granted(client, attempt, code)
            try:
                return self._verified(granted, attempt, now)
            finally:
                self._revoke(client, granted)

    def _client(self) -> Any:  # noqa: ANN401 - Authlib has no types
        client = OAuth2Session(
            self.channel.channel_id,
            self.channel.secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            scope=SCOPE,
            redirect_uri=self.channel.redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT,
        )
        client.trust_env = False
        return client

    def _granted(self, client: Any, attempt: Attempt, code: str) -> dict[str, Any]:  # noqa: ANN401 - as above
        try:
            granted = client.fetch_token(
                f"{self.channel.api_base}{TOKEN}",
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
                redirect_uri=self.channel.redirect_uri,
                allow_redirects=False,
            )
        except OAuthError:
            why = Why.CODE_REFUSED
        except (requests.RequestException, ValueError, TypeError, KeyError):
            why = Why.NO_ANSWER
        else:
            if isinstance(granted.get("id_token"), str):
                return dict(granted)
            why = Why.NO_ANSWER
        raise LoginFailed(why)

    def _verified(self, granted: dict[str, Any], attempt: Attempt, now: datetime) -> LineUserId:
        moment = int(now.timestamp())
        try:
            token = jwt.decode(granted["id_token"], OctKey.import_key(self.channel.secret), algorithms=[ALGORITHM])
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": ISSUER},
                    "aud": {"essential": True, "value": self.channel.channel_id},
                    "nonce": {"essential": True},
                },
                {"nonce": attempt.nonce, "client_id": self.channel.channel_id, "access_token": _access(granted)},
            )
            claims.validate(now=moment, leeway=LEEWAY)
            _refuse_other(claims, self.channel.channel_id, attempt)
        except ExpiredTokenError:
            why = Why.TOKEN_LATE
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            why = Why.TOKEN_REFUSED
        else:
            return LineUserId(claims["sub"])
        raise LoginFailed(why)

    def _revoke(self, client: Any, granted: dict[str, Any]) -> None:  # noqa: ANN401 - as above
        """Let the access token end now: nothing else is ever asked with it. It ends by itself if LINE is away."""
        told = {
            "access_token": _access(granted),
            "client_id": self.channel.channel_id,
            "client_secret": self.channel.secret,
        }
        with contextlib.suppress(requests.RequestException):
            client.request(
                "POST", f"{self.channel.api_base}{REVOKE}", data=told, withhold_token=True, allow_redirects=False
            )


def _refuse_other(claims: Any, channel_id: str, attempt: Attempt) -> None:  # noqa: ANN401 - Authlib has no types
    """Refuse what the standard leaves open and LINE never sends: several audiences, an id of another form, old ones."""
    if claims["aud"] != channel_id:
        raise InvalidClaimError("aud")
    if not isinstance(claims["sub"], str) or not LINE_USER_ID.fullmatch(claims["sub"]):
        raise InvalidClaimError("sub")
    if claims["iat"] < attempt.began.timestamp() - LEEWAY:
        raise ExpiredTokenError("iat")


def _access(granted: dict[str, Any]) -> str:
    token = granted.get("access_token")
    return token if isinstance(token, str) else ""


def _word(rng: Random) -> str:
    """Give 256 random bits in 43 characters that need no quoting (RFC 7636, section 4.1)."""
    return base64.urlsafe_b64encode(rng.getrandbits(256).to_bytes(32, "big")).rstrip(b"=").decode("ascii")
