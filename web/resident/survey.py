"""アンケート: the surveys that are open, one form each, every question voluntary (L6, P3, P5)."""

from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from tayori.domain.surveys import LONGEST_TEXT, Survey, survey_of
from web.forms import Size, described, one
from web.pages import in_thread, see
from web.resident.context import Context
from web.resident.sessions import Session
from web.route import Refusal, TurnedAway

BEFORE: Final = "q-"
SIZE: Final = Size(largest=64 << 10, longest=LONGEST_TEXT)
WRONG: Final = 422


def add_surveys(app: FastAPI, context: Context) -> None:
    """Let the app ask."""

    @app.get("/surveys")
    async def surveys(request: Request) -> Response:
        session = context.session(request)
        told, session.told = session.told, None
        return context.render("surveys", surveys=await _open(context), told=told)

    @app.get("/surveys/{name}")
    async def form(request: Request, name: str) -> Response:
        session = context.session(request)
        return _form(context, session, await _named(context, name), {}, [])

    @app.post("/surveys/{name}", openapi_extra=described())
    async def answer(request: Request, name: str) -> Response:
        asking = context.session(request)
        survey = await _named(context, name)
        known = [BEFORE + question.id for question in survey.questions]
        async with context.taking(request, f"survey {name}", *known, size=SIZE, session=asking) as (session, fields):
            if (who := session.who) is None:
                raise TurnedAway(Refusal.NO_SESSION)
            given = {question.id: one(fields, BEFORE + question.id) for question in survey.questions}
            codes, wrong = survey.answers(given)
            if wrong or not codes:
                return _form(context, session, survey, given, wrong, nothing=not codes and not wrong)
            written = {name: text.strip() for name, text in given.items() if text.strip()}
            await in_thread(lambda: context.page.answer(who, survey, written))
        session.told = "answered"
        return see("/surveys")


async def _open(context: Context) -> list[Survey]:
    return [survey_of(published.definition) for published in await in_thread(context.page.open_surveys)]


async def _named(context: Context, name: str) -> Survey:
    """Give a survey that is open.

    Raises:
        TurnedAway: there is none of this name.

    """
    for survey in await _open(context):
        if survey.name == name:
            return survey
    raise TurnedAway(Refusal.NOT_HERE)


def _form(
    context: Context,
    session: Session,
    survey: Survey,
    given: dict[str, str],
    wrong: list[str],
    *,
    nothing: bool = False,
) -> Response:
    return context.render(
        "survey",
        WRONG if wrong or nothing else 200,
        survey=survey,
        given=given,
        wrong=wrong,
        nothing=nothing,
        before=BEFORE,
        token=context.token(session.secret, f"survey {survey.name}"),
    )
