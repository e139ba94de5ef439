"""Who is logged in, for a short time, in this process's memory alone: nothing of it is ever at rest (ADR 0028).

A restart ends every session, and loses nothing but the log-in; the eraser has nothing to look for. A session ends after
twenty minutes without a request, and after an hour in any case.
"""

import hashlib
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from tayori.domain.identifiers import Clock, LineUserId
from tayori.domain.reception import ReceptionSettings
from tayori.errors import Unavailable
from tayori.line.login import Attempt

IDLE: Final = timedelta(minutes=20)
ABSOLUTE: Final = timedelta(minutes=60)
LOGIN_FOR: Final = timedelta(minutes=10)
MOST_SESSIONS: Final = 20_000
MOST_LOGINS: Final = 20_000
MOST_USED: Final = 500
FULL: Final = "Too many people are logged in or logging in at once; try again in some minutes."
T = TypeVar("T")


@dataclass
class Session:
    """One resident on their own page. After `farewell` it knows nobody any more."""

    secret: str = field(repr=False)
    who: LineUserId | None = field(repr=False)
    purpose_version: str
    began: datetime
    seen: datetime
    pending: ReceptionSettings | None = field(default=None, repr=False)
    told: str | None = None
    farewell: str | None = None
    code_at: datetime | None = None
    used: set[str] = field(default_factory=set, repr=False)

    def use(self, token: str) -> bool:
        """Use a token up; whether it was fresh. A session that used too many takes no more."""
        if token in self.used or len(self.used) >= MOST_USED:
            return False
        self.used.add(token)
        return True

    def end(self, farewell: str) -> None:
        """Forget whose session it is; a page that is asked for again still says what became of it."""
        self.who, self.pending, self.told, self.farewell = None, None, None, farewell


@dataclass(frozen=True, slots=True)
class Underway:
    """A login on its way, bound to the visit that began it; the purpose was confirmed before (P4)."""

    attempt: Attempt
    visit: str = field(repr=False)
    purpose_version: str


class Sessions:
    """All sessions and logins of this process. Secrets are looked up by their hash."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[bytes, Session] = {}
        self._underway: dict[bytes, Underway] = {}

    def begin(self, who: LineUserId, purpose_version: str) -> Session:
        """Open a session under a fresh secret, whatever the browser held before.

        Raises:
            Unavailable: there are too many.

        """
        now = self._clock()
        self._sweep(now)
        _require_room(self._sessions, MOST_SESSIONS)
        session = Session(secrets.token_urlsafe(32), who, purpose_version, now, now)
        self._sessions[_hashed(session.secret)] = session
        return session

    def find(self, secret: str) -> Session | None:
        """Give the session of a cookie, if it lives; being asked keeps it alive."""
        session, now = self._sessions.get(_hashed(secret)), self._clock()
        if session is None:
            return None
        if _is_over(session, now):
            del self._sessions[_hashed(secret)]
            return None
        session.seen = now
        return session

    def drop(self, session: Session) -> None:
        """End a session."""
        self._sessions.pop(_hashed(session.secret), None)

    def underway(self, attempt: Attempt, visit: str, purpose_version: str) -> None:
        """Keep a login on its way.

        Raises:
            Unavailable: there are too many.

        """
        self._sweep(self._clock())
        _require_room(self._underway, MOST_LOGINS)
        self._underway[_hashed(attempt.state)] = Underway(attempt, visit, purpose_version)

    def arrive(self, state: str, visit: str) -> Underway | None:
        """Give the login that a browser comes back from, once; None for one that it did not begin, or too late."""
        found = self._underway.get(_hashed(state))
        if found is None or not secrets.compare_digest(found.visit, visit):
            return None
        del self._underway[_hashed(state)]
        return found if self._clock() - found.attempt.began <= LOGIN_FOR else None

    def forget_all(self) -> None:
        """End every session and every login on its way, as a restart does."""
        self._sessions.clear()
        self._underway.clear()

    def __len__(self) -> int:
        return len(self._sessions)

    def _sweep(self, now: datetime) -> None:
        for key in [key for key, one in self._sessions.items() if _is_over(one, now)]:
            del self._sessions[key]
        for key in [key for key, one in self._underway.items() if now - one.attempt.began > LOGIN_FOR]:
            del self._underway[key]


def _is_over(session: Session, now: datetime) -> bool:
    return now - session.seen > IDLE or now - session.began > ABSOLUTE


def _require_room(held: MutableMapping[bytes, T], most: int) -> None:
    if len(held) >= most:
        raise Unavailable(FULL)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
