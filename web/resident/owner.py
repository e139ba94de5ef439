"""The pages of somebody who is logged in: set, clear, stop, see what is held, be erased (L1, L5)."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from tayori.domain.reception import ReceptionSettings
from tayori.domain.towns import towns
from tayori.domain.ward import ward
from tayori.ingest.own_page import Held
from web.forms import described, one
from web.pages import TOKYO, in_thread, see
from web.resident.context import Context, purpose_of, templates, wording
from web.resident.forms import SIZE, Choices, area_of_town, choices_of, years
from web.resident.sessions import Session
from web.route import SAME, Refusal, TurnedAway

CLEARED: Final[dict[str, Any]] = {"birth_year": None, "sex": None, "area": None, "genres": frozenset()}
"""What one tap clears, and what it leaves."""
CHOICES: Final = ("birth_year", "sex", "area", "genre", "town")
SAVE, CLEAR, STOP, ERASE, STAFF, LOGOUT = "save", "clear", "stop", "erase", "staff", "logout"
SETTINGS_FORM: Final = described(*CHOICES, many=SIZE.many)
CODE_TAKES: Final = timedelta(minutes=1)  # a wrong one is told after this
LONGEST_CODE: Final = 16  # twice what is shown
FILE: Final = "tayori-my-settings"


def add_owner(app: FastAPI, context: Context) -> None:
    """Let the app serve the pages of who is logged in."""
    _add_reading(app, context)
    _add_setting(app, context)
    _add_leaving(app, context)


def _add_reading(app: FastAPI, context: Context) -> None:
    @app.get("/settings")
    async def settings(request: Request) -> Response:
        session = context.session(request)
        held = await _held(context, session)
        told, session.told = session.told, None
        return _form(context, session, _shown(session, held), held=held, told=told)

    @app.get("/me")
    async def me(request: Request) -> Response:
        session = context.session(request)
        held = await _held(context, session)
        return context.render("me", held=held, chosen=_set(held), session=session, state=_state(session, held))

    @app.get("/me/download")
    async def download(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", SAME) not in {SAME, "none"}:
            raise TurnedAway(Refusal.ROUTE)
        session = context.session(request)
        held = await _held(context, session)
        values = {"held": held, "chosen": _set(held), "session": session, "now": context.clock()}
        written = templates().get_template("me.txt.j2").render(ward=ward(), **values)
        named = {"Content-Disposition": f'attachment; filename="{FILE}.txt"'}
        return PlainTextResponse("\ufeff" + written.replace("\n", "\r\n"), headers=named)

    @app.get("/me/download.json")
    async def download_json(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", SAME) not in {SAME, "none"}:
            raise TurnedAway(Refusal.ROUTE)
        session = context.session(request)
        held = await _held(context, session)
        named = {"Content-Disposition": f'attachment; filename="{FILE}.json"'}
        written = json.dumps(_plain(session, held), ensure_ascii=False, indent=2)
        return Response(written, media_type="application/json", headers=named)


def _add_setting(app: FastAPI, context: Context) -> None:
    @app.post("/settings", openapi_extra=SETTINGS_FORM)
    async def save(request: Request) -> Response:
        async with context.taking(request, SAVE, *CHOICES) as (session, fields):
            chosen, found = choices_of(fields, _this_year(context)), area_of_town(fields)
            await _submit(context, session, _moved(chosen, found), "saved")
        return see("/settings")

    @app.post("/settings/area", openapi_extra=SETTINGS_FORM)
    async def area(request: Request) -> Response:
        session, fields = await context.form(request, SAVE, *CHOICES, once=False)
        chosen, found = choices_of(fields, _this_year(context)), area_of_town(fields)
        if found is None:
            return _form(context, session, chosen, told="no_town")
        return _form(context, session, _moved(chosen, found), told="area_found")

    @app.post("/settings/clear", openapi_extra=described("item"))
    async def clear(request: Request) -> Response:
        async with context.taking(request, CLEAR, "item") as (session, fields):
            item = one(fields, "item")
            if item not in CLEARED:
                raise TurnedAway(Refusal.UNREADABLE)
            before = _shown(session, await _held(context, session))
            left = {name: getattr(before, name) for name in CLEARED} | {item: CLEARED[item]}
            await _submit(context, session, Choices(**left), "cleared")
        return see("/settings")

    @app.post("/stop", openapi_extra=described())
    async def stop(request: Request) -> Response:
        async with context.taking(request, STOP) as (session, _):
            await _submit(context, session, Choices(), "stopped")
        return see("/settings")

    @app.get("/staff")
    async def staff(request: Request) -> Response:
        session = context.session(request)
        told = await _code_told(context, session)
        return context.render("staff", told=told, token=context.token(session.secret, STAFF))

    @app.post("/staff", openapi_extra=described("code"))
    async def link(request: Request) -> Response:
        async with context.taking(request, STAFF, "code") as (session, fields):
            await _hand_in_code(context, session, one(fields, "code").strip().upper())
        return see("/staff")


def _add_leaving(app: FastAPI, context: Context) -> None:
    @app.get("/erase")
    async def ask(request: Request) -> Response:
        session = context.session(request)
        return context.render("erase", token=context.token(session.secret, ERASE))

    @app.post("/erase", openapi_extra=described())
    async def erase(request: Request) -> Response:
        async with context.taking(request, ERASE) as (session, _):
            if (who := session.who) is None:
                raise TurnedAway(Refusal.NO_SESSION)
            await in_thread(lambda: context.page.ask_to_be_erased(who))
            session.end("erased")
        return context.render("farewell", told=wording()["farewells"]["erased"])


async def _hand_in_code(context: Context, session: Session, code: str) -> None:
    """Hand the code of a member of staff in; one of another form goes no further."""
    context.limit("session", "code", session.secret)
    who = session.who
    if who is None or not (code.isascii() and code.isalnum() and len(code) <= LONGEST_CODE):
        session.told = "code_malformed"
        return
    at = context.clock()
    await in_thread(lambda: context.page.hand_in_staff_code(who, code))
    session.code_at = at


async def _code_told(context: Context, session: Session) -> str | None:
    """Say what became of the code that was handed in; whether it was right only the worker knows, and the link tells.

    The link is looked up where there is a code to tell of, and nowhere else.
    """
    told, session.told = session.told, None
    if told is not None or session.code_at is None:
        return told
    linked_at, since = (await _held(context, session)).linked_at, context.clock() - session.code_at
    if linked_at is not None and linked_at >= session.code_at:
        session.code_at = None
        return "code_right"
    return "code_wrong" if since > CODE_TAKES else "code_taken"


def _moved(chosen: Choices, area: int | None) -> Choices:
    """Give choices with the area of the town that was named, if one was."""
    return chosen if area is None else replace(chosen, area=area)


async def _held(context: Context, session: Session) -> Held:
    """Open what is held of the session's person, and let go of what was handed in once it stands there."""
    if (who := session.who) is None:
        raise TurnedAway(Refusal.NO_SESSION)
    held = await in_thread(lambda: context.page.opened(who))
    pending = session.pending
    if pending is not None and held.chosen is not None and held.chosen.confirmed_at >= pending.confirmed_at:
        session.pending = None
    return held


async def _submit(context: Context, session: Session, chosen: Choices, told: str) -> None:
    """Hand settings in under the wording that this session confirmed, which has to be the present one (P4)."""
    if session.who is None:
        raise TurnedAway(Refusal.NO_SESSION)
    if session.purpose_version != ward().current_purpose:
        raise TurnedAway(Refusal.PURPOSE)
    submitted = ReceptionSettings(
        session.who,
        session.purpose_version,
        _to_the_millisecond(context.clock()),
        chosen.birth_year,
        chosen.sex,
        chosen.area,
        chosen.genres,
    )
    await in_thread(lambda: context.page.submit(submitted))
    session.pending, session.told = submitted, told


def _shown(session: Session, held: Held) -> Choices:
    """Give what the form begins with: what was just handed in, else what is held."""
    if session.pending is not None:
        one = session.pending
        return Choices(one.birth_year, one.sex, one.area, one.genres)
    return _set(held) or Choices()


def _set(held: Held) -> Choices | None:
    one = held.chosen
    return Choices(one.birth_year, one.sex, one.area, one.genres) if one is not None else None


def _state(session: Session, held: Held) -> str:
    """Say in a word how the person stands to the account, for the sentence that the page shows."""
    if held.left_at is not None:
        return "leaving"
    if held.followed_at is None:
        return "unknown"
    return "pending" if session.pending is not None else "following"


def _form(
    context: Context, session: Session, chosen: Choices, *, held: Held | None = None, told: str | None = None
) -> Response:
    secret = session.secret
    a_month = context.page.a_month()
    return context.render(
        "settings",
        chosen=chosen,
        state=_state(session, held) if held is not None else None,
        told=told,
        years=years(_this_year(context)),
        towns=towns().rows,
        genre_words=wording()["genres"],
        a_month=a_month,
        together=round(sum(a_month.get(genre, 0) for genre in chosen.genres)),
        purpose=purpose_of(session.purpose_version),
        version=session.purpose_version,
        tokens={form: context.token(secret, form) for form in (SAVE, CLEAR, STOP, LOGOUT)},
    )


def _plain(session: Session, held: Held) -> dict[str, object]:
    chosen, settings = _set(held), held.chosen
    lists = ward()
    return {
        "注記": wording()["farewells"]["no_disclosure"]["what"],
        "LINEの利用者ID": session.who if held.followed_at or held.left_at else None,
        "登録の状態": "消去の手続中" if held.left_at else "登録中" if held.followed_at else "登録が確認できません",
        "登録の時刻": held.followed_at.isoformat() if held.followed_at else None,
        "生年": chosen.birth_year if chosen else None,
        "性別": lists.sexes[chosen.sex] if chosen and chosen.sex else None,
        "居住地域": lists.areas[chosen.area] if chosen and chosen.area else None,
        "情報ジャンル": sorted(lists.genres[code] for code in chosen.genres) if chosen else [],
        "記名のアンケートの回答": list(held.answered),
        "確認した利用目的の版": settings.purpose_version if settings else None,
        "確認の時刻": settings.confirmed_at.isoformat() if settings else None,
        "受付待ちの送信": held.waiting,
        "職員の試し送りの登録": held.linked_at is not None,
    }


def _to_the_millisecond(moment: datetime) -> datetime:
    """Give a moment as the warehouse keeps it, so that what was handed in is known again once it stands there."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _this_year(context: Context) -> int:
    return context.clock().astimezone(TOKYO).year
