"""Which feeds are read, and what becomes of their news: the ward's rules, written in YAML and read as a closed world.

feeds:
  - name: ward-news                                   # letters, digits, hyphens
    url: https://www.city.example.lg.jp/rss/news.xml  # a host on TAYORI_FEED_ALLOWED_HOSTS
    max_age_hours: "48"                               # older news is only counted
    rules:                                            # the first that matches; none: only counted
      - genre: 防災・防犯
        segment: bousai                               # a stored segment
        title: 避難|防災訓練                           # patterns; one of title and category at least
        category: 防災
        text: "$title 詳しくは $link"                   # $title $summary $link $day
        open_hours: "12"                              # how long the draft may wait for a writer
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from string import Template
from typing import Final

from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.ingest.sources.mapping import in_file, section, text
from tayori.ingest.sources.plain_yaml import Written, read_plain_yaml

PLACEHOLDERS: Final = frozenset({"title", "summary", "link", "day"})
NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
DEFAULT_AGE, DEFAULT_OPEN = "48", "24"
LONGEST_HOURS: Final = 24 * 14
_FEED_WORDS: Final = ("name", "url", "max_age_hours", "rules")
_RULE_WORDS: Final = ("genre", "segment", "title", "category", "text", "open_hours")


@dataclass(frozen=True, slots=True)
class Rule:
    """What news becomes a draft in which genre, for whom, in which words."""

    genre: str
    segment: str
    title: re.Pattern[str] | None
    category: re.Pattern[str] | None
    template: Template
    open_for: timedelta

    def matches(self, title: str, categories: tuple[str, ...]) -> bool:
        """Whether title and, where the rule asks for one, a category are as it says."""
        if self.title is not None and not self.title.search(title):
            return False
        return self.category is None or any(self.category.search(one) for one in categories)


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of the ward's site and its rules."""

    name: str
    url: str
    max_age: timedelta
    rules: tuple[Rule, ...]

    @property
    def proposer(self) -> str:
        """In whose name its drafts stand."""
        return f"feed:{self.name}"


def read_rules(path: Path) -> tuple[Feed, ...]:
    """Read the ward's rules for feeds.

    Raises:
        NotFound: there is no such file.
        BadInput: it holds an unknown word, genre or placeholder, a faulty pattern, or a rule that matches everything.

    """
    try:
        written = section(read_plain_yaml(path), "the feeds", ("feeds",)).get("feeds")
        feeds = tuple(_feed(one, f"feeds[{at}]") for at, one in enumerate(_listed(written, "feeds")))
    except BadInput as fault:
        raise in_file(path, fault) from None
    if len({feed.name for feed in feeds}) < len(feeds):
        raise BadInput(f"{path.name}: feeds: a name stands twice.")
    return feeds


def _listed(written: Written | None, place: str) -> list[Written]:
    if not isinstance(written, list) or not written:
        raise BadInput(f"{place}: write a list, one `- ...` for each.")
    return written


def _feed(written: Written, place: str) -> Feed:
    words = section(written, place, _FEED_WORDS)
    name = text(words.get("name"), f"{place}.name")
    if not NAME.fullmatch(name):
        raise BadInput(f"{place}.name: at most 40 small letters, digits and hyphens.")
    rules = _listed(words.get("rules"), f"{place}.rules")
    return Feed(
        name,
        text(words.get("url"), f"{place}.url"),
        _hours(words.get("max_age_hours", DEFAULT_AGE), f"{place}.max_age_hours"),
        tuple(_rule(one, f"{place}.rules[{at}]") for at, one in enumerate(rules)),
    )


def _rule(written: Written, place: str) -> Rule:
    words = section(written, place, _RULE_WORDS)
    if "title" not in words and "category" not in words:
        raise BadInput(f"{place}: write a pattern for title or category; a rule for everything is none (I7).")
    genre = text(words.get("genre"), f"{place}.genre")
    if ward().genre_code(genre) is None:
        raise BadInput(f"{place}.genre: the ward has no such genre; choose from {'、'.join(ward().genres.values())}.")
    return Rule(
        genre,
        text(words.get("segment"), f"{place}.segment"),
        _pattern(words.get("title"), f"{place}.title"),
        _pattern(words.get("category"), f"{place}.category"),
        _template(text(words.get("text"), f"{place}.text"), f"{place}.text"),
        _hours(words.get("open_hours", DEFAULT_OPEN), f"{place}.open_hours"),
    )


def _hours(written: Written, place: str) -> timedelta:
    if not isinstance(written, str) or not written.isdecimal() or not 1 <= int(written) <= LONGEST_HOURS:
        raise BadInput(f"{place}: write a whole number of hours from 1 to {LONGEST_HOURS}.")
    return timedelta(hours=int(written))


def _pattern(written: Written | None, place: str) -> re.Pattern[str] | None:
    if written is None:
        return None
    try:
        found = re.compile(text(written, place))
    except re.error:
        raise BadInput(f"{place}: this is no pattern; check its brackets.") from None
    if found.search(""):
        raise BadInput(f"{place}: this pattern matches everything; a rule for everything is none (I7).")
    return found


def _template(written: str, place: str) -> Template:
    template = Template(written)
    if not template.is_valid() or not set(template.get_identifiers()) <= PLACEHOLDERS:
        raise BadInput(f"{place}: the placeholders are ${', $'.join(sorted(PLACEHOLDERS))}; a plain $ is written $$.")
    return template
