"""Which area a town (町名) lies in, so that a resident finds their area; the town itself is never kept (L5)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from tayori.domain.ward import ward

ALL_ROWS: Final = (
    "あいうえお",
    "かきくけこ",
    "さしすせそ",
    "たちつてと",
    "なにぬねの",
    "はひふへほ",
    "まみむめも",
    "やゆよ",
    "らりるれろ",
    "わをん",
)
VOICED: Final = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたちつてとはひふへほはひふへほ"
)


@dataclass(frozen=True, slots=True)
class Towns:
    """The ward's list: area code by town, towns by the row of the syllabary, and who confirmed the list."""

    area_of: dict[str, int]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    confirmed_by: str


@cache
def towns() -> Towns:
    """The list that comes with the tree.

    A town that stands in two areas, or in one that the ward does not have, is a mistake and stops the program.
    """
    source = yaml.safe_load(files("tayori.domain").joinpath("towns.yaml").read_text("utf-8"))
    code_of = {term: code for code, term in ward().areas.items()}
    listed = [
        (town, reading, code_of[area]) for area, named in source["areas"].items() for town, reading in named.items()
    ]
    area_of = {town: code for town, _, code in listed}
    if len(area_of) != len(listed):
        message = "a town stands in two areas of towns.yaml"
        raise ValueError(message)
    readings = sorted((reading, town) for town, reading, _ in listed)
    rows = [(f"{row[0]}行", tuple(town for reading, town in readings if _first(reading) in row)) for row in ALL_ROWS]
    return Towns(area_of, tuple((row, named) for row, named in rows if named), source["confirmed_by"])


def _first(reading: str) -> str:
    return reading[0].translate(VOICED)
