"""The OpenAPI documents of the doors: which addresses there are, by which methods, with which forms.

They are served nowhere; `make docs` writes them, and a test sends what they allow, and what they do not, to real doors.
"""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount


def document_of(app: FastAPI) -> dict[str, Any]:
    """Give an app's document, with the apps that it serves under a path of their own."""
    whole = app.openapi()
    paths = dict(whole["paths"])
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            paths |= {route.path + path: what for path, what in route.app.openapi()["paths"].items()}
    return {**whole, "paths": dict(sorted(paths.items()))}
