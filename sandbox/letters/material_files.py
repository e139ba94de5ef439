"""The material of the letters, read once."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FOLDER: Final = Path(__file__).parent / "material"
_ASKED: Final = ("problem", "effect", "ask", "question", "thanks", "opinion")


class Topic:
    """What a letter is about: sentences for each kind of letter."""

    def __init__(self, theme: str, department: str, written: dict[str, Any]) -> None:
        self.theme = theme
        self.department = department
        self.name: str = written["name"]
        self.sentences: dict[str, list[str]] = {asked: written[asked] for asked in _ASKED}


@cache
def topics() -> tuple[Topic, ...]:
    """Give every topic, in the order of the files."""
    themes = [theme for name in ("topics_life", "topics_town") for theme in _read(name)]
    return tuple(Topic(theme["theme"], theme["department"], written) for theme in themes for written in theme["topics"])


@cache
def phrases() -> dict[str, Any]:
    """Give what is said whatever the topic."""
    read: dict[str, Any] = _read("phrases")
    return read


@cache
def dummies() -> dict[str, Any]:
    """Give what dummy people are made of."""
    read: dict[str, Any] = _read("people")
    return read


def _read(name: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.load((_FOLDER / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader)
