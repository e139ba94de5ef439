"""What reaches the webhook's door and is not LINE's, or not whole: over HTTP, against the door's own process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from sandbox.demo.world import free_port, serving, wait_for
from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from tests.bad_input import troubles
from tests.bad_input.conftest import Tayori
from tests.bad_input.office import VALUE, Desk, an_event, changed_tables

SECRET = "a channel secret of nobody"
BODY = f'{{"destination": "U0", "events": [{an_event(1).strip()}]}}'.encode()
RIGHT = signature_of(SECRET.encode(), BODY).decode()
FORGED = {
    "no signature": (BODY, {}),
    "an empty one": (BODY, {SIGNATURE_HEADER: ""}),
    "another secret's": (BODY, {SIGNATURE_HEADER: signature_of(b"another", BODY).decode()}),
    "of other bytes": (BODY + b" ", {SIGNATURE_HEADER: RIGHT}),
    "in hexadecimal": (BODY, {SIGNATURE_HEADER: RIGHT.encode().hex()}),
    "what is no base64": (BODY, {SIGNATURE_HEADER: "~" * 44}),
}
UNREADABLE = {
    "truncated JSON": BODY[:-20],
    "no JSON": VALUE.encode(),
    "another encoding": BODY.decode().replace("U0", VALUE).encode("utf-16"),
    "no events": b'{"destination": "U0"}',
    "events that are none": f'{{"events": "{VALUE}"}}'.encode(),
    "no byte": b"",
}


def settings_of(desk: Desk) -> dict[str, str]:
    """Give the door's settings."""
    return {
        "TAYORI_LINE_CHANNEL_SECRET": SECRET,
        "TAYORI_INBOX_URL": f"sqlite:///{desk.home / 'inbox.db'}",
        "TAYORI_INBOX_PUBLIC_KEY_FILE": str(desk.home / "keys" / "inbox.pub.json"),
    }


@contextmanager
def door(desk: Desk) -> Iterator[str]:
    """Run the door as a process of its own; give the webhook's address."""
    port = free_port()
    log = desk.folder / "door.log"
    with serving(["-m", "web.door", "--port", str(port)], "/healthz", port, log, settings_of(desk)) as served:
        wait_for(served)
        yield served.url.replace("/healthz", "/webhook/line")
    said = log.read_text("utf-8")
    assert "Traceback" not in said
    assert VALUE not in said


def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    """Deliver a body; without headers, signed as LINE signs."""
    signed = {SIGNATURE_HEADER: signature_of(SECRET.encode(), body).decode()}
    return httpx.post(url, content=body, headers=signed if headers is None else headers, timeout=60).status_code


def test_what_is_not_lines_is_refused_and_what_is_broken_is_kept(desk: Desk, tayori: Tayori) -> None:
    """Forged: 401, and nothing is kept. Signed and unreadable: sealed whole and set aside, its neighbour taken in."""
    before = desk.holds()
    with door(desk) as url:
        for body, headers in FORGED.values():
            assert post(url, body, headers) == 401
        assert httpx.get(url, timeout=60).status_code == 405
        assert post(url, b" " * (3 << 20)) == 413
        assert changed_tables(before, desk.holds()) == set()
        for body in UNREADABLE.values():
            assert post(url, body) == 200
        assert post(url, BODY) == 200
    told = json.loads(tayori.run("ingest events --json").out)
    assert (told["received"], told["applied"], told["rules"]) == (7, 1, {"unparsed": len(UNREADABLE)})
    assert {row["rule"] for row in json.loads(tayori.run("quarantine list --json").out)} == {"unparsed"}


def test_a_door_without_its_inbox_lets_line_deliver_again(desk: Desk, tayori: Tayori) -> None:
    """The inbox is locked: 503 and nothing is kept, so that LINE comes again; then it is taken in, once."""
    with door(desk) as url:
        with troubles.locked("inbox.db")(desk):
            assert post(url, BODY) == 503
        assert post(url, BODY) == 200
    told = json.loads(tayori.run("ingest events --json").out)
    assert (told["received"], told["applied"]) == (1, 1)


@pytest.mark.parametrize("missing", ["TAYORI_LINE_CHANNEL_SECRET", "TAYORI_INBOX_PUBLIC_KEY_FILE"])
def test_a_door_without_its_settings_does_not_open(desk: Desk, missing: str) -> None:
    """One sentence that names the setting, exit code 2: no door that anybody could sign for."""
    given = {name: value for name, value in settings_of(desk).items() if name != missing}
    said = desk.as_module("web.door", [], given)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert missing in said.err
    assert SECRET not in said.err
