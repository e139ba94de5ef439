"""Who adds the account is greeted, who writes into it is told where to turn: once, in time, by a fixed text (I4)."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.line.serve import RunningPlatform, running_platform
from tayori.domain.talk import Occasion, Said, fixed_texts
from tayori.errors import Refused, Unavailable
from tayori.ingest.answering import FRESH_AGAIN_MS, FRESH_MS, Answering, Outcome, is_fresh, occasion_of, one_each
from tayori.line.client import LineClient
from tayori.line.webhook import ReducedEvent, reduce_event
from tayori.office import Office, utc_now
from tests.door.builders import SECRET, running_door, settings_of
from tests.ingest.builders import an_event, take_in
from tests.support.builders import START, TestClock, a_line_id

BASE = "https://line.example.lg.jp"
NOW_MS = int(START.timestamp() * 1000)


class Talk:
    """What replies: it writes down what was said on which token, refuses used tokens, and fails when told to."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Occasion]] = []
        self.failures = 0
        self.slow = threading.Event()
        self.slow.set()

    def reply(self, token: str, said: Said) -> bool:
        """Say it, if the token is new."""
        self.slow.wait(10)
        if self.failures:
            self.failures -= 1
            raise Unavailable("LINE did not answer.")
        taken = token not in {one for one, _ in self.said}
        self.said.append((token, said.occasion))
        return taken


def an_answering(talk: Talk, clock: TestClock) -> Answering:
    return Answering(fixed_texts(BASE), lambda: talk.reply, clock)


def event(kind: str = "follow", person: int = 1, token: str = "t1", **fields: object) -> ReducedEvent:  # noqa: S107
    return reduce_event(an_event(kind, person, 0, timestamp=NOW_MS, replyToken=token, **fields))


def test_a_follow_is_greeted_and_a_message_is_answered(clock: TestClock) -> None:
    """One reply each, by the text of its occasion."""
    talk = Talk()
    answering = an_answering(talk, clock)
    answering.hear([event("follow", 1, "a"), event("message", 2, "b")])
    assert answering.end(5) == {Outcome.ANSWERED: 2, Outcome.LEFT_OUT: 0}
    assert sorted(talk.said) == [("a", Occasion.GREETING), ("b", Occasion.TALK)]


@pytest.mark.parametrize(
    "other",
    [
        event(mode="standby"),
        event(mode=""),
        event(token=""),
        event("unfollow"),
        event("postback"),
        event("beacon"),
        event("unsend"),
        event("greatNewFeature"),
        event("message", source={"type": "group", "groupId": "C" + "a" * 32, "userId": a_line_id(5)}),
        event("message", source={"type": "room", "roomId": "R" + "a" * 32}),
        ReducedEvent(),
    ],
)
def test_nothing_else_is_answered(other: ReducedEvent, clock: TestClock) -> None:
    """Another channel's turn, groups, other types, events without a token: silence."""
    assert occasion_of(other) is None
    talk = Talk()
    answering = an_answering(talk, clock)
    answering.hear([other])
    assert answering.end(5).total() == 0
    assert talk.said == []


@pytest.mark.parametrize(
    ("age_ms", "redelivered", "fresh"),
    [
        (0, False, True),
        (-5_000, False, True),  # LINE's clock is a little ahead of ours
        (FRESH_MS, False, True),
        (FRESH_MS + 1, False, False),
        (FRESH_MS + 1, True, True),
        (FRESH_AGAIN_MS + 1, True, False),
    ],
)
def test_a_token_is_used_while_it_is_good(age_ms: int, redelivered: bool, fresh: bool) -> None:  # noqa: FBT001
    """About a minute; of a redelivered event at most 20 minutes. Older ones are not even tried."""
    heard = event(deliveryContext={"isRedelivery": redelivered})
    assert is_fresh(heard, NOW_MS + age_ms) is fresh


def test_a_token_that_waited_too_long_is_skipped(clock: TestClock) -> None:
    """Behind a slow LINE tokens grow old; they are skipped and counted, and nothing is sent instead."""
    talk = Talk()
    talk.slow.clear()
    answering = an_answering(talk, clock)
    answering.hear([event("follow", person, f"t{person}") for person in range(20)])
    time.sleep(0.1)
    clock.forward(minutes=2)
    talk.slow.set()
    counts = answering.end(5)
    assert (counts[Outcome.ANSWERED], counts[Outcome.TOO_LATE]) == (4, 16), "four threads were asking"


def test_a_burst_of_one_person_is_answered_once(clock: TestClock) -> None:
    """Of what one person wrote together the last is answered; a greeting stands for all they wrote with it."""
    heard = [event("message", 1, "a"), event("message", 1, "b"), event("message", 2, "c")]
    assert [one.reply_token for one in one_each(heard)] == ["b", "c"]
    assert [one.reply_token for one in one_each([event("message", 1, "m"), event("follow", 1, "f"), *heard])] == [
        "f",
        "c",
    ]
    talk = Talk()
    answering = an_answering(talk, clock)
    answering.hear(heard)
    assert answering.end(5)[Outcome.ANSWERED] == 2


def test_a_used_token_is_skipped(clock: TestClock) -> None:
    """A delivery that came twice is answered once; the second is no error."""
    talk = Talk()
    answering = an_answering(talk, clock)
    answering.hear([event()])
    answering.hear([event()])
    counts = answering.end(5)
    assert (counts[Outcome.ANSWERED], counts[Outcome.TOO_LATE]) == (1, 1)


@pytest.mark.parametrize(("failures", "outcome"), [(1, Outcome.ANSWERED), (2, Outcome.FAILED)])
def test_a_line_that_does_not_answer_is_asked_once_more(failures: int, outcome: Outcome, clock: TestClock) -> None:
    """A token is good once, so that asking again cannot say it twice; after that it is left."""
    talk = Talk()
    talk.failures = failures
    answering = an_answering(talk, clock)
    answering.hear([event()])
    assert answering.end(5)[outcome] == 1


def _refuses() -> Callable[[str, Said], bool]:
    raise Refused("no")


def test_no_trouble_of_an_answer_reaches_the_intake(clock: TestClock) -> None:
    """Whatever goes wrong is a count: `hear` and `end` raise nothing, and `hear` waits for nobody."""
    answering = Answering(fixed_texts(BASE), _refuses, clock)
    answering.hear([event("follow", person) for person in range(3)])
    assert answering.end(5)[Outcome.FAILED] == 3
    talk = Talk()
    talk.slow.clear()
    slow = an_answering(talk, clock)
    began = time.monotonic()
    slow.hear([event("follow", person) for person in range(50)])
    counts = slow.end(0.1)
    assert time.monotonic() - began < 2
    assert counts[Outcome.LEFT_OUT] == 50
    talk.slow.set()


def test_only_the_fixed_texts_can_be_said() -> None:
    """I4: a text of anybody's own cannot be made into an answer."""
    with pytest.raises(TypeError):
        Said(Occasion.TALK, "あなたの設定は…", object())


def test_the_texts_say_what_they_must() -> None:
    """Before all else: how to choose, that blocking erases for good, that the talk is not read, and where to turn."""
    said = fixed_texts(BASE)
    assert fixed_texts(f"{BASE}/") == said
    assert "https://door.example/opinion/" in fixed_texts(BASE, "https://door.example")[Occasion.TALK].text
    for one in said.values():
        for words in ("110", "119", "保存せず", "ブロック", "消去され、元に戻せません", f"{BASE}/", f"{BASE}/opinion/"):
            assert words in one.text
        assert "{" not in one.text


@pytest.fixture(scope="module")
def line() -> Iterator[RunningPlatform]:
    """Give a platform that plays LINE."""
    with running_platform() as started:
        yield started


def test_the_whole_way_from_the_webhook_to_the_greeting(sqlite_office: Office, line: RunningPlatform) -> None:
    """L1: a follow comes in by the door, is taken in and greeted on its own token; a second use of it is refused."""
    office = sqlite_office
    client = LineClient(line.base_url, line.account.access_token)
    answering = Answering(fixed_texts(BASE), lambda: client.reply, utc_now)
    with running_door(settings_of(office)) as door:
        line.control.ask("reset", channel_secret=SECRET)
        line.control.ask("webhook", url=f"{door.base}/webhook/line")
        line.control.friends(3)
        take_in(office, answering.hear)
    assert answering.end(10)[Outcome.ANSWERED] == 3
    assert line.control.stats()["endpoints"]["reply"]["answers"] == {"200": 3}
    assert nothing_of_it_is_kept(office.settings.home)


def nothing_of_it_is_kept(home: Path) -> bool:
    """Whether no file of the office holds a word of the answer."""
    return not any("ブロックする前に".encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())
