"""Words at which a letter goes to people at once, as data: danger to life, procedures with a law of their own."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from tayori.domain.answering import Flag


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a letter's words call for: a flag, and the procedure where it is one."""

    flag: Flag
    procedure: str | None = None


@dataclass(frozen=True, slots=True)
class FlagWords:
    """The words in force."""

    patterns: Mapping[Candidate, re.Pattern[str]]
    spared: re.Pattern[str]


def candidates(text: str) -> list[Candidate]:
    """Give the flags that a letter's words call for; none in most. Width, spaces and line breaks do not count."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    left = flag_words().spared.sub("。", plain)
    return [candidate for candidate, pattern in flag_words().patterns.items() if pattern.search(left)]


@cache
def flag_words() -> FlagWords:
    """The words that come with the tree."""
    said = yaml.safe_load(files("tayori.domain").joinpath("flag_words.yaml").read_text("utf-8"))
    patterns = {Candidate(Flag.DANGER): _any(said["danger"])}
    patterns |= {Candidate(Flag.PROCEDURE, name): _any(words) for name, words in said["procedure"].items()}
    return FlagWords(patterns, _any(sorted(said["spared"], key=len, reverse=True)))


def _any(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)))
