"""A feed proposes and can do nothing else: no draft of it is submitted without a writer's signature (I7, I10)."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tayori.broadcast import control, desk, freeze, proposing, signatures
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput, NotFound, Refused, TayoriError
from tayori.feeds import run
from tayori.feeds.rules import read_rules
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.warehouse import broadcasts, origins, segments
from tayori.warehouse.engines import reading, writing
from tests.broadcast.builders import ME, Staff, handler
from tests.broadcast.together import at_once
from tests.feeds.builders import a_segment, a_ward, counted, looked, news, rss, rules_file
from tests.support.builders import TestClock
from tests.support.feed_site import FeedSite


def a_proposal(office: Office, site: FeedSite, *items: str) -> BroadcastId:
    """Give the draft that a feed's news became."""
    before = waiting(office)
    assert counted(looked(office, site, rss(*items or (news(),)))) == {"drafted": 1}
    (new,) = waiting(office) - before
    return new


def waiting(office: Office) -> set[BroadcastId]:
    with reading(office.warehouse) as connection:
        return {one.broadcast_id for one in origins.waiting(connection)}


def state_of(office: Office, broadcast_id: BroadcastId) -> BroadcastState:
    return control.status(office, broadcast_id).state


def test_news_becomes_a_draft_in_the_feeds_name(reader: Office, site: FeedSite) -> None:
    """Genre, segment and words by the rule, the age of the news beside it, and nobody's signature."""
    a_ward(reader)
    broadcast_id = a_proposal(reader, site)
    with reading(reader.warehouse) as connection:
        row, origin = broadcasts.find(connection, broadcast_id), origins.find(connection, broadcast_id)
        assert broadcasts.signatures(connection, broadcast_id) == {}
    assert (row.state, row.drafted_by, row.genre) == (BroadcastState.DRAFT, "feed:ward-news", 3)
    said = json.loads(row.messages)[0]["text"]
    assert said.startswith("防災訓練のお知らせ（11月2日）\n区役所前の広場で行います。\nhttps://")
    assert origin is not None
    assert origin.content_at == reader.now() - timedelta(hours=1)


def test_the_same_news_becomes_a_draft_once(reader: Office, site: FeedSite) -> None:
    """However often it is read, in whatever feed, under whatever id; a changed text replaces an untaken draft."""
    a_ward(reader)
    first = a_proposal(reader, site)
    assert counted(looked(reader, site, rss(news()))) == {"known": 1}
    second = a_proposal(reader, site, news(description="雨のため中止です。"))
    assert state_of(reader, first) is BroadcastState.CANCELLED
    assert counted(looked(reader, site, rss(news()))) == {"known": 1}
    assert waiting(reader) == {second}


def test_a_changed_text_leaves_alone_what_a_writer_took_over(reader: Office, site: FeedSite) -> None:
    """What a writer answers for is not taken away from them: the new text is a draft of its own."""
    who = a_ward(reader)
    first = a_proposal(reader, site)
    proposing.take_over(reader, who.writer, first)
    a_proposal(reader, site, news(description="雨のため中止です。"))
    assert state_of(reader, first) is BroadcastState.DRAFT


def test_a_writer_takes_over_and_two_people_sign(reader: Office, site: FeedSite) -> None:
    """The way of a feed's news to residents: taken over, submitted and approved by two people, like any other."""
    who = a_ward(reader)
    broadcast_id = a_proposal(reader, site)
    proposing.take_over(reader, who.writer, broadcast_id)
    desk.submit(reader, who.writer, broadcast_id, desk.review(reader, broadcast_id))
    desk.approve(reader, who.approver, broadcast_id, desk.review(reader, broadcast_id))
    with reading(reader.warehouse) as connection:
        signatures.verify(connection, broadcasts.find(connection, broadcast_id))
    assert freeze.start(reader, broadcast_id, ME) is BroadcastState.SENDING


def test_before_it_is_taken_over_nobody_submits_or_alters_it(reader: Office, site: FeedSite) -> None:
    """Not even a writer signs what nobody answers for; who is no writer cannot take it over."""
    who = a_ward(reader)
    broadcast_id = a_proposal(reader, site)
    seen = desk.review(reader, broadcast_id)
    with pytest.raises(Refused, match="take-over"):
        desk.submit(reader, who.writer, broadcast_id, seen)
    with pytest.raises(Refused, match="take-over"):
        desk.alter(reader, who.writer, broadcast_id, _written(reader))
    with pytest.raises(Refused, match="writer"):
        proposing.take_over(reader, who.approver, broadcast_id)
    proposing.take_over(reader, who.writer, broadcast_id)
    with pytest.raises(Refused, match="waits for a writer"):
        proposing.take_over(reader, who.writer, broadcast_id)


def _written(office: Office) -> desk.Writing:
    end = office.now() + timedelta(hours=1)
    return desk.written("防災・防犯", {"everyone": True}, {"type": "text", "text": "別の文"}, office.now(), end)


def impostors(who: Staff) -> list[Credential]:
    """Credentials that a feed could make up: its own name, a writer's, an approver's, each under a key of its own."""
    names = ["feed:ward-news", "flow:feeds", who.writer.handler_id, who.approver.handler_id, ""]
    return [Credential(HandlerId(name), Ed25519PrivateKey.generate()) for name in names]


def steps_of(office: Office, broadcast_id: BroadcastId, seen: desk.Review) -> list[Callable[[Credential], object]]:
    return [
        lambda one: proposing.take_over(office, one, broadcast_id),
        lambda one: desk.submit(office, one, broadcast_id, seen),
        lambda one: desk.approve(office, one, broadcast_id, seen),
    ]


def test_no_draft_of_a_feed_goes_on_without_a_writers_signature(sqlite_reader: Office, site: FeedSite) -> None:
    """Every state that something could put into the store, every made-up credential, every step of the desk: refused.

    Whatever is tried, in whatever order of two steps, the sender does not start it.
    """
    who = a_ward(sqlite_reader)
    broadcast_id = a_proposal(sqlite_reader, site)
    seen = desk.review(sqlite_reader, broadcast_id)
    steps = steps_of(sqlite_reader, broadcast_id, seen)
    for state, owner in product(BroadcastState, ("feed:ward-news", who.writer.handler_id)):
        with writing(sqlite_reader.warehouse) as connection:
            values = {"state": state, "drafted_by": owner, "worker": None, "heartbeat_at": None}
            broadcasts.change(connection, broadcast_id, **values, approved_count=20)
        for first, second in product(impostors(who)[:2], repeat=2):
            for step, one in product(steps, (first, second)):
                with pytest.raises(TayoriError):
                    step(one)
        with pytest.raises(TayoriError):
            freeze.start(sqlite_reader, broadcast_id, ME)


def test_a_made_up_key_in_a_writers_name_starts_nothing(sqlite_reader: Office, site: FeedSite) -> None:
    """A name is no credential: what is signed under another key than the roster's is found before anything is sent."""
    who = a_ward(sqlite_reader)
    broadcast_id = a_proposal(sqlite_reader, site)
    _, _, writer, approver, _ = impostors(who)
    proposing.take_over(sqlite_reader, writer, broadcast_id)
    desk.submit(sqlite_reader, writer, broadcast_id, desk.review(sqlite_reader, broadcast_id))
    with pytest.raises(TayoriError):
        desk.approve(sqlite_reader, approver, broadcast_id, desk.review(sqlite_reader, broadcast_id))
    with pytest.raises(TayoriError):
        desk.approve(sqlite_reader, who.approver, broadcast_id, desk.review(sqlite_reader, broadcast_id))
    with pytest.raises(TayoriError):
        freeze.start(sqlite_reader, broadcast_id, ME)


@pytest.mark.parametrize("name", ["feed:ward-news", "incident:w-1", "flow:feeds"])
def test_no_proposers_name_can_stand_in_the_roster(sqlite_reader: Office, name: str) -> None:
    """A handler's id has no colon, and a proposer's has one: neither can be taken for the other."""
    with pytest.raises(BadInput, match="letters, digits and hyphens"):
        handler(sqlite_reader, name, "writer")


@pytest.mark.parametrize("name", ["suzuki", "feed:", "feed:A", "flow:feeds", "feed:a b"])
def test_nobody_else_proposes(sqlite_reader: Office, name: str) -> None:
    """A proposal stands in a proposer's name, never in a handler's."""
    proposed = proposing.Proposed(_written(sqlite_reader), "x")
    with pytest.raises(BadInput, match="proposer"), writing(sqlite_reader.warehouse) as connection:
        proposing.propose(connection, sqlite_reader, name, proposed)


def test_a_draft_that_nobody_takes_over_in_its_time_is_called_off(
    reader: Office, site: FeedSite, clock: TestClock
) -> None:
    """News is not kept for later; what a writer took over stays."""
    who = a_ward(reader)
    taken, left = a_proposal(reader, site), a_proposal(reader, site, news("避難所の案内", 2))
    proposing.take_over(reader, who.writer, taken)
    clock.forward(hours=24)
    assert run.drop_expired(reader) == 1
    assert run.drop_expired(reader) == 0
    assert state_of(reader, left) is BroadcastState.CANCELLED
    assert state_of(reader, taken) is BroadcastState.DRAFT


def test_taking_over_late_opens_the_window_anew(reader: Office, site: FeedSite, clock: TestClock) -> None:
    """A writer may still want it, in their own words and window."""
    who = a_ward(reader)
    broadcast_id = a_proposal(reader, site)
    clock.forward(hours=30)
    said = b'[{"type":"text","text":"\xe5\xba\x83\xe5\xa0\xb4"}]'
    proposing.take_over(reader, who.writer, broadcast_id, messages=said)
    seen = desk.review(reader, broadcast_id)
    assert (seen.messages, seen.proposal.not_after) == (said, reader.now() + timedelta(hours=24))
    assert desk.submit(reader, who.writer, broadcast_id, seen) == 20


def test_a_rule_whose_segment_is_not_stored_tells_so(sqlite_reader: Office, site: FeedSite) -> None:
    """No condition means nobody: nothing is drafted to a segment that is not there."""
    found = looked(sqlite_reader, site, rss(news()))
    assert "No segment is stored under all" in (found.trouble or "")
    with reading(sqlite_reader.warehouse) as connection:
        assert segments.stored(connection) == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("title: 防災|避難, ", "", r"rules\[0\]: write a pattern"),
        ("title: 防災|避難", "title: '.*'", "matches everything"),
        ("title: 防災|避難", "title: '['", "no pattern"),
        ("防災・防犯", "ない種別", "no such genre"),
        ('$link"', '$name"', "placeholders"),
        ('$link"', '100$"', "placeholders"),
        ("ward-news", "Ward News", "small letters"),
        ('"48"', '"0"', "whole number of hours"),
        ("segment: all, ", "", "write one text"),
        ("max_age_hours", "max_age", "no word max_age"),
    ],
)
def test_rules_are_a_closed_world(sqlite_reader: Office, before: str, after: str, sentence: str) -> None:
    """A rule for everything, an unknown word, genre or placeholder is refused by its place."""
    path = sqlite_reader.settings.feeds_file
    assert path is not None
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    with pytest.raises(BadInput, match=sentence):
        read_rules(path)


def test_a_feed_that_the_rules_lost_is_told(sqlite_reader: Office, site: FeedSite) -> None:
    """Between two steps of a run the rules may change; then that feed says so."""
    assert "no such feed" in str(run.look(sqlite_reader, "another").trouble)
    missing = rules_file(sqlite_reader.settings.home, site.base)
    missing.unlink()
    with pytest.raises(NotFound):
        read_rules(missing)


def test_two_runs_that_read_the_same_news_make_one_draft_of_each(reader: Office, site: FeedSite) -> None:
    """A run of the schedule and one by hand at the same moment: the second finds what the first has made known."""
    a_segment(reader)
    site.show(rss(news("防災訓練", 1), news("避難所", 2)))
    found = at_once(*[lambda: run.look(reader, "ward-news")] * 3)
    counts = [one.counts for one in found if isinstance(one, run.Looked)]
    assert sorted((one["drafted"], one["known"]) for one in counts) == [(0, 2), (0, 2), (2, 0)]
    with reading(reader.warehouse) as connection:
        assert len(origins.waiting(connection)) == 2
