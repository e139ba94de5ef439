"""Dummy letters are many, varied, harmless, and what is planted in them is known."""

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pytest

from sandbox.letters.letters import UNTIL, Letter, Mailbag
from sandbox.letters.material_files import topics
from sandbox.letters.timeline import DAYS, usual_surge
from sandbox.letters.writers import HEADER, write_answers, write_csv
from tayori.domain.ward import ward

MANY = 4000
ITEMS = ("name", "postal_code", "address", "telephone", "email", "fax")


def letters(count: int = MANY, **changes: object) -> list[Letter]:
    return list(replace(Mailbag(count, seed=11), **changes).letters())  # type: ignore[arg-type]


BAG = letters(surge=usual_surge(UNTIL), campaign=47)


def pieces(letter: Letter, kind: str) -> list[str]:
    return [letter.opinion[span.start : span.end] for span in letter.answers.spans if span.kind == kind]


def test_the_same_seed_gives_the_same_letters() -> None:
    """A mailbag replays; another seed gives another one."""
    assert letters(50) == letters(50)
    assert letters(50) != letters(50, seed=12)


def test_any_number_is_written_one_at_a_time() -> None:
    """The first of a hundred million letters comes at once."""
    assert len(list(islice(Mailbag(100_000_000, seed=1).letters(), 3))) == 3


def test_codes_are_the_wards() -> None:
    """Channels, addressees, wishes and kinds are the ward's codes; departments and themes are given."""
    lists = ward()
    for letter in BAG:
        assert letter.channel in lists.channels
        assert letter.addressee in lists.addressees
        assert letter.answer_wanted in lists.answer_wanted
        assert letter.kind in lists.kinds
        assert letter.answers.theme in {topic.theme for topic in topics()}
    unwritten = {"call_centre", "file", "telephone", "counter"}  # sources of their own; what is spoken is no letter
    assert {letter.channel for letter in BAG} == set(lists.channels) - unwritten
    assert {letter.kind for letter in BAG} == set(lists.kinds)
    assert len({letter.department for letter in BAG}) == 12


def test_spans_hold_the_items_in_whatever_form() -> None:
    """Each planted item is where the answers say; digits may be full-width, dashes of any sort."""
    seen: Counter[str] = Counter()
    for letter in (letter for letter in BAG if not letter.answers.scanned):
        ends = [0, *(span.end for span in letter.answers.spans)]
        assert all(span.start >= end for span, end in zip(letter.answers.spans, ends, strict=False))
        for kind, digits in (("telephone", 10), ("fax", 10), ("postal_code", 7)):
            for text in pieces(letter, kind):
                assert len(re.findall(r"\d", text)) >= digits
                seen[kind] += 1
        for text in pieces(letter, "email"):
            assert re.search(r"[@＠].*example", text, re.IGNORECASE)
        for text in pieces(letter, "name"):
            assert re.fullmatch(r"[\w\s　゙゚]+", text), text
    assert min(seen.values()) > 50


def test_no_item_can_reach_anybody() -> None:
    """Numbers lie in blocks that nobody is given, mail goes to example domains, houses do not exist."""
    for letter in BAG:
        assert re.fullmatch(r"(0[789]0|03)-0000-\d{4}|", letter.telephone)
        assert re.fullmatch(r"(03-0000-\d{4})?", letter.fax)
        assert re.search(r"@(mail\.)?example\.(jp|com|org|net)$|^$", letter.email)
        assert re.search(r"[6-9]\d-[6-9]\d|^$", letter.address)


def test_ten_thousand_letters_do_not_look_like_twenty_forms() -> None:
    """Nearly all texts differ, and two letters drawn by chance share little."""
    texts = [letter.opinion for letter in BAG if not letter.answers.campaign]
    assert len(set(texts)) > 0.98 * len(texts)
    grams = [{text[place : place + 5] for place in range(len(text) - 4)} for text in texts if len(text) > 8]
    dice = random.Random(1)  # noqa: S311 - draws pairs of dummy letters
    alike = 0
    for _ in range(20_000):
        one, other = dice.sample(grams, 2)
        alike += len(one & other) > 0.3 * len(one | other)
    assert alike < 20


def test_letters_come_in_every_tone() -> None:
    """Short postcards, formal letters, angry ones, children's and scanned ones are all there."""
    tones = Counter(letter.answers.register for letter in BAG)
    assert set(tones) == {"formal", "polite", "angry", "brief", "email", "child"}
    assert min(tones.values()) > MANY * 0.01
    assert 0.02 < sum(letter.answers.scanned for letter in BAG) / MANY < 0.12


def test_paper_comes_on_weekdays_and_two_years_are_covered() -> None:
    """Letters lie in order within 730 days; the post brings none on a weekend."""
    days = [letter.received_on for letter in BAG]
    assert days == sorted(days)
    assert days[-1] <= UNTIL
    assert days[0] > UNTIL - timedelta(days=DAYS)
    assert not [letter for letter in BAG if letter.channel == "postcard" and letter.received_on.weekday() > 4]


def test_the_planted_surge_stands_out() -> None:
    """In its month one topic comes several times as often as in other months."""
    surge = usual_surge(UNTIL)
    monthly = Counter(letter.received_on.replace(day=1) for letter in BAG if letter.answers.topic == surge.topic)
    usual = [count for month, count in monthly.items() if month != surge.month]
    assert monthly[surge.month] > 4 * max(usual)
    everything = Counter(letter.received_on.replace(day=1) for letter in BAG)
    assert everything[surge.month] > 1.3 * everything[surge.month.replace(year=surge.month.year - 1)]


def test_a_campaign_is_one_text_from_many_people() -> None:
    """47 letters, one content, as many senders."""
    alike = [letter for letter in BAG if letter.answers.campaign]
    assert len(alike) == 47
    assert len({letter.opinion for letter in alike}) == 1
    assert len({(letter.name, letter.email) for letter in alike}) > 40


def test_anonymous_letters_hold_no_item_of_their_writer() -> None:
    """Who gives no name gives no address, and signs nothing; inquiries that want an answer are never anonymous."""
    nameless = [letter for letter in BAG if not letter.name]
    assert 0.05 < len(nameless) / MANY < 0.2
    for letter in nameless:
        assert not any(getattr(letter, item) for item in ITEMS)
        assert not pieces(letter, "address") + pieces(letter, "email") + pieces(letter, "telephone")
        assert letter.channel != "department_inquiry"


def test_a_marker_is_planted_in_text_and_items() -> None:
    """Canaries can be searched for: the marker stands in name and text of every named letter."""
    for letter in letters(200, marker="canary7f3a"):
        assert "canary7f3a" in letter.opinion
        assert not letter.name or "canary7f3a" in letter.name
        assert not letter.email or letter.email.startswith("canary7f3a")


def test_prohibited_facts_are_volunteered_now_and_then() -> None:
    """A few letters tell of creed, origin, crime or illness, and the answers know where (P5)."""
    told = Counter(span.kind for letter in BAG for span in letter.answers.spans)
    for kind in ("creed", "discrimination", "crime", "health"):
        assert 0 < told[kind] < MANY * 0.02


def test_the_files_hold_only_items_of_the_register(tmp_path: Path) -> None:
    """The desk's list carries the register's items and management items, and one column to be ignored."""
    assert write_csv(BAG[:5], tmp_path / "l.csv") == 5
    assert write_answers(BAG[:5], tmp_path / "a.jsonl") == 5
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 5
    assert len(HEADER) == len(ITEMS) + 9


@pytest.mark.parametrize("until", [date(2026, 3, 31), date(2024, 2, 29)])
def test_the_last_day_is_chosen(until: date) -> None:
    """A mailbag ends with the day it is asked for."""
    assert max(letter.received_on for letter in letters(3000, until=until)) == until
