"""The checker refuses what LINE's specification refuses, discriminators included, and nothing that it allows."""

import json
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from sandbox.line.messages import REQUIRED
from sandbox.line.spec import LineSpec, SpecViolation, spec_folder
from sandbox.line.wire import Exchange

pytestmark = pytest.mark.spec

_TO = ["U" + "0" * 32]
_TEXT = {"type": "text", "text": "本日の催し"}


def a_multicast(messages: object = None, **fields: object) -> Exchange:
    body = {"to": _TO, "messages": [_TEXT] if messages is None else messages} | fields
    return Exchange(
        method="POST",
        path="/v2/bot/message/multicast",
        query="",
        headers=(("authorization", "Bearer x"), ("content-type", "application/json")),
        body=orjson.dumps(body),
        status=200,
        answer_type="application/json",
        answer_headers=(),
        answer=b"{}",
    )


def a_flex(*contents: object, **changes: object) -> dict[str, object]:
    box = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "flex", "altText": "催し", "contents": {"type": "bubble", "body": box}} | changes


def test_good_requests_pass(line_spec: LineSpec) -> None:
    """Text, flex with nested parts, a unit, a retry key."""
    flex = a_flex({"type": "text", "text": "a"}, {"type": "box", "layout": "baseline", "contents": []})
    exchange = a_multicast([_TEXT, flex], customAggregationUnits=["r1"], notificationDisabled=True)
    key = ("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000")
    with_key = replace(exchange, headers=(*exchange.headers, key))
    line_spec.check(with_key)  # raises, where one breaks the specification
    with pytest.raises(AssertionError):
        line_spec.check(replace(with_key, body=b"{}"))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([{"type": "text"}], "'text' is a required property"),
        ([{"type": "TextMessage", "text": "a"}], "is not one of"),
        ([{"text": "a"}], "'type' is a required property"),
        ([a_flex(altText=None)], "not of type"),
        ([{"type": "flex", "contents": {"type": "bubble"}}], "'altText' is a required property"),
        ([a_flex({"type": "bogus"})], "contents.body.contents.0.type"),
        ([a_flex({"type": "text", "text": 7})], "contents.body.contents.0.text"),
        ([{"type": "template", "altText": "a", "template": {"type": "bogus"}}], "messages.0.template.type"),
        ([], "messages"),
        ([_TEXT] * 6, "messages"),
    ],
)
def test_faulty_messages_are_refused_with_their_place(line_spec: LineSpec, messages: object, said: str) -> None:
    """Also those that OpenAPI tools let pass, at any depth."""
    with pytest.raises(SpecViolation, match=said):
        line_spec.check_request(a_multicast(messages))


def test_faults_around_the_messages_are_refused(line_spec: LineSpec) -> None:
    """Recipients, units, retry key, token, path."""
    good = a_multicast()
    without_token = replace(good, headers=good.headers[1:])
    bad_key = replace(good, headers=(*good.headers, ("x-line-retry-key", "once")))
    faulty = [
        a_multicast(to=_TO * 501),
        a_multicast(to=[]),
        a_multicast(customAggregationUnits=["a-b"]),
        a_multicast(customAggregationUnits=["a", "b"]),
        without_token,
        bad_key,
        replace(good, path="/v2/bot/message/everybody"),
    ]
    for exchange in faulty:
        with pytest.raises(SpecViolation):
            line_spec.check_request(exchange)


def test_faulty_answers_are_refused(line_spec: LineSpec) -> None:
    """A push without its message ids, an error without a message (declared or not), an undeclared success."""
    good = a_multicast()
    push = replace(good, path="/v2/bot/message/push", body=orjson.dumps({"to": _TO[0], "messages": [_TEXT]}))
    faulty = [
        replace(push, answer=b"{}"),
        replace(good, status=400, answer=b"{}"),
        replace(good, status=500, answer=b"{}"),
        replace(good, status=201),
    ]
    for exchange in faulty:
        with pytest.raises(SpecViolation):
            line_spec.check_answer(exchange)
    line_spec.check_answer(replace(good, status=500, answer=b'{"message":"x"}'))


def test_every_discriminated_base_is_enforced(line_spec: LineSpec) -> None:
    """No discriminator is left where tools would pass over it; children still inherit from their base."""
    schemas = line_spec.messaging.spec.read_value()["components"]["schemas"]
    bases = [name.removesuffix("ByType") for name in schemas if name.endswith("ByType")]
    assert len(bases) == 20
    assert all("discriminator" not in schemas[name] for name in bases)
    assert schemas["MulticastRequest"]["properties"]["messages"]["items"] == {
        "$ref": "#/components/schemas/MessageByType"
    }
    assert schemas["TextMessage"]["allOf"][0] == {"$ref": "#/components/schemas/Message"}


def test_the_platform_asks_for_what_the_specification_requires(line_spec: LineSpec) -> None:
    """The sandbox's table of required fields knows every message type, and every field that LINE's names."""
    schemas = line_spec.messaging.spec.read_value()["components"]["schemas"]
    mapping = schemas["MessageByType"]["discriminator"]["mapping"]
    assert mapping.keys() == REQUIRED.keys()
    for kind, aim in mapping.items():
        schema = schemas[aim.rpartition("/")[2]]
        parts = [schema, *(part for part in schema["allOf"] if "$ref" not in part)]
        assert {name for part in parts for name in part.get("required", [])} <= {"type", *REQUIRED[kind]}


def test_events_of_lines_own_fixtures_are_judged_as_known(line_spec: LineSpec) -> None:
    """Of the 61 in the present format, 13 lack what the specification requires of their type."""
    path = (spec_folder() or Path()).parent / "data" / "webhook-events.jsonl"
    if not path.is_file():
        pytest.skip("LINE's fixtures are not beside the tree")
    events = [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()]
    present = [event for event in events if "webhookEventId" in event]
    refused = 0
    for event in present:
        try:
            line_spec.check_event(event)
        except SpecViolation:
            refused += 1
    assert (len(present), refused) == (61, 13)
