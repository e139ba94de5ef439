"""Dates of birth in a normalised text: western years, eras in words, letters and kanji numbers."""

import re
from collections.abc import Iterator
from typing import Final

from tayori.opinions.contacts import DASH
from tayori.opinions.spans import Span

_N: Final = r"(?:\d{1,2}|元|[一二三四五六七八九十]{1,4})"
_ERA: Final = "昭和|平成|令和|大正|明治"
_YEAR: Final = (
    rf"(?:(?:{_ERA}) ?{_N} ?年|(?:19|20)\d\d ?年|[SHTRM昭平令大明] ?\d{{1,2}} ?[年./]|(?:19|20)\d\d ?[./{DASH}])"
)
_DAY: Final = rf"(?: ?{_N} ?(?:月|[./{DASH}]) ?{_N} ?日?)"
_DATE: Final = rf"{_YEAR}(?: ?\([^)\n]{{1,8}}\) ?)?{_DAY}"

_BORN = re.compile(r"[生う](?<=[日年月\d元 のに].)(?:まれ|れ|(?<=生)(?![ぁ-ん一-龥]))")
_UP_TO = re.compile(rf"(?<![A-Za-z0-9])(?:{_DATE}|{_YEAR}(?: ?{_N} ?月)?) ?の?\Z|(?<![A-Za-z0-9]){_DATE} ?に\Z")
_LEFT: Final = 30
_BEFORE = re.compile(
    rf"(?:生年月日|誕生日|生まれ|出生日|Date of birth|DOB)[はが]?[ :]{{0,3}}({_DATE}|\d{{8}})", re.IGNORECASE
)
# A full date this far back in a letter is nearly always somebody's birth.
_OLD = re.compile(
    rf"(?:明治|大正|昭和) ?{_N} ?年 ?{_N} ?月 ?{_N} ?日|19(?<!\d19)[0-7]\d ?年 ?\d{{1,2}} ?月 ?\d{{1,2}} ?日"
)
_OLD_MARKS: Final = ("昭和", "大正", "明治", "19")


def birth_spans(text: str) -> Iterator[Span]:
    """Find dates of birth: a date that says so, and any full date before 1980 or in an era before Heisei."""
    if "生" in text or "うまれ" in text:
        yield from _announced_after(text)
    if "生" in text or "birth" in text or "DOB" in text:
        yield from (Span(*match.span(1), "birth_date") for match in _BEFORE.finditer(text))
    if any(mark in text for mark in _OLD_MARKS):
        yield from (Span(*match.span(), "birth_date") for match in _OLD.finditer(text))


def _announced_after(text: str) -> Iterator[Span]:
    for born in _BORN.finditer(text):
        date = _UP_TO.search(text, max(0, born.start() - _LEFT), born.start())
        if date:
            yield Span(date.start(), born.end(), "birth_date")
