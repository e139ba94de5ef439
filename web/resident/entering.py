"""The way in: the purpose is shown and confirmed first, then LINE says who it is (P4, L5)."""

from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from tayori.domain.register import register
from tayori.domain.ward import ward
from tayori.line.login import LoginFailed, Why
from web.forms import described, one
from web.limits import EVERYBODY
from web.pages import address_of, drop_cookie, in_thread, keep_cookie, secret_of, see, visit_of
from web.resident.context import SESSION, VISIT, Context, purpose_of, wording
from web.resident.settings import CALLBACK
from web.route import Refusal, TurnedAway

LOGIN: Final = "login"
ASKED_FOR: Final = ("line_user_id", "birth_year", "sex", "area", "genres")
"""What these pages collect, by the register's names: no more than this is shown, and no more is taken."""
MANAGED: Final = ("person_no", "follow_state", "purpose_confirmation", "audit_pseudonym")
"""What these pages let be recorded beside that, as 管理項目."""
STATUS: Final = {Why.NO_ANSWER: 502}


def add_entering(app: FastAPI, context: Context) -> None:
    """Let the app serve the way in and out."""

    @app.get("/")
    async def start(request: Request) -> Response:
        given = secret_of(request, SESSION)
        session = context.sessions.find(given) if given is not None else None
        if session is not None and session.farewell is None:
            return see("/settings")
        return _start(context, request)

    @app.post("/login", openapi_extra=described("purpose", "confirmed"))
    async def login(request: Request) -> Response:
        return await _login(context, request)

    @app.get(CALLBACK)
    async def callback(request: Request) -> Response:
        return await _callback(context, request)

    @app.post("/logout", openapi_extra=described())
    async def logout(request: Request) -> Response:
        session, _ = await context.form(request, "logout", once=False)
        context.sessions.drop(session)
        response = context.render("farewell", told=wording()["farewells"]["logged_out"])
        drop_cookie(response, SESSION)
        return response


def _start(context: Context, request: Request, told: str | None = None) -> Response:
    visit = visit_of(request, VISIT)
    held = register()
    response = context.render(
        "start",
        form_origin=context.settings.channel.authorize_origin,
        items=[item for item in held.items if item.item in ASKED_FOR],
        management=[item for item in held.items if item.item in MANAGED],
        purpose=purpose_of(ward().current_purpose),
        version=ward().current_purpose,
        token=context.token(visit, LOGIN),
        told=told,
    )
    keep_cookie(response, VISIT, visit)
    return response


async def _login(context: Context, request: Request) -> Response:
    context.limit("address", "login", address_of(request))
    context.limit(EVERYBODY, "login")
    fields = await context.visiting(request, LOGIN, "purpose", "confirmed")
    visit = visit_of(request, VISIT)
    if one(fields, "purpose") != ward().current_purpose:
        raise TurnedAway(Refusal.PURPOSE)
    if one(fields, "confirmed") != "yes":
        return _start(context, request, "「利用目的を確認しました」にチェックを入れてから、進んでください。")
    attempt = context.login.begin(context.clock())
    context.sessions.underway(attempt, visit, ward().current_purpose)
    return see(attempt.url)


async def _callback(context: Context, request: Request) -> Response:
    """Take in who comes back from LINE. Whatever is wrong, nothing of the login is kept."""
    context.limit("address", "login", address_of(request))
    query = request.query_params
    visit = secret_of(request, VISIT)
    underway = context.sessions.arrive(query.get("state", ""), visit) if visit is not None else None
    if underway is None:
        raise TurnedAway(Refusal.LOGIN_STATE)
    if "error" in query:
        return _failed(context, Why.DENIED if query["error"] == "access_denied" else Why.CODE_REFUSED)
    attempt, code = underway.attempt, query.get("code", "")
    try:
        who = await in_thread(lambda: context.login.finish(attempt, code, context.clock()))
    except LoginFailed as failure:
        return _failed(context, failure.why)
    session = context.sessions.begin(who, underway.purpose_version)
    response = see("/settings")
    keep_cookie(response, SESSION, session.secret)
    drop_cookie(response, VISIT)
    return response


def _failed(context: Context, why: Why) -> Response:
    context.refused[f"login_{why}"] += 1
    return context.render("refused", STATUS.get(why, 403), told=wording()["logins"][why])
