"""The words of the screen, in two editions: as the ward writes, and plain ones with readings for children (ルビ).

A reading stands behind its word in the data, as in 区長《くちょう》 or 書《か》く, and becomes `<ruby>`.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from markupsafe import Markup, escape

from tayori.domain.ward import ward
from web.pages import words_of

_READING: Final = re.compile(r"([一-龥々〆ヶ]+)《([ぁ-ゖァ-ヶー]+)》")


@cache
def told(*, easy: bool) -> Mapping[str, Any]:
    """Give the sentences of one edition; those that it does not have are the other's."""
    words = words_of("web.opinion")
    plain = _ruby(dict(words["plain"]))
    return {**plain, **_ruby(dict(words["easy"]))} if easy else plain


def notice(version: str, *, easy: bool) -> Any:  # noqa: ANN401 - a text with its readings
    """Give the wording of a notice in one edition; its lines are folded in the file, and Japanese has no spaces."""
    return _ruby(ward().notices[version]["easy" if easy else "plain"].replace("。 ", "。"))


def _ruby(words: Any) -> Any:  # noqa: ANN401 - a tree of texts
    if isinstance(words, dict):
        return {name: _ruby(one) for name, one in words.items()}
    if isinstance(words, list):
        return [_ruby(one) for one in words]
    return Markup(_READING.sub(r"<ruby>\1<rp>（</rp><rt>\2</rt><rp>）</rp></ruby>", str(escape(words))))  # noqa: S704 - escaped just before
