"""The emergency lane's templates: placeholders of the ward's, each with a closed list of values or a time of day (I4).

messages:  [{"type": "text", "text": "【避難所開設】{shelter}を{opened}に開設しました。"}]
values:    {shelter: [四谷小学校, 大久保小学校], opened: time}
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from unicodedata import category

from tayori.domain.canonical import canonical_bytes
from tayori.domain.material import Material
from tayori.domain.measures import json_bytes, utf16_units
from tayori.domain.message_limits import faults_in
from tayori.domain.messages import LARGEST_BODY, message_bytes
from tayori.domain.recurrence import TOKYO
from tayori.domain.unseen import unseen_in
from tayori.errors import BadInput, Refused

GENRE: Final = "緊急"
FRESH_FOR: Final = timedelta(minutes=30)
REVIEW_WITHIN: Final = timedelta(hours=24)
TIME: Final = "time"
MOST_VALUES: Final = 200
LONGEST_VALUE: Final = 60
KEY: Final = re.compile(r"[a-z][a-z_]{0,29}")
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


class Verdict(StrEnum):
    """What the second person says of an emergency broadcast afterwards."""

    PROPER = "proper"
    IMPROPER = "improper"


@dataclass(frozen=True, slots=True)
class Choices:
    """The placeholders of a template: for each key its closed list, or None for a time of day."""

    lists: Mapping[str, tuple[str, ...] | None]

    @property
    def particulars(self) -> str:
        """The text that is signed and stored."""
        plain = {key: TIME if one is None else list(one) for key, one in self.lists.items()}
        return canonical_bytes({"values": plain}).decode("utf-8")


@dataclass(frozen=True, slots=True)
class Filled:
    """A template filled in: the message bytes, the values as text, and since when the content holds."""

    messages: bytes
    values: str
    as_of: datetime


def read_choices(written: object, messages: bytes) -> Choices:
    """Read a template's values, and hold them against the placeholders of its messages.

    Raises:
        BadInput: a list is empty or not closed, a placeholder has no values, or values have no placeholder.

    """
    if not isinstance(written, Mapping) or len(written) > MOST_VALUES:
        raise BadInput("values: write a key for each placeholder, with a list of choices or `time`.")
    lists = {_key(key): _listed(key, one) for key, one in written.items()}
    used = {name for text in _texts(json.loads(messages)) for name in PLACEHOLDER.findall(text)}
    if used != set(lists):
        odd = "、".join(sorted(used ^ set(lists)))
        raise BadInput(f"The placeholders of the messages and the values differ: {odd}.")
    return Choices(lists)


def refuse_unfit(messages: bytes, choices: Choices, material: Material) -> None:
    """Refuse a template that some of its values would make too long, or give a link: in an emergency it is too late.

    Each value is tried beside the longest ones of the other placeholders.

    Raises:
        BadInput: the sentence names the message, the place and the rule.

    """
    longest = {key: _by_length(one)[-1] for key, one in choices.lists.items()}
    tried = [{**longest, key: value} for key, one in choices.lists.items() for value in _by_length(one)]
    template: list[dict[str, Any]] = json.loads(messages)
    for values in tried:
        filled: list[dict[str, Any]] = json.loads(written_out(messages, values))
        if json_bytes(filled) > LARGEST_BODY:
            raise BadInput("Filled in, the messages together are larger than LINE's 2 MB. Shorten them.")
        for number, (before, after) in enumerate(zip(template, filled, strict=True), 1):
            open_ones = set(faults_in(before, material))
            for fault in faults_in(after, material):
                if fault not in open_ones:
                    raise BadInput(f"Message {number}, filled in, {fault.place}: {fault.rule}")


def _by_length(listed: tuple[str, ...] | None) -> list[str]:
    return sorted(listed or ["23:59"], key=utf16_units)


def stored_choices(particulars: str) -> Choices:
    """Read a template's values back from what is stored."""
    plain: dict[str, Any] = json.loads(particulars)["values"]
    return Choices({key: None if one == TIME else tuple(one) for key, one in plain.items()})


def fill(messages: bytes, choices: Choices, values: Mapping[str, str], now: datetime) -> Filled:
    """Fill a template in; the content holds since the latest time that its values name, or since now.

    Raises:
        BadInput: a value is missing, unknown, or not on its list.
        Refused: the content is older than 30 minutes.

    """
    if set(values) != set(choices.lists):
        raise BadInput(
            f"Name a value for each of {'、'.join(sorted(choices.lists)) or 'no placeholder'}, and no other."
        )
    moments = [_chosen(key, values[key], choices.lists[key], now) for key in sorted(values)]
    as_of = min((moment for moment in moments if moment is not None), default=now)
    if now - as_of > FRESH_FOR:
        raise Refused("The content is older than 30 minutes; nothing was sent. Find out how things stand now.")
    text = canonical_bytes(dict(values)).decode("utf-8")
    return Filled(written_out(messages, values), text, as_of)


def written_out(messages: bytes, values: Mapping[str, str]) -> bytes:
    """Give the message bytes with every placeholder replaced; what can stand there was tried when it was drafted."""
    return message_bytes(tuple(_replaced(json.loads(messages), values)))


def _replaced(part: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(part, str):
        return PLACEHOLDER.sub(lambda found: values[found[1]], part)
    if isinstance(part, list):
        return [_replaced(one, values) for one in part]
    if isinstance(part, dict):
        return {key: _replaced(one, values) for key, one in part.items()}
    return part


def _texts(part: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [text for one in parts for text in _texts(one)]


def _key(key: object) -> str:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise BadInput("values: a key is made of small letters and underscores, as in {shelter}.")
    return key


def _listed(key: object, written: object) -> tuple[str, ...] | None:
    if written == TIME:
        return None
    if not isinstance(written, list) or not 1 <= len(written) <= MOST_VALUES:
        raise BadInput(f"values.{key}: write a list of 1 to {MOST_VALUES} choices, or `time`.")
    if any(not isinstance(one, str) or not 0 < len(one.strip()) <= LONGEST_VALUE for one in written):
        raise BadInput(f"values.{key}: each choice is a text of 1 to {LONGEST_VALUE} letters.")
    if any(unseen_in(one) or any(category(letter) in {"Cc", "Cs"} for letter in one) for one in written):
        raise BadInput(f"values.{key}: a choice is one line, and holds no letter that nobody sees.")
    if any(PLACEHOLDER.search(one) for one in written):
        raise BadInput(f"values.{key}: a choice holds no placeholder itself.")
    return tuple(written)


def _chosen(key: str, value: str, choices: tuple[str, ...] | None, now: datetime) -> datetime | None:
    if choices is None:
        return _last_time(key, value, now)
    if value not in choices:
        raise BadInput(f"{key}: choose from {'、'.join(choices)}.")
    return None


def _last_time(key: str, value: str, now: datetime) -> datetime:
    """Give the last moment at which Tokyo's clocks showed a time: one that is still to come was yesterday's."""
    try:
        shown = datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise BadInput(f"{key}: a time of day is written as 14:30.") from None
    here = now.astimezone(TOKYO)
    moment = datetime.combine(here.date(), shown, TOKYO)
    return moment if moment <= here else moment - timedelta(days=1)
