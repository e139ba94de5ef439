"""Settings and wishes on their way in: the page (or the sandbox) submits, the inbox keeps, sealed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Any, Final

import orjson
from sqlalchemy import Engine

from tayori.domain.identifiers import LineUserId
from tayori.domain.reception import ReceptionSettings
from tayori.vault.sealed_box import Sealer
from tayori.warehouse import inbox
from tayori.warehouse.engines import writing

RECEPTION: Final = "reception"
WISH: Final = "wish"
ANSWER, BALLOT = "answer", "ballot"
"""Answers to surveys: by person; and anonymous ones, whose kind goes on by the survey (`ballot_of`)."""
ERASE, LINK = "erase", "link"
"""What a resident may wish beside settings: to be erased; and staff, to be known for test sends."""
FIELDS: Final = (
    "submission_id",
    "line_user_id",
    "purpose_version",
    "confirmed_at",
    "birth_year",
    "sex",
    "area",
    "genres",
)
"""The contract of one submission: these fields and no other. The last four are voluntary; absent clears."""


def submission_of(settings: ReceptionSettings, submission_id: str) -> dict[str, Any]:
    """Write settings as a submission. The id makes a repeated one recognisable."""
    return {
        "submission_id": submission_id,
        "line_user_id": settings.line_user_id,
        "purpose_version": settings.purpose_version,
        "confirmed_at": settings.confirmed_at.isoformat(),
        "birth_year": settings.birth_year,
        "sex": settings.sex,
        "area": settings.area,
        "genres": sorted(settings.genres),
    }


def wish_of(wish: str, who: LineUserId, now: datetime, wish_id: str, code: str = "") -> dict[str, object]:
    """Write a wish as it goes into the inbox."""
    written: dict[str, object] = {
        "wish": wish,
        "wish_id": wish_id,
        "line_user_id": who,
        "wished_at": now.isoformat(),
    }
    return written | ({"code": code} if wish == LINK else {})


def answer_of(survey: str, who: LineUserId, answers: Mapping[str, str]) -> dict[str, object]:
    """Write an answer to a survey as it goes into the inbox."""
    return {"survey": survey, "line_user_id": who, "answers": dict(answers)}


def sealed_answer_of(survey: str, who: LineUserId, ballot: bytes) -> dict[str, object]:
    """Write an anonymous answer as it goes into the inbox: who answers, and answers that the inbox's key opens not."""
    return {"survey": survey, "line_user_id": who, "ballot": ballot.hex()}


def ballot_of(survey: str) -> str:
    """Give the kind of an anonymous survey's answers, so that it is known unopened how many wait (16 characters)."""
    return f"{BALLOT}-{sha256(survey.encode()).hexdigest()[:9]}"


def new_submission_id(rng: Random) -> str:
    """Give a fresh submission id (32 hexadecimal digits)."""
    return f"{rng.getrandbits(128):032x}"


def submit_reception(inbox_store: Engine, sealer: Sealer, submission: Mapping[str, Any], now: datetime) -> None:
    """Put one submission into the inbox as it was given. The gate judges it later; here nothing is opened or kept.

    Raises:
        Unavailable: the inbox or its public key cannot be reached; nothing was kept.

    """
    submit_receptions(inbox_store, sealer, [submission], now)


def submit_receptions(
    inbox_store: Engine, sealer: Sealer, submissions: Iterable[Mapping[str, Any]], now: datetime
) -> None:
    """Put many submissions into the inbox, all or none."""
    boxes = [sealer.seal(RECEPTION, orjson.dumps(submission)) for submission in submissions]
    with writing(inbox_store) as connection:
        inbox.put_many(connection, RECEPTION, ((box.epoch, box.box) for box in boxes), now)
