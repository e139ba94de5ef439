"""Addresses in a normalised text: numbers of block and house, the place before them, building and room after.

A town alone ("西新宿二丁目の公園") is a matter of the ward and stays; with block and house it is somebody's door.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from tayori.opinions.contacts import DASH
from tayori.opinions.spans import Span, terms

_KANJI: Final = "一二三四五六七八九十百〇壱弐参肆伍拾"
_N: Final = rf"(?:\d{{1,4}}|[{_KANJI}]{{1,5}})"
# The same, so that the search can leap from numeral to numeral.
_FIRST: Final = rf"[\d{_KANJI}](?:(?<=\d)\d{{0,3}}|(?<=[{_KANJI}])[{_KANJI}]{{0,4}})"
_LINK: Final = rf"(?: ?(?:丁目の?|番地の|番地|番|号の|[{DASH}のノ]) ?)"
_BLOCK = re.compile(rf"{_FIRST}(?:(?:{_LINK}{_N}){{1,4}}(?: ?(?:番地|番|号))?| ?番地)")
_ODD_BLOCK = re.compile(rf"{_FIRST} ?([〜~・,/]) ?{_N}(?: ?\1 ?{_N}){{1,2}}(?!\d)")  # behind a place only: 2〜8〜1
# Towns without chome: 荒木町99.
_SOLE = re.compile(r"[町坂](?<=.)(\d{1,4}|[一二三四五六七八九十]{2,4})(?![\d〜~,・/-])")
_NOT_BEFORE: Final = frozenset("0123456789.,第約")
_COUNTED: Final = (
    "丁目|年|月|日|時|分|歳|才|割|回|人|名|件|個|%|円|階|位|点|km|m|章|条|項|番目|代|号線|号機|組|期|次|議案|つ|倍|億|万|千|種|票|世帯|校|園|"
    "か所|ヶ所|箇所"
)
_NOT_A_DOOR = re.compile(rf" ?(?:{_COUNTED}|[./:]\d)")
_BUILDINGS: Final = (
    "コーポ|ハイツ|メゾン|マンション|アパート|荘|レジデンス|ハイム|ビル|パレス|コート|シティ|タワー|ヒルズ|ハウス|住宅|団地|寮|プラザ|ガーデン|パーク|テラス|フラット|"
    "ヴィラ|カーサ|グラン|ライオンズ|シャトー|エステート|アーバン|ドエル|サンハイツ|コープ"
)
_NAME: Final = "ァ-ヶー一-龥々A-Za-z・"
_ROOM: Final = r"(?:[ \n]?第?\d{1,2}号?棟)?(?:[ \n]?(?:\d{1,2}[FfBb階] ?)?\d{1,4}(?:号室?|室|[FfBb階])?)?"
_BEHIND = re.compile(
    rf"[ 、\n]?[{_NAME}]{{0,12}}?(?:{_BUILDINGS})[{_NAME}]{{0,10}}{_ROOM}"
    rf"|[ {DASH}]?(?:\d{{1,2}}号棟 ?)?\d{{1,4}}号室"
    rf"|[ ][{_NAME}]{{2,15}}? ?\d{{3,4}}(?![\d年月円人件{DASH}])"
    r"|[ ]\d{3,4}(?![\d年円人件])"
)
_ROOMS = re.compile(
    r"\d(?:\d?号棟 ?\d{1,4}号室|\d{0,3}号室|\d?号棟(?: ?\d{1,4}号?(?!\d))?|\d{2,3}(?![\d年円人件名号%]))"
)
_HOUSE = re.compile(rf"[{_NAME}]{{0,12}}?(?:{_BUILDINGS})[{_NAME}]{{0,10}} ?$")
_LABEL = re.compile(r"(?:ご住所|現住所|住所|Address)[ ]?[::] ?([^\n]{2,60})", re.IGNORECASE)
_LEFT: Final = 30


def address_spans(text: str) -> Iterator[Span]:
    """Find addresses with house numbers, rooms of buildings, romanised addresses and what follows 「住所:」."""
    if "住所" in text or "ddress" in text:
        yield from (Span(*match.span(1), "address") for match in _LABEL.finditer(text))
    yield from _blocks(text)
    yield from _odd_blocks(text)
    yield from _sole_numbers(text)
    yield from _rooms(text)
    if _ROMAN_HINT.search(text):
        yield from (Span(*match.span(), "address") for match in _roman().finditer(text))


def _blocks(text: str) -> Iterator[Span]:
    for match in _BLOCK.finditer(text):
        begin = match.start()
        if begin and text[begin - 1] in _NOT_BEFORE:
            continue
        left = _place().search(text, max(0, begin - _LEFT), begin)
        if (left or _says_door(match[0])) and not _NOT_A_DOOR.match(text, match.end()):
            behind = _BEHIND.match(text, match.end())
            yield Span(left.start() if left else begin, behind.end() if behind else match.end(), "address")


def _odd_blocks(text: str) -> Iterator[Span]:
    for match in _ODD_BLOCK.finditer(text):
        left = _place().search(text, max(0, match.start() - _LEFT), match.start())
        if left and not _NOT_A_DOOR.match(text, match.end()):
            yield Span(left.start(), match.end(), "address")


def _sole_numbers(text: str) -> Iterator[Span]:
    for match in _SOLE.finditer(text):
        left = _place().search(text, max(0, match.start(1) - _LEFT), match.start(1))
        if left and not _NOT_A_DOOR.match(text, match.end()):
            behind = _BEHIND.match(text, match.end())
            yield Span(left.start(), behind.end() if behind else match.end(), "address")


def _says_door(written: str) -> bool:
    """Whether numbers read as an address even without a place: 四丁目10-2, 3番15号."""
    return bool(re.search(rf"丁目の? ?{_N}|番 ?{_N} ?号|番地 ?の? ?{_N}", written))


def _rooms(text: str) -> Iterator[Span]:
    if not _has_building().search(text):
        return
    for match in _ROOMS.finditer(text):
        house = _HOUSE.search(text, max(0, match.start() - _LEFT), match.start())
        if house or match[0].endswith("号室"):
            yield Span(house.start() if house else match.start(), match.end(), "address")


@cache
def _has_building() -> re.Pattern[str]:
    return re.compile(rf"{_BUILDINGS}|号室|号棟")


@cache
def _place() -> re.Pattern[str]:
    """What may stand right before the numbers: a town of the ward, or any run that names a municipality."""
    towns = "|".join(sorted((re.escape(town) for town in terms("gazetteer", "towns")), key=len, reverse=True))
    run = "[一-龥々ァ-ヶーヶケがのノ]"
    prefecture = "(?:東京都|北海道|京都府|大阪府|[一-龥]{2,3}県)"
    return re.compile(
        rf"(?:{prefecture}? ?(?:[一-龥]{{1,5}}[区市] ?)?(?:{towns})"
        rf"|{prefecture}(?:{run}|[0-9条ぁ-ん]){{1,18}}|[一-龥]{{1,5}}[市区郡]{run}{{1,12}}"
        rf"|[一-龥]{{1,5}}市[一-龥]{{1,4}}区[ぁ-ん一-龥]{{1,8}}) ?\Z"
    )


_ROMAN_HINT = re.compile(rf"\d[{DASH}](?:\d|chome)|Room|Apt")


@cache
def _roman() -> re.Pattern[str]:
    towns = "|".join(sorted((re.escape(town) for town in terms("gazetteer", "roman_towns")), key=len, reverse=True))
    town = rf"\b(?:{towns})(?:[- ]?(?:cho|machi))?\b"
    numbers = (
        rf"\d{{1,3}}(?:[{DASH}](?:chome[ ,]*)?\d{{1,4}}){{1,3}}"
        rf"|\d{{1,2}}[- ]?chome[ ,]*\d{{1,4}}(?:[{DASH}]\d{{1,4}}){{0,2}}"
    )
    after = r"(?:,? ?(?:Shinjuku|Tokyo|Japan)(?:-ku|-to| City)?)*(?:,? ?(?:Room|Rm\.?|Apt\.?|#) ?\d{1,4})?"
    # Any capitalised word will do where the ward or a town's ending follows.
    anywhere = r"[A-Z][A-Za-z]+(?:-[A-Z][a-z]+)*(?=,? ?Shinjuku)|[A-Z][a-z]+(?:-[A-Z][a-z]+)*-?(?:cho|machi)\b"
    return re.compile(
        rf"(?:{town},? ?(?:{numbers}){after}|(?:{numbers}),? {{0,2}}(?:{anywhere}|{town}){after}"
        r"|\b(?:Room|Rm\.|Apt\.?) ?#?\d{3,4}\b)",
        re.IGNORECASE,
    )
