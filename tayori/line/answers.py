"""What LINE said to a multicast, as one of seven verdicts; the status alone does not tell them apart."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

ACCEPTED_BEFORE: Final = "x-line-accepted-request-id"
REQUEST_ID: Final = "x-line-request-id"
MONTHLY: Final = "monthly limit"
RECIPIENT: Final = re.compile(r"to(?:\[(\d{1,3})\])?")
TO_IN_MESSAGE: Final = "'to'"  # "The property, 'to', in the request body is invalid"


class Verdict(StrEnum):
    """What an answer means for the batch. Only `UNCERTAIN` leaves open whether residents got the message."""

    ACCEPTED = "accepted"  # now, or before under the same key
    RECIPIENTS_REFUSED = "recipients_refused"  # nobody got it; without some of the recipients it would go out
    REFUSED = "refused"  # nobody got it, and asking again would not help: LINE objects to what is sent
    TOO_FAST = "too_fast"  # nobody got it; wait, then ask again with the same key
    QUOTA_SPENT = "quota_spent"  # nobody got it; the month's number of messages is reached
    NOT_LET_IN = "not_let_in"  # nobody got it; our token or account is refused
    UNCERTAIN = "uncertain"  # no answer, or an error of LINE's: ask again with the same key and the same body


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its verdict, the HTTP status (0: there was none), and LINE's name for the request.

    `named` are the places in `to` that LINE refuses, ascending; empty where it does not say which. `places` are the
    properties that it objects to, never their values.
    """

    verdict: Verdict
    status: int
    request_id: str | None = None
    named: tuple[int, ...] = ()
    places: tuple[str, ...] = ()


NO_ANSWER: Final = Answer(Verdict.UNCERTAIN, 0)


def read_answer(status: int, headers: Mapping[str, str], body: str | None) -> Answer:
    """Read LINE's answer to a multicast (Messaging API reference, "Retrying an API request" and "Status codes")."""
    request_id = headers.get(ACCEPTED_BEFORE) or headers.get(REQUEST_ID)
    verdict = _verdict(status, headers, body)
    if verdict not in {Verdict.REFUSED, Verdict.RECIPIENTS_REFUSED}:
        return Answer(verdict, status, request_id)
    places = places_of(body)
    found = (RECIPIENT.fullmatch(place) for place in places)
    named = {int(match[1]) for match in found if match and match[1]}
    return Answer(verdict, status, request_id, tuple(sorted(named)), places)


def _verdict(status: int, headers: Mapping[str, str], body: str | None) -> Verdict:
    if status == HTTPStatus.OK or (status == HTTPStatus.CONFLICT and headers.get(ACCEPTED_BEFORE)):
        return Verdict.ACCEPTED
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict.QUOTA_SPENT if MONTHLY in message_of(body) else Verdict.TOO_FAST
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Verdict.NOT_LET_IN
    # a 409 without the header tells of the key, not of the outcome; 408 is a time-out by another name
    if status in {HTTPStatus.CONFLICT, HTTPStatus.REQUEST_TIMEOUT} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict.UNCERTAIN
    if status == HTTPStatus.BAD_REQUEST and _is_about_recipients(body):
        return Verdict.RECIPIENTS_REFUSED
    return Verdict.REFUSED if status >= HTTPStatus.BAD_REQUEST else Verdict.UNCERTAIN


def _is_about_recipients(body: str | None) -> bool:
    """Whether LINE objects to recipients and to nothing else."""
    places = places_of(body)
    return all(map(RECIPIENT.fullmatch, places)) if places else TO_IN_MESSAGE in message_of(body)


def message_of(body: str | None) -> str:
    """The `message` of LINE's error body; empty where there is none."""
    try:
        read = json.loads(body or "{}")
    except ValueError:
        return ""
    return str(read.get("message", "")) if isinstance(read, dict) else ""


def places_of(body: str | None) -> tuple[str, ...]:
    """The properties that LINE's error body names, such as `messages[0].text`; never their values."""
    try:
        read = json.loads(body or "{}")
    except ValueError:
        return ()
    details = read.get("details", []) if isinstance(read, dict) else []
    return tuple(str(one.get("property", "?")) for one in details if isinstance(one, dict))
