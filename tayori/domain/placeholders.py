"""Placeholders of the ward, never of a resident: filled in while a draft is written; the bytes are final then (I4)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from tayori.domain.ward import ward

TODAY: Final = "today"
_MARK: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_WEEKDAYS: Final = "月火水木金土日"


def placeholders_on(day: date) -> dict[str, str]:
    """Give every placeholder that a writer may use on a day, with what stands in its place."""
    return {**ward().placeholders, TODAY: f"{day.year}年{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）"}


def filled(text: str, known: Mapping[str, str]) -> str:
    """Put the values in the place of their marks; a mark that is not known stays as it is."""
    return _MARK.sub(lambda mark: known.get(mark[1], mark[0]), text)


def mark_fault(text: str, known: Mapping[str, str]) -> str | None:
    """Give what is wrong with the marks that are left in a text; None if none is."""
    if "{{" not in text and "}}" not in text:
        return None
    names = "、".join(f"{{{{{name}}}}}" for name in known) or "none here"
    return (
        f"a placeholder is not the ward's, or is left open. Known: {names}. Nothing of a resident can stand there (I4)."
    )
