"""The two pure rules of the webhook: the signature over raw bytes, and the little of an event that is kept."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.line.webhook import (
    NO_TIME,
    ReducedEvent,
    Unparsed,
    events_of,
    is_signed,
    packed,
    reduce_event,
    signature_of,
    unpacked,
)
from tests.ingest.builders import an_event
from tests.support.builders import a_line_id

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("type", "timestamp", "webhookEventId", "mode", "source", "deliveryContext", "follow", "replyToken")
REFERENCE = Path(
    os.environ.get("WEBHOOK_EVENTS", Path(__file__).parents[3] / "shared" / "data" / "webhook-events.jsonl")
)


def test_the_signature_is_lines_own() -> None:
    """The known answer of LINE's SDK: HMAC-SHA256 over the raw body, base64."""
    assert signature_of(b"channel_secret", b"bodybodybodybody") == b"/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="


@given(st.binary(max_size=40), st.binary(max_size=60))
def test_no_other_signature_is_taken(body: bytes, given_signature: bytes) -> None:
    """A body is signed by its own signature alone; a changed body, or another text, is not."""
    right = signature_of(b"secret", body)
    assert is_signed(b"secret", body, right)
    assert is_signed(b"secret", body, given_signature) is (given_signature == right)
    assert not is_signed(b"secret", body + b" ", right)


def test_only_the_allowed_fields_are_kept() -> None:
    """Of an event with talk in it, what is kept holds type, time, ids, mode and reply token, and no word of it."""
    event = an_event(
        "message",
        message={"type": "text", "text": "秘密の発言", "mention": {"mentionees": [{"userId": a_line_id(9)}]}},
        replyToken="r" * 32,
        postback={"data": "秘密"},
    )
    kept = packed([reduce_event(event)])
    assert json.loads(kept) == [
        [
            "message",
            event["timestamp"],
            event["webhookEventId"],
            "active",
            False,
            "user",
            a_line_id(1),
            None,
            "r" * 32,
        ]
    ]


def test_nobody_of_a_group_is_kept() -> None:
    """Of groups and rooms neither the place nor the person is kept: they did not add the account."""
    for kind in ("group", "room"):
        source = {"type": kind, f"{kind}Id": "C" + "a" * 32, "userId": a_line_id(5)}
        kept = reduce_event(an_event("message", source=source))
        assert (kept.source_type, kept.line_user_id) == (kind, None)


def test_fields_of_another_form_are_kept_as_absent() -> None:
    """A number where a text belongs, an endless text, a time that is none: absent, for the gate to refuse."""
    broken = {
        "type": 7,
        "timestamp": "12",
        "webhookEventId": "x" * 129,
        "mode": None,
        "source": [],
        "deliveryContext": "yes",
        "follow": {"isUnblocked": "yes"},
        "replyToken": {},
    }
    assert reduce_event(broken) == ReducedEvent("", NO_TIME, "", "", redelivered=False)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_whatever_json_holds_is_reduced_and_comes_back(event: object) -> None:
    """No event crashes the door, and what is kept comes out of the inbox as it went in."""
    reduced = reduce_event(event)
    assert unpacked(packed([reduced])) == [reduced]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"events":{}}', b'{"events":null}', b"\xff\xfe"])
def test_what_is_no_delivery_is_told(body: bytes) -> None:
    """A body that is no JSON, or JSON of another shape, is no delivery."""
    with pytest.raises(Unparsed):
        events_of(body)


def test_one_broken_event_keeps_its_siblings() -> None:
    """A delivery is read event by event."""
    body = json.dumps({"events": [an_event("follow"), "broken", None, an_event("unfollow")]}).encode()
    assert [event.event_type for event in events_of(body)] == ["follow", "", "", "unfollow"]


def test_every_event_of_the_reference_file_is_reduced() -> None:
    """None of LINE's own fixtures crashes the door, old format and invented types included."""
    if not REFERENCE.is_file():
        pytest.skip("the reference files are not on this machine")
    events = [json.loads(line)["event"] for line in REFERENCE.read_text("utf-8").splitlines()]
    assert len(events_of(json.dumps({"events": events}).encode())) == 78
