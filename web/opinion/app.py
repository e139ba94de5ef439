"""ご意見入力画面, the opinion screen (FastAPI): write, look it over, send, get a receipt number (O1, O4, O6).

An app of its own that the door serves under `/opinion`: its guard, its error pages and its count of refusals are no
business of the webhook's. It works without scripts.
"""

from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from tayori.domain.identifiers import Clock
from tayori.domain.letters import ITEMS, Letter, Problem, letter_of, problems
from tayori.domain.register import register
from tayori.domain.ward import ward
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore
from web.door.settings import DoorSettings
from web.forms import described, one
from web.limits import Limits
from web.opinion.screen import PACKAGE, TRAP, UNDER, VISIT, WORDS, WRITE, Given, Screen, form_of
from web.opinion.words import notice, told
from web.pages import STATUS, add_guard, address_of, in_thread, keep_cookie, secret_of, words_of
from web.resident.sessions import new_visit
from web.route import Refusal, TurnedAway

WRONG: Final = 422
LETTER_FORM: Final = described(*ITEMS, WORDS, TRAP)


def make_screen(settings: DoorSettings, store: DoorStore, sealer: Sealer, clock: Clock) -> Screen:
    """Give what the screen needs, and no more than the door has."""
    return Screen(
        package=PACKAGE,
        under=UNDER,
        origin=settings.opinion_base_url,
        hosts=settings.hosts,
        clock=clock,
        limits=Limits(clock),
        store=store,
        sealer=sealer,
        states_at=f"{settings.web_base_url or settings.opinion_base_url}/letter",
    )


def make_app(screen: Screen) -> FastAPI:
    """Build the screen. Logs hold counts and kinds, never a value, an id or an address."""
    app = FastAPI(title="Tayori opinion screen", docs_url=None, redoc_url=None, openapi_url=None)
    _add_writing(app, screen)
    _add_sending(app, screen)
    add_guard(app, screen)
    return app


def _add_writing(app: FastAPI, screen: Screen) -> None:
    @app.get("/")
    async def form(request: Request) -> Response:
        return _form(screen, _visit_of(request), Letter(), easy=False)

    @app.get("/easy")
    async def easy(request: Request) -> Response:
        return _form(screen, _visit_of(request), Letter(), easy=True)

    @app.post("/confirm", openapi_extra=LETTER_FORM)
    async def confirm(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        if (refusal := screen.token_refusal(given, WRITE)) is not None:
            return _form_anew(screen, given, letter, refusal)
        wrong, trapped = problems(letter), bool(one(given.fields, TRAP))
        if wrong or trapped:
            return _form(screen, given.visit, letter, easy=given.easy, wrong=wrong, trapped=trapped)
        return _confirm(screen, given, letter)

    @app.post("/edit", openapi_extra=LETTER_FORM)
    async def edit(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        if (refusal := screen.token_refusal(given, form_of(letter))) is not None:
            return _form_anew(screen, given, letter, refusal)
        return _form(screen, given.visit, letter, easy=given.easy)


def _add_sending(app: FastAPI, screen: Screen) -> None:
    @app.post("/send", openapi_extra=LETTER_FORM)
    async def send(request: Request) -> Response:
        given = await screen.given(request)
        letter = letter_of(given.written())
        refusal = screen.token_refusal(given, form_of(letter))
        if refusal is Refusal.TOKEN_LATE and screen.is_sent(given.token):
            return _sent(screen, given, letter, again=True)
        if refusal is Refusal.TOKEN_LATE and not problems(letter):
            screen.count(refusal)
            return _confirm(screen, given, letter, refusal)
        if refusal is not None:
            return _form_anew(screen, given, letter, refusal)
        if problems(letter) or one(given.fields, TRAP):
            raise TurnedAway(Refusal.UNREADABLE)
        screen.limit("address", "send", address_of(request))
        screen.limit("session", "send", given.visit)
        again = screen.is_sent(given.token)
        if not again:
            sent = screen.sent_under(given.token, letter)
            await in_thread(lambda: screen.put(sent))
            screen.remember(given.token)
        return _sent(screen, given, letter, again=again)


def _form(
    screen: Screen,
    visit: str,
    letter: Letter,
    *,
    easy: bool,
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
        easy=easy,
        said=told(easy=easy),
        items=register().collected("O"),
        notice=notice(ward().current_notice, easy=easy),
        token=screen.token(visit, WRITE),
    )
    keep_cookie(response, VISIT, visit)
    return response


def _form_anew(screen: Screen, given: Given, letter: Letter, refusal: Refusal) -> Response:
    """Give the form back to whoever came by the regular route with a token that does not count: nothing is lost."""
    screen.count(refusal)
    return _form(screen, given.visit, letter, easy=given.easy, refusal=refusal)


def _sent(screen: Screen, given: Given, letter: Letter, *, again: bool) -> Response:
    """Tell that a letter was taken, and its number; the token of a letter that is kept still gives it hours later."""
    sent, said = screen.sent_under(given.token, letter), told(easy=given.easy)
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
        token=screen.token(given.visit, form_of(letter)),
    )


def _visit_of(request: Request) -> str:
    return secret_of(request, VISIT) or new_visit()
