"""Headers of every answer: no script anywhere, styles of ours alone, no frame, nothing stored, no Referer to others.

`Referrer-Policy: same-origin`, not `no-referrer`: under the latter a browser also hides the Origin of our own forms
(Fetch, "append a request Origin header"), and the route could no longer be checked.
"""

from typing import Final

from starlette.responses import Response

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Final = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
}


def dress(response: Response) -> Response:
    """Give an answer its headers; what a page set itself stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def policy_with(form_origin: str) -> str:
    """Give the policy of a page whose form leads, by way of a redirect, to one other origin (LINE Login)."""
    return f"{POLICY} {form_origin}"
