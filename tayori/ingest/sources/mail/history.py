"""What a mail answers to, told from what its writer wrote. Doubt keeps the text: only a sure history goes.

A history that answers stand in between of, line by line, is no history: it stays, since the answers need it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

_QUOTED: Final = re.compile(r"^[ \t]*[>＞|]")


@dataclass(frozen=True, slots=True)
class Opening:
    """How one client opens a history."""

    pattern: re.Pattern[str]
    unquoted: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """What clients do, as data: `history.yaml`."""

    openings: tuple[Opening, ...]
    auto_reply_subject: re.Pattern[str]
    html: tuple[str, ...]


@cache
def habits() -> Habits:
    """Give the habits of clients."""
    told = yaml.safe_load(files(__package__ or "").joinpath("history.yaml").read_text("utf-8"))
    openings = tuple(
        Opening(re.compile(rf"^[ \t]*{one['header']}[ \t]*$", re.MULTILINE), one["unquoted"] == "yes")
        for one in told["history"]
    )
    subjects = re.compile("|".join(told["auto_reply_subjects"]), re.IGNORECASE)
    return Habits(openings, subjects, tuple(told["html_history"]))


def parted(text: str) -> tuple[str, str]:
    """Give what the writer wrote, and the history below it; a mail that is nothing but history is the writer's."""
    for start, end, unquoted in sorted(_openings(text)):
        below = text[end:]
        if text[:start].strip() and (unquoted or _is_quoted(below.splitlines())):
            return text[:start].rstrip(), text[start:].strip()
    return _without_tail(text)


def _openings(text: str) -> list[tuple[int, int, bool]]:
    return [
        (found.start(), found.end(), opening.unquoted)
        for opening in habits().openings
        for found in opening.pattern.finditer(text)
    ]


def _is_quoted(lines: Sequence[str]) -> bool:
    """Whether every line that says something is quoted, at least one."""
    said = [line for line in lines if line.strip()]
    return bool(said) and all(_QUOTED.match(line) for line in said)


def _without_tail(text: str) -> tuple[str, str]:
    """Part from a text the quoted lines at its end, where no line opens them."""
    lines = text.splitlines()
    keep = len(lines)
    while keep and (not lines[keep - 1].strip() or _QUOTED.match(lines[keep - 1])):
        keep -= 1
    tail = "\n".join(lines[keep:]).strip()
    if not keep or not tail:
        return text, ""
    return "\n".join(lines[:keep]).rstrip(), tail
