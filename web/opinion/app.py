"""ご意見入力画面, the opinion screen (FastAPI): write, look it over, send, get a receipt number (O1, O4, O6).

A process of its own, apart from the webhook's door: a flood here keeps no delivery of LINE's waiting (ADR 0046). It
works without scripts.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from tayori.domain.identifiers import Clock
from tayori.domain.letters import ITEMS, Letter, Problem, letter_of, problems
from tayori.domain.register import register
from tayori.domain.ward import ward
from tayori.ingest.sent import Sent
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore
from web.environment import utc_now
from web.forms import described, one
from web.limits import EVERYBODY, Limits
from web.opinion.screen import EASY, PACKAGE, TRAP, UNDER, VISIT, WORDS, WRITE, Given, Screen, form_of
from web.opinion.settings import OpinionSettings, opinion_settings
from web.opinion.words import notice, told
from web.pages import STATUS, add_guard, add_health, address_of, in_thread, keep_cookie, visit_of, words_of
from web.route import Refusal, TurnedAway
from web.tokens import number_of

WRONG: Final = 422
LETTER_FORM: Final = described(*ITEMS, WORDS, TRAP)


def make_screen(settings: OpinionSettings, clock: Clock = utc_now) -> Screen:
    """Open what the screen needs, and no more."""
    return Screen(
        package=PACKAGE,
        under=UNDER,
        origin=settings.opinion_base_url,
        hosts=settings.hosts,
        clock=clock,
        limits=Limits(clock),
        store=DoorStore(settings.inbox_url),
        sealer=Sealer(settings.inbox_public_key_file),
        states_at=f"{settings.web_base_url or settings.opinion_base_url}/letter",
    )


def make_app(screen: Screen) -> FastAPI:
    """Build the screen. Logs hold counts and kinds, never a value, an id or an address."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        screen.store.close()

    app = FastAPI(title="Tayori opinion screen", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    pages = APIRouter(prefix=UNDER)
    _add_writing(pages, screen)
    _add_sending(pages, screen)
    app.include_router(pages)
    _add_way_in(app)
    add_health(app, screen.is_ready)
    add_guard(app, screen)
    return app


def from_environment() -> FastAPI:
    """Build the screen from the environment."""
    return make_app(make_screen(opinion_settings()))


def _add_way_in(app: FastAPI) -> None:
    """Lead who leaves the last stroke out, or types it off a poster, to the screen: by its path, never out of TLS."""

    @app.get(UNDER, include_in_schema=False)
    async def way_in() -> Response:
        return RedirectResponse(f"{UNDER}/", 308)


def _add_writing(app: APIRouter, screen: Screen) -> None:
    @app.get("/")
    async def form(request: Request) -> Response:
        return _form(screen, Given(visit_of(request, VISIT), {}), Letter())

    @app.get("/easy")
    async def easy(request: Request) -> Response:
        return _form(screen, Given(visit_of(request, VISIT), {WORDS: [EASY]}), Letter())

    @app.post("/confirm", openapi_extra=LETTER_FORM)
    async def confirm(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        if (refusal := screen.token_refusal(given, WRITE)) is not None:
            return _form_anew(screen, given, letter, refusal)
        wrong, trapped = problems(letter), bool(one(given.fields, TRAP))
        if wrong or trapped:
            return _form(screen, given, letter, wrong=wrong, trapped=trapped)
        return _confirm(screen, given, letter)

    @app.post("/edit", openapi_extra=LETTER_FORM)
    async def edit(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        if (refusal := screen.token_refusal(given, form_of(letter))) is not None:
            return _form_anew(screen, given, letter, refusal)
        return _form(screen, given, letter)


def _add_sending(app: APIRouter, screen: Screen) -> None:
    @app.post("/send", openapi_extra=LETTER_FORM)
    async def send(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        refusal = screen.token_refusal(given, form_of(letter))
        if refusal is Refusal.TOKEN_LATE and screen.is_sent(sent := screen.sent_under(given, letter)):
            return _sent(screen, given, sent, again=True)
        if refusal is Refusal.TOKEN_LATE and not problems(letter):
            screen.count(refusal)
            return _confirm(screen, given, letter, refusal)
        if refusal is not None:
            return _form_anew(screen, given, letter, refusal)
        if problems(letter) or one(given.fields, TRAP):
            raise TurnedAway(Refusal.UNREADABLE)
        screen.limit("address", "send", address_of(request))
        screen.limit("session", "send", given.visit)
        screen.limit(EVERYBODY, "send")
        sent = screen.sent_under(given, letter)
        again = screen.is_sent(sent)
        if not again:
            await in_thread(lambda: screen.put(sent))
            screen.remember(sent)
        return _sent(screen, given, sent, again=again)


def _form(
    screen: Screen,
    given: Given,
    letter: Letter,
    *,
    wrong: dict[str, Problem] | None = None,
    trapped: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    """Give the form, filled as it was; what is wrong is said at its head and beside each item."""
    status = STATUS[refusal] if refusal is not None else WRONG if wrong or trapped else 200
    response = screen.render(
        "form",
        status,
        letter=letter.plain(),
        wrong=wrong or {},
        trapped=trapped,
        refused=words_of(PACKAGE)["refusals"][refusal] if refusal is not None else None,
        easy=given.easy,
        said=told(easy=given.easy),
        items=register().collected("O"),
        notice=notice(ward().current_notice, easy=given.easy),
        token=screen.token(given.visit, WRITE, number_of(given.token) if refusal is not None else ""),
    )
    keep_cookie(response, VISIT, given.visit)
    return response


def _form_anew(screen: Screen, given: Given, letter: Letter, refusal: Refusal) -> Response:
    """Give the form back to whoever came by the regular route with a token that does not count: nothing is lost.

    It goes on under the same number: a letter that was sent before a restart, and is sent again, is the same letter.
    """
    screen.count(refusal)
    return _form(screen, given, letter, refusal=refusal)


def _sent(screen: Screen, given: Given, sent: Sent, *, again: bool) -> Response:
    """Tell that a letter was taken, and its number; the token of a letter that is kept still gives it hours later."""
    said = told(easy=given.easy)
    return screen.render("sent", sent=sent, again=again, easy=given.easy, said=said, states_at=screen.states_at)


def _confirm(screen: Screen, given: Given, letter: Letter, refusal: Refusal | None = None) -> Response:
    return screen.render(
        "confirm",
        STATUS[refusal] if refusal is not None else 200,
        letter=letter.plain(),
        refused=words_of(PACKAGE)["refusals"][refusal] if refusal is not None else None,
        easy=given.easy,
        said=told(easy=given.easy),
        notice=notice(ward().current_notice, easy=given.easy),
        token=screen.token(given.visit, form_of(letter), number_of(given.token)),
    )
