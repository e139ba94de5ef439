"""The floor: the same server and framework, with a handler that checks the signature and keeps nothing."""

import sys

from fastapi import FastAPI, Request, Response

from tayori.line.webhook import SIGNATURE_HEADER, is_signed
from web.door.settings import door_settings
from web.door.webhook import WEBHOOK_PATH
from web.serving import serve


def floor() -> FastAPI:
    """Build the door that only looks at signatures."""
    secret = door_settings().line_channel_secret.get_secret_value().encode()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(WEBHOOK_PATH)
    async def webhook(request: Request) -> Response:
        signed = is_signed(secret, await request.body(), request.headers.get(SIGNATURE_HEADER, "").encode("latin-1"))
        return Response(status_code=200 if signed else 401)

    @app.get("/healthz")
    async def health() -> Response:
        return Response()

    return app


if __name__ == "__main__":
    sys.exit(serve("The floor of the webhook's door", 8091, floor))
