"""What every page of the residents' process needs: who asks, whether they may, and how an answer looks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import Request

from tayori.domain.ward import ward
from tayori.errors import TayoriError
from tayori.ingest.own_page import OwnPage
from tayori.line.login import LineLogin
from web.forms import Fields, Size, one
from web.pages import Pages, secret_of, templates_of, words_of
from web.resident.forms import SIZE
from web.resident.sessions import Session, Sessions
from web.resident.settings import ResidentSettings
from web.route import Refusal, TurnedAway
from web.tokens import FIELD

PACKAGE: Final = "web.resident"
SESSION: Final = "__Host-tayori"
VISIT: Final = "__Host-tayori-visit"
wording = partial(words_of, PACKAGE)
templates = partial(templates_of, PACKAGE)


class Farewell(Exception):
    """The session has come to its end by the resident's own wish; only its last page is left to show."""

    def __init__(self, session: Session) -> None:
        super().__init__("farewell")
        self.session = session


@dataclass(kw_only=True)
class Context(Pages):
    """One process of residents' pages."""

    settings: ResidentSettings
    page: OwnPage
    login: LineLogin
    sessions: Sessions

    def session(self, request: Request) -> Session:
        """Give the session of a request.

        Raises:
            TurnedAway: there is none, or it asks too often.
            Farewell: it has come to its end.

        """
        given = secret_of(request, SESSION)
        session = self.sessions.find(given) if given is not None else None
        if session is None:
            raise TurnedAway(Refusal.NO_SESSION)
        if session.farewell is not None:
            raise Farewell(session)
        self.limit("session", "ask", session.secret)
        return session

    async def form(
        self,
        request: Request,
        form: str,
        *known: str,
        once: bool = True,
        size: Size = SIZE,
        session: Session | None = None,
    ) -> tuple[Session, Fields]:
        """Give session and fields of a form that came from our own page, with its token.

        `session` is the request's, where the caller looked it up, and counted it, already.

        Raises:
            TurnedAway: it did not, and nothing came of it.

        """
        fields = await self.read(request, frozenset({*known, FIELD}), size)
        session = session or self.session(request)
        token = one(fields, FIELD)
        if (refusal := self.tokens.refusal(token, session.secret, form, self.clock())) is not None:
            raise TurnedAway(refusal)
        if once:
            self.limit("session", "write", session.secret)
            if not session.use(token):
                raise TurnedAway(Refusal.TOKEN_USED)
        return session, fields

    @asynccontextmanager
    async def taking(
        self, request: Request, form: str, *known: str, size: Size = SIZE, session: Session | None = None
    ) -> AsyncIterator[tuple[Session, Fields]]:
        """Give session and fields of a form that counts once; one that could not be kept may be sent again.

        Raises:
            TurnedAway: as `form`.

        """
        session, fields = await self.form(request, form, *known, size=size, session=session)
        try:
            yield session, fields
        except TayoriError:
            session.used.discard(one(fields, FIELD))
            raise

    async def visiting(self, request: Request, form: str, *known: str) -> Fields:
        """Give the fields of a form of somebody who is not logged in, which came from our own page, with its token.

        Raises:
            TurnedAway: it did not, and nothing came of it.

        """
        fields = await self.read(request, frozenset({*known, FIELD}), SIZE)
        visit = secret_of(request, VISIT)
        if visit is None:
            raise TurnedAway(Refusal.TOKEN)
        if (refusal := self.tokens.refusal(one(fields, FIELD), visit, form, self.clock())) is not None:
            raise TurnedAway(refusal)
        return fields


def purpose_of(version: str) -> str:
    """Give the wording of a purpose as it is read: its lines are folded in the file, and Japanese has no spaces."""
    return ward().purposes[version].replace("。 ", "。")
