"""The OpenAPI documents of the doors: which addresses there are, by which methods, with which forms.

They are served nowhere; `make docs` writes them, and a test sends what they allow, and what they do not, to real doors.
"""

from typing import Any

from fastapi import FastAPI


def document_of(app: FastAPI) -> dict[str, Any]:
    """Give an app's document."""
    whole = app.openapi()
    return {**whole, "paths": dict(sorted(whole["paths"].items()))}
