"""How a letter stands, for who has its receipt number: one look-up in a table of look-up values and states (O1).

Nobody is logged in and nothing is opened. The number is sent by a form, so that it stands in no address.
"""

from fastapi import FastAPI, Request
from starlette.responses import Response

from tayori.domain.receipts import read_receipt
from web.forms import described, one
from web.limits import EVERYBODY
from web.pages import address_of, in_thread, keep_cookie, visit_of
from web.resident.context import VISIT, Context, wording

ASK = "letter"
UNKNOWN, MALFORMED = "unknown", "malformed"


def add_letter(app: FastAPI, context: Context) -> None:
    """Let the app tell how a letter stands."""

    @app.get("/letter")
    async def ask(request: Request) -> Response:
        return _page(context, request)

    @app.post("/letter", openapi_extra=described("receipt"))
    async def tell(request: Request) -> Response:
        context.limit("address", "letter", address_of(request))
        context.limit(EVERYBODY, "letter")
        fields = await context.visiting(request, ASK, "receipt")
        number = read_receipt(one(fields, "receipt"))
        if number is None:
            return _page(context, request, MALFORMED)
        state = await in_thread(lambda: context.page.state_of_letter(number))
        return _page(context, request, state or UNKNOWN)


def _page(context: Context, request: Request, state: str | None = None) -> Response:
    visit = visit_of(request, VISIT)
    told = wording()["letters"][state] if state is not None else None
    response = context.render("letter", told=told, state=state, token=context.token(visit, ASK))
    keep_cookie(response, VISIT, visit)
    return response
