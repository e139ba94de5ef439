"""The door over real HTTP: signature first, one sealed row a delivery, an answer in time, nothing else."""

import contextlib
import json
import logging
import os
import select
import socket
import time
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.line.events import KINDS, EventMaker
from sandbox.line.ids import IdSpace
from sandbox.line.posting import deliver
from sandbox.line.webhooks import Policy, Target, plan
from tayori.errors import BadInput
from tayori.ingest.inbox import EVENTS, UNPARSED
from tayori.line.webhook import signature_of, unpacked
from tayori.office import Office
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading
from tayori.warehouse.inbox import DOOR_MILLISECONDS, InboxRow
from tests.door.builders import SECRET, RunningDoor, running_door, settings_of
from tests.ingest.builders import an_event, followers, take_in
from tests.support.builders import a_line_id
from tests.support.locks import locked
from web.door.settings import door_settings
from web.door.webhook import ANSWER_SECONDS, LARGEST_BODY, WEBHOOK_PATH

REFERENCE = Path(
    os.environ.get("WEBHOOK_EVENTS", Path(__file__).parents[3] / "shared" / "data" / "webhook-events.jsonl")
)


def inbox_rows(office: Office) -> list[InboxRow]:
    with reading(office.inbox) as connection:
        return inbox.oldest(connection, (EVENTS, UNPARSED), 1_000)


def test_a_signed_delivery_is_one_sealed_row(office: Office) -> None:
    """A delivery with a right signature is answered 200 and kept as one row that only the private key opens."""
    with running_door(settings_of(office)) as door:
        assert door.deliver(an_event("follow", 1), an_event("message", 2)).status_code == 200
    (row,) = inbox_rows(office)
    assert row.kind == EVENTS
    assert a_line_id(1).encode() not in row.sealed
    opened = unpacked(office.box_keys.open(EVENTS, Sealed(row.epoch, row.sealed)))
    assert [event.line_user_id for event in opened] == [a_line_id(1), a_line_id(2)]


def test_without_the_right_signature_nothing_is_kept(office: Office) -> None:
    """A wrong, a missing, an odd signature, or one of another body: 401, and the inbox stays empty."""
    body = json.dumps({"events": [an_event()]}).encode()
    with running_door(settings_of(office)) as door:
        for wrong in ("AAAA", "", "é" * 10, "=" * 5_000, signature_of(b"another secret", body).decode()):
            assert door.post(body, wrong).status_code == 401
        other = door.post(body + b" ", None)
        assert other.status_code == 200
    assert len(inbox_rows(office)) == 1


def test_an_empty_delivery_is_answered_and_leaves_nothing(office: Office) -> None:
    """LINE's ping, a delivery without events, is a success."""
    with running_door(settings_of(office)) as door:
        assert door.deliver().status_code == 200
    assert inbox_rows(office) == []


def test_a_signed_body_that_cannot_be_parsed_is_sealed_whole(office: Office) -> None:
    """Truncated JSON with a right signature is lost to nobody: it is kept as a kind of its own."""
    body = b'{"destination":"U","events":[{"type":"mess'
    with running_door(settings_of(office)) as door:
        assert door.post(body).status_code == 200
    (row,) = inbox_rows(office)
    assert row.kind == UNPARSED
    assert office.box_keys.open(UNPARSED, Sealed(row.epoch, row.sealed)) == body


def test_a_body_beyond_lines_limit_is_refused(sqlite_office: Office) -> None:
    """A body larger than LINE ever sends is refused before it is looked at."""
    with running_door(settings_of(sqlite_office)) as door:
        assert door.post(b" " * (LARGEST_BODY + 1)).status_code == 413
    assert inbox_rows(sqlite_office) == []


def test_bodies_that_are_never_finished_do_not_fill_the_memory(sqlite_office: Office) -> None:
    """Beyond what the door holds at once it answers 503; when the others gave up it is as before."""
    head = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY}\r\n\r\n".encode()
    most = 3
    with running_door(settings_of(sqlite_office), most * LARGEST_BODY) as door, contextlib.ExitStack() as held:
        address = ("127.0.0.1", urlsplit(door.base).port)
        opened = [held.enter_context(socket.create_connection(address, timeout=10)) for _ in range(most + 2)]
        for one in opened:
            with contextlib.suppress(OSError):  # refused before it could be sent
                one.sendall(head + bytes(LARGEST_BODY - 1))
        answered, _, _ = select.select(opened, [], [], 9)
        assert [one.recv(12) for one in answered][:1] == [b"HTTP/1.1 503"]
        held.close()
        until = time.monotonic() + 10
        while (status := door.deliver(an_event()).status_code) != 200 and time.monotonic() < until:
            time.sleep(0.05)
        assert status == 200


def test_a_locked_inbox_is_told_within_two_seconds(sqlite_office: Office) -> None:
    """While the inbox cannot be written the door gives up before LINE does, and 503 lets LINE deliver again."""
    assert DOOR_MILLISECONDS / 1_000 < ANSWER_SECONDS < 2
    with running_door(settings_of(sqlite_office)) as door:
        with locked(sqlite_office.settings.home / "inbox.db"):
            assert door.deliver(an_event()).status_code == 503
        assert door.deliver(an_event()).status_code == 200
    assert len(inbox_rows(sqlite_office)) == 1


def test_an_absent_store_or_key_is_told(sqlite_office: Office) -> None:
    """Without its inbox or its public key the door keeps nothing, answers 503, and says so to whoever asks."""
    office = sqlite_office
    absent = f"sqlite:///{office.settings.home / 'none.db'}"
    for broken in ({"inbox_url": absent}, {"inbox_public_key_file": Path("none.json")}):
        with running_door(settings_of(office, **broken)) as door:
            assert door.deliver(an_event()).status_code == 503
            assert door.health() == 503
    with running_door(settings_of(office)) as door:
        assert door.health() == 200
    assert inbox_rows(office) == []


def test_the_door_takes_up_a_new_public_key(sqlite_office: Office) -> None:
    """After a rotation the door seals to the new epoch without a restart; rows of both epochs are taken in."""
    office = sqlite_office
    with running_door(settings_of(office)) as door:
        door.deliver(an_event("follow", 1))
        office.box_keys.renew(office.now())
        door.deliver(an_event("follow", 2))
    assert [row.epoch for row in inbox_rows(office)] == [1, 2]
    assert take_in(office).events.applied == 2


def test_logs_hold_no_body_and_no_id(sqlite_office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """What the door logs of good, bad and unparsable bodies holds counts alone."""
    caplog.set_level(logging.DEBUG)
    with running_door(settings_of(sqlite_office)) as door:
        door.deliver(an_event("message", 1, message={"text": "秘密の発言"}))
        door.post(b"marked-body", "marked-signature")
        door.post(b"marked-body")
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert "a delivery of 1 events was kept" in ours
    for marked in (a_line_id(1), "marked", "秘密", WEBHOOK_PATH):
        assert marked not in ours


def test_no_other_way_in_is_open(sqlite_office: Office) -> None:
    """The door has the webhook and its health, and no page that describes it."""
    with running_door(settings_of(sqlite_office)) as door:
        for path in ("/", "/docs", "/openapi.json", "/redoc"):
            assert httpx.get(door.base + path, trust_env=False).status_code == 404
        assert httpx.get(door.base + WEBHOOK_PATH, trust_env=False).status_code == 405


def test_every_event_of_the_reference_file_comes_through_the_door(office: Office) -> None:
    """All of LINE's own fixtures, posted one by one and all at once, end somewhere, none is lost."""
    if not REFERENCE.is_file():
        pytest.skip("the reference files are not on this machine")
    events = [json.loads(line)["event"] for line in REFERENCE.read_text("utf-8").splitlines()]
    with running_door(settings_of(office)) as door:
        assert {_delivered(door, event) for event in events} == {200}
        assert _delivered(door, *events) == 200
    counts = take_in(office).events
    assert counts.received >= 2 * len(events) == 156  # what came too late for its answer may have been kept as well
    assert counts.received == (counts.applied + counts.ignored.total() + counts.duplicate + counts.quarantined.total())


def _delivered(door: RunningDoor, *events: object) -> int:
    """Deliver as LINE does: again where the door could not keep it in time, as on a machine that stands still."""
    answers = (door.deliver(*events).status_code for _ in range(5))
    return next((answer for answer in answers if answer != 503), 503)


def test_the_sandbox_delivers_late_doubled_and_reordered_and_nothing_is_lost(sqlite_office: Office) -> None:
    """Through a platform on a bad day everybody who follows at its end follows here, and nobody else."""
    office = sqlite_office
    maker, space = EventMaker(5), IdSpace(5)
    ids = space.ids(0, 30)
    events = list(maker.make_all("follow", ids, office.now()))
    events += [maker.make(kind, ids[0], office.now()) for kind in KINDS if kind not in {"follow", "unfollow"}]
    later = office.now().replace(second=30)
    events += list(maker.make_all("unfollow", ids[:10], later))
    policy = Policy(events_a_delivery=5, doubled=0.3, redelivered=0.3, empty=0.2, reordered_within=8)
    with running_door(settings_of(office)) as door:
        target = Target(door.base + WEBHOOK_PATH, "U" + "b" * 32, SECRET)
        rng = Random(5)  # noqa: S311 - replayable on purpose
        answers = deliver(plan(events, policy, rng), target, policy)
    assert set(answers.statuses) == {200}
    counts = take_in(office).events
    assert counts.received == answers.events
    assert sorted(followers(office)) == sorted(ids[10:])


def test_the_door_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door without its secret, key file or inbox does not open; the sentence names the setting, not its value."""
    monkeypatch.setenv("TAYORI_INBOX_URL", "postgresql://marked@db.example/inbox")
    with pytest.raises(BadInput) as refusal:
        door_settings()
    for name in ("TAYORI_LINE_CHANNEL_SECRET", "TAYORI_INBOX_PUBLIC_KEY_FILE", "TAYORI_INBOX_URL"):
        assert name in str(refusal.value)
    assert "marked" not in str(refusal.value)


def test_the_secret_and_the_address_do_not_print(sqlite_office: Office) -> None:
    """The settings of the door can be printed without giving anything away."""
    printed = repr(settings_of(sqlite_office))
    assert SECRET not in printed
    assert "inbox.db" not in printed
