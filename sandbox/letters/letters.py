"""Dummy letters to the ward with known answers: the same seed gives the same letters, any number of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from sandbox.letters.children import a_childs_letter
from sandbox.letters.composer import ARGUING, Composer, Occasion
from sandbox.letters.grammar import Span
from sandbox.letters.material_files import Topic, topics
from sandbox.letters.people import Person, a_person
from sandbox.letters.timeline import Surge, receipt_days

UNTIL: Final = date(2026, 10, 31)
CAMPAIGN: Final = 47
CAMPAIGN_TOPIC: Final = "公園の遊具とトイレ"
_PAPER: Final = ("letter", "postcard")
_CHANNELS: Final = {"letter": 12, "postcard": 22, "email": 30, "web_form": 24, "department_inquiry": 12}
_KINDS: Final = {"opinion": 20, "request": 34, "complaint": 24, "inquiry": 15, "thanks": 7}
_IN_SEASON: Final = {  # topics that come up more in some months
    "保育園の申込み": (11, 12, 2),
    "税と国保": (6, 7),
    "ごみの集積所": (7, 8, 12),
    "道路の傷みと街路樹": (9, 10),
    "避難所と備え": (9, 3),
    "催しと講座": (9, 10),
}
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of a letter and stands in no source: for tests of masking, themes and trends."""

    theme: str
    topic: str
    spans: tuple[Span, ...]
    register: str
    scanned: bool
    surge: bool
    campaign: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as the desk has it. Codes are the ward's; an empty text is an item not given."""

    key: str
    received_on: date
    channel: str
    addressee: str
    answer_wanted: str
    department: str
    kind: str
    name: str
    postal_code: str
    address: str
    telephone: str
    email: str
    fax: str
    opinion: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Mailbag:
    """Which letters to write. `marker` is planted in name, address, e-mail and text of every letter (canaries)."""

    count: int
    seed: int
    until: date = UNTIL
    surge: Surge | None = None
    campaign: int = 0
    marker: str = ""
    prefix: str = "T"

    def letters(self) -> Iterator[Letter]:
        """Write the letters in order of receipt, one at a time."""
        start = self.until - timedelta(days=200)
        left = self.campaign
        for number, day in enumerate(receipt_days(self.count, self.until, self.surge)):
            alike = bool(left) and day >= start and number % 2 == 0
            left -= alike
            yield _Desk(self, number, day).campaign_letter() if alike else _Desk(self, number, day).letter()


class _Desk:
    """Takes in one letter: its dice depend on the seed and its number alone."""

    def __init__(self, bag: Mailbag, number: int, day: date) -> None:
        self._bag = bag
        self._number = number
        self._day = day
        self._dice = Random(f"{bag.seed}:{number}")

    def letter(self) -> Letter:
        dice = self._dice
        channel = self._channel()
        person = a_person(dice)
        anonymous = channel != "department_inquiry" and dice.random() < 0.12  # noqa: PLR2004 - a share
        if channel in _PAPER and dice.random() < 0.12:  # noqa: PLR2004 - a share
            return self._childs(channel, person, anonymous=anonymous)
        surging = bool(self._bag.surge and self._bag.surge.covers(self._day) and dice.random() < self._bag.surge.share)
        kind = self._kind(channel)
        occasion = Occasion(
            person=person,
            anonymous=anonymous,
            topic=self._topic(surging=surging),
            kind=kind,
            register=self._register(channel, kind),
            answer_wanted=self._wanted(channel, anonymous=anonymous),
            month=self._day.month,
            scanned=channel in _PAPER and dice.random() < 0.2,  # noqa: PLR2004 - a share
        )
        page = Composer(occasion, dice).written()
        answers = Answers(
            occasion.topic.theme,
            occasion.topic.name,
            page.spans,
            occasion.register,
            occasion.scanned,
            surging,
            campaign=False,
        )
        return self._filed(occasion, channel, page.text, answers)

    def campaign_letter(self) -> Letter:
        """Give the letter that many people copied: one text, other senders."""
        topic = next(each for each in topics() if each.name == CAMPAIGN_TOPIC)
        copied = Occasion(a_person(self._dice), False, topic, "request", "polite", "unknown", 6, False)  # noqa: FBT003 - neither anonymous nor scanned
        template = Occasion(copied.person, True, topic, "request", "polite", "unknown", 6, False)  # noqa: FBT003 - anonymous text
        page = Composer(template, Random(f"{self._bag.seed}:campaign")).written()
        answers = Answers(topic.theme, topic.name, page.spans, "polite", scanned=False, surge=False, campaign=True)
        return self._filed(copied, "web_form", page.text, answers)

    def _childs(self, channel: str, person: Person, *, anonymous: bool) -> Letter:
        written = a_childs_letter(person, self._dice, anonymous=anonymous)
        topic = next(each for each in topics() if each.name == written.topic)
        occasion = Occasion(person, anonymous, topic, "request", "child", "unknown", self._day.month, scanned=False)
        answers = Answers(
            topic.theme, topic.name, written.page.spans, "child", scanned=False, surge=False, campaign=False
        )
        return self._filed(occasion, channel, written.page.text, answers)

    def _filed(self, occasion: Occasion, channel: str, text: str, answers: Answers) -> Letter:
        given = _given_items(occasion, channel, self._dice)
        marker = self._bag.marker
        if marker:
            text = f"{text}\n{marker}"
            given |= {item: f"{marker}{given[item]}" for item in ("name", "address", "email")}
        return Letter(
            key=f"{self._bag.prefix}{self._day:%y}-{self._number + 1:07d}",
            received_on=self._day,
            channel=channel,
            addressee="department" if channel == "department_inquiry" else self._addressee(),
            answer_wanted=occasion.answer_wanted,
            department=occasion.topic.department,
            kind=occasion.kind,
            opinion=text,
            answers=answers,
            **given,
        )

    def _addressee(self) -> str:
        return "unknown" if self._dice.random() < 0.03 else "mayor"  # noqa: PLR2004 - a share

    def _channel(self) -> str:
        shares = {
            channel: share
            for channel, share in _CHANNELS.items()
            if self._day.weekday() < _SATURDAY or channel not in _PAPER
        }
        return self._dice.choices(list(shares), list(shares.values()))[0]

    def _kind(self, channel: str) -> str:
        if channel == "department_inquiry" and self._dice.random() < 0.75:  # noqa: PLR2004 - a share
            return "inquiry"
        return self._dice.choices(list(_KINDS), list(_KINDS.values()))[0]

    def _topic(self, *, surging: bool) -> Topic:
        everything = topics()
        if surging and self._bag.surge:
            return next(topic for topic in everything if topic.name == self._bag.surge.topic)
        weights = [2.0 if self._day.month in _IN_SEASON.get(topic.name, ()) else 1.0 for topic in everything]
        return self._dice.choices(everything, weights)[0]

    def _register(self, channel: str, kind: str) -> str:
        registers = {
            "letter": ["formal", "polite", "polite", "angry"],
            "postcard": ["brief", "brief", "polite", "angry"],
            "email": ["email", "email", "polite", "angry"],
            "web_form": ["brief", "polite", "email", "angry"],
            "department_inquiry": ["email", "polite", "brief"],
        }
        register = self._dice.choice(registers[channel])
        return "polite" if register == "angry" and kind not in ARGUING else register

    def _wanted(self, channel: str, *, anonymous: bool) -> str:
        if channel == "department_inquiry":
            return "yes"
        shares = [2, 60, 38] if anonymous else [55, 20, 25]
        return self._dice.choices(["yes", "no", "unknown"], shares)[0]


def _given_items(occasion: Occasion, channel: str, dice: Random) -> dict[str, str]:
    person = occasion.person
    shares = {
        "name": (person.name, 1.0),
        "postal_code": (person.postal_code, 0.7),
        "address": (person.address, 0.8 if channel in _PAPER else 0.5),
        "telephone": (person.telephone, 0.4),
        "email": (person.email, 0.05 if channel in _PAPER else 0.95),
        "fax": (person.fax, 0.04),
    }
    if occasion.anonymous:
        return dict.fromkeys(shares, "")
    return {item: text if dice.random() < share else "" for item, (text, share) in shares.items()}
