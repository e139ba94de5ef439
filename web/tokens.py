"""The token embedded in every form (照合情報, O6): bound to one session and one form, dated, mostly used once.

It is an HMAC under a key that lives in this process alone, so it needs no table, and ends with the process.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from web.route import Refusal

GOOD_FOR: Final = timedelta(minutes=30)
FIELD: Final = "token"
_PARTS: Final = 3
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Tokens:
    """Makes and checks tokens. `holder` is the secret of a session or of a visit, which the browser's cookie holds."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def make(self, holder: str, form: str, now: datetime, number: str = "") -> str:
        """Give a token for one form: fresh, or under the number of the one before it, so that both name one thing."""
        number, moment = number or secrets.token_urlsafe(16), int(now.timestamp())
        return f"{number}.{moment}.{self._seal(holder, form, number, str(moment))}"

    def refusal(
        self, given: str, holder: str, form: str, now: datetime, good_for: timedelta = GOOD_FOR
    ) -> Refusal | None:
        """Say why a token does not count here and now; None if it does."""
        parts = given.split(".")
        if len(parts) != _PARTS or not given.isascii():
            return Refusal.TOKEN
        number, moment, seal = parts
        if not hmac.compare_digest(seal, self._seal(holder, form, number, moment)):
            return Refusal.TOKEN
        age = now.timestamp() - int(moment)
        return None if -1 <= age <= good_for.total_seconds() else Refusal.TOKEN_LATE

    def _seal(self, holder: str, form: str, number: str, moment: str) -> str:
        bound = f"tayori form 1|{holder}|{form}|{number}|{moment}"
        return hmac.new(self.key, bound.encode(), "sha256").hexdigest()


def number_of(token: str) -> str:
    """Give the number of a token, whether it counts or not; nothing where it has none of our form."""
    number = token.split(".", maxsplit=1)[0]
    return number if _NUMBER.fullmatch(number) else ""


def moment_of(token: str) -> datetime:
    """Give the moment at which a token that counts was made."""
    return datetime.fromtimestamp(int(token.split(".")[1]), UTC)
